"""Keyframes: text in, numbers per frame out. Schedules, prompts and the timeline; NumPy only."""

from keyframes.clock import Clock
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
from keyframes.lanes import LaneSpec, LaneValue
from keyframes.prompts import Blend, FramePrompt, PromptPart, PromptSource, TextShare
from keyframes.timeline import Row, Timeline

__all__ = [
    "Blend",
    "Clock",
    "EnvironmentFault",
    "FramePrompt",
    "LaneSpec",
    "LaneValue",
    "LockedError",
    "Problem",
    "ProjectError",
    "PromptPart",
    "PromptSource",
    "RenderError",
    "ReverieError",
    "Row",
    "ScheduleError",
    "Stopped",
    "TextShare",
    "Timeline",
    "did_you_mean",
    "parse_emphasis",
]
