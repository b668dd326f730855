"""What Deforum does to the finished film: its sound, frames between frames, larger ones."""

from __future__ import annotations

import re
from pathlib import Path

from .common import file_of
from .draft import Draft
from .settings import Given, as_number, is_true


def carry_film(given: Given, draft: Draft, folder: Path) -> None:
    """Carry sound track, interpolation and upscaling into `audio` and [output]."""
    sounding = given.word("add_soundtrack").strip().lower() == "file" and given.has("soundtrack_path")
    if sounding and (found := file_of(given, "soundtrack_path", given.get("soundtrack_path"), folder)):
        draft.put("audio", found)
        given.carried("audio", "soundtrack_path", "add_soundtrack")
    if is_true(given.values.get("frame_interpolation_engine")):
        _between(given, draft)
    if is_true(given.values.get("r_upscale_video")):
        _larger(given, draft)


def _between(given: Given, draft: Draft) -> None:
    times = as_number(given.values.get("frame_interpolation_x_amount"))
    if times is None or times < 2:
        return
    draft.put("output.interpolate", int(min(times, 16)))
    given.carried("output.interpolate", "frame_interpolation_x_amount", "frame_interpolation_engine")
    engine = given.values.get("frame_interpolation_engine")
    why = "output.interpolate makes the frames between, by optical flow in place of a network."
    given.report.note("frame_interpolation_engine", "changed", why, engine)
    if is_true(given.values.get("frame_interpolation_slow_mo_enabled")):
        given.report.note(
            "frame_interpolation_slow_mo_enabled", "missing", "slow motion: export at a lower --fps.", True
        )


def _larger(given: Given, draft: Draft) -> None:
    found = re.search(r"\d+", given.word("r_upscale_factor")[:20])
    factor = int(found[0]) if found else 2
    if not 1 < factor <= 8:
        return
    draft.put("output.upscale", factor)
    given.carried("output.upscale", "r_upscale_factor", "r_upscale_video", "r_upscale_model")
    why = "output.upscale makes the film larger by Lanczos' kernel; output.upscaler names a network that does it."
    given.report.note("r_upscale_model", "changed", why, given.values.get("r_upscale_model"))
