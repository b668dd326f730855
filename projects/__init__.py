"""Projects: a project file, checked and typed; and the take on disk that a render leaves."""

from .framekeys import canonical, frame_key
from .journal import Entry
from .lanes import TABLES, Row, Rows, lane_specs
from .load import load_project, located, read_project
from .png import Picture, decode_png, encode_png, read_text
from .project import Project
from .schema import ProjectFile, json_schema
from .starter import starter
from .take import Take
from .writer import FrameWriter

__all__ = [
    "TABLES",
    "Entry",
    "FrameWriter",
    "Picture",
    "Project",
    "ProjectFile",
    "Row",
    "Rows",
    "Take",
    "canonical",
    "decode_png",
    "encode_png",
    "frame_key",
    "json_schema",
    "lane_specs",
    "load_project",
    "located",
    "read_project",
    "read_text",
    "starter",
]
