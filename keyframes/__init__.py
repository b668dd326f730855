"""Keyframes: text in, numbers per frame out. Schedules, prompts and the timeline; NumPy only."""

from keyframes.clock import Clock
from keyframes.curves import Curve, Key, parse_curve
from keyframes.emphasis import parse_emphasis
from keyframes.errors import (
    EnvironmentFault,
    LockedError,
    Problem,
    ProjectError,
    RenderError,
    ReverieError,
    ScheduleError,
    Stopped,
    did_you_mean,
)
from keyframes.expressions import Expression, parse_expression
from keyframes.positions import Dialect, parse_frames, parse_position
from keyframes.prompts import Blend, FramePrompt, PromptPart, PromptSource, TextShare
from keyframes.schedules import LaneValue, Schedule, format_schedule, parse_schedule
from keyframes.timeline import LaneSpec, Timeline, compile_timeline

__all__ = [
    "Blend",
    "Clock",
    "Curve",
    "Dialect",
    "EnvironmentFault",
    "Expression",
    "FramePrompt",
    "Key",
    "LaneSpec",
    "LaneValue",
    "LockedError",
    "Problem",
    "ProjectError",
    "PromptPart",
    "PromptSource",
    "RenderError",
    "ReverieError",
    "Schedule",
    "ScheduleError",
    "Stopped",
    "TextShare",
    "Timeline",
    "compile_timeline",
    "did_you_mean",
    "format_schedule",
    "parse_curve",
    "parse_emphasis",
    "parse_expression",
    "parse_frames",
    "parse_position",
    "parse_schedule",
]
