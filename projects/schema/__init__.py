"""The project file's shape: one class for each table, which checks it and declares its lanes."""

from .coherence import Coherence, CoherenceRow
from .diffusion import Diffusion, DiffusionRow
from .film import SCHEMA_FILE, ProjectFile, Prompts, json_schema
from .guide import ClipGuidance, ClipGuidanceRow, Guide, GuideRow
from .motion import Motion, MotionRow
from .networks import ControlNet, ControlRow, Embedding, IpAdapter, Lora
from .output import Output, Sound
from .video import Video, VideoRow

__all__ = [
    "SCHEMA_FILE",
    "ClipGuidance",
    "ClipGuidanceRow",
    "Coherence",
    "CoherenceRow",
    "ControlNet",
    "ControlRow",
    "Diffusion",
    "DiffusionRow",
    "Embedding",
    "Guide",
    "GuideRow",
    "IpAdapter",
    "Lora",
    "Motion",
    "MotionRow",
    "Output",
    "ProjectFile",
    "Prompts",
    "Sound",
    "Video",
    "VideoRow",
    "json_schema",
]
