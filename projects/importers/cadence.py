"""Deforum's cadence and Disco Diffusion's turbo as the lane `cadence`."""

from __future__ import annotations

from keyframes import Clock

from .draft import Draft
from .flows import flow_of
from .settings import Given, as_number, is_true

_TAIL = "the frames after the last painted one, which Deforum leaves out, are made too."
_PREROLL = "the first frames, all painted, are shown whole; Disco showed one part in turbo_steps of each."


def carry_cadence(given: Given, draft: Draft, clock: Clock) -> int:
    """Deforum's cadence and its optical flow; how many frames it is from one painted frame to the next."""
    if given.word("animation_mode").strip().casefold() == "video input":
        for name in ("diffusion_cadence", "optical_flow_cadence"):
            if given.has(name):
                given.report.note(name, "off", "every frame of a video input is painted.", given.values[name])
        return 1
    cadence = int(min(max(given.number("diffusion_cadence", otherwise=1), 1), 1000))
    given.carried("diffusion.cadence", "diffusion_cadence")
    if cadence == 1:
        return 1
    draft.put("diffusion.cadence", cadence)
    given.report.note("diffusion_cadence", "changed", _TAIL, cadence)
    _carry_flow(given, draft, clock)
    return cadence


def _carry_flow(given: Given, draft: Draft, clock: Clock) -> None:
    """The flow, and half its factor: Deforum goes half of the way that it finds."""
    value = given.get("optical_flow_cadence")
    if not is_true(value):
        given.carried("diffusion.cadence_flow", "optical_flow_cadence")
        return
    draft.put("diffusion.cadence_flow", flow_of(given, "optical_flow_cadence"))
    draft.put("diffusion.cadence_flow_factor", 0.5)
    given.carried("diffusion.cadence_flow", "optical_flow_cadence")
    how = {"clock": clock, "dialect": "deforum", "times": 0.5, "keep_in_range": True}
    given.lane(draft, "cadence_flow_factor_schedule", "cadence_flow_factor", **how)


def carry_turbo(given: Given, draft: Draft, mode: str) -> None:
    """Disco's turbo: every frame up to turbo_preroll is painted, then those whose number turbo_steps divides."""
    names = ("turbo_mode", "turbo_steps", "turbo_preroll")
    if not given.truth("turbo_mode"):
        given.carried("diffusion.cadence", *(name for name in names if is_true(given.values.get(name))))
        return
    if mode != "3d":
        for name in names:
            if given.has(name):
                given.report.note(name, "off", "turbo is for 3D only.", given.values[name])
        return
    steps = int(min(max(given.number("turbo_steps", otherwise=3), 1), 1000))
    preroll = int(min(max(as_number(given.values.get("turbo_preroll")) or 10, 0), 1e6))
    gap = steps - preroll % steps
    draft.put("diffusion.cadence", f"0: (1) hold, {preroll}: ({gap}) hold, {preroll + gap}: ({steps})")
    given.report.note("turbo_mode", "changed", _PREROLL, value=True)
    given.carried("diffusion.cadence", *names)
