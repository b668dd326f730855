"""Faults of keys that are known. This list may only become shorter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from .hunt import Fault

# (kind, base, setting): patterns as of file names
KNOWN: tuple[tuple[str, str, str], ...] = (
    # in a flat world every depth is the same: all of the picture is within these masks, which only pixels tell
    ("needlessly fresh", "3d flat", "coherence.mask"),
    # what a camera in space uncovers is not known before its pixels are moved
    ("needlessly fresh", "3d flat", "diffusion.reveal_strength"),
    # features of a clip are found in its pixels: in small pictures there may be too few to move by
    ("needlessly fresh", "video before", "video.to"),
    ("needlessly fresh", "video before", "video.video_flow_factor"),
    ("needlessly fresh", "video from render", "video.video_flow_factor"),
    # a mask that is spread evenly goes from black to white already
    ("needlessly fresh", "video mask", "video.mask_auto_contrast"),
    ("needlessly fresh", "all", "video.mask_auto_contrast"),
    # a mask of what is nearer than 3000 does not see how far the sky is
    ("needlessly fresh", "2d ground depth mask", "motion.far"),
    # a picture whose edges are all strong, or all weak
    ("needlessly fresh", "all, painted by a model", "control.*.low"),
    # a loss of what lies beyond a range is 0 while nothing does
    ("needlessly fresh", "all, painted by a model", "clip_guidance.range_scale"),
    ("needlessly fresh", "all, painted by a model", "clip_guidance.sat_scale"),
    # a zoom far enough in reads no pixel beyond the edges
    ("needlessly fresh", "sound", "motion.border"),
    # the witness does not look at a model's weights; the base that is painted by a model does
    ("needlessly fresh", "controls", "model"),
)


def unknown(faults: Sequence[Fault], bases: Iterable[str], *, whole: bool) -> list[str]:
    """A line for every fault that is not known; if the `whole` fuzz ran in these bases, for every known one that is
    gone, too.
    """
    lines = [
        f"{fault.kind.upper()} {fault.base}: {fault.setting}: {fault.words}"
        for fault in faults
        if not any(_is(fault, known) for known in KNOWN)
    ]
    if whole:
        ran = set(bases)
        lines += [
            f"GONE from tests/fuzz/known.py: {known}"
            for known in KNOWN
            if any(fnmatchcase(base, known[1]) for base in ran) and not any(_is(one, known) for one in faults)
        ]
    return lines


def _is(fault: Fault, known: tuple[str, str, str]) -> bool:
    given = (fault.kind, fault.base, fault.setting)
    return all(fnmatchcase(one, pattern) for one, pattern in zip(given, known, strict=True))
