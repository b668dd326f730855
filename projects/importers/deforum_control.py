"""Deforum's ControlNets as tables [control.cn_1] ..."""

from __future__ import annotations

import re
from pathlib import Path

from keyframes import Clock, ProjectError, ScheduleError

from ..footage import PICTURES, is_video
from ..lanes import CONTROL_LANES
from .common import file_of
from .draft import Draft
from .rewrite import relabelled, rewritten
from .settings import Given, as_number, is_true

CONFIG = "config.json"
_LANES = {"weight": "weight", "guidance_start": "start", "guidance_end": "end"}
_DETECT = (  # how a module's name begins, and what is detected here; the nearest thing that there is
    (("none", "", "tile"), "none"),
    (("canny",), "canny"),
    (("depth",), "depth"),
    (("softedge", "hed", "pidinet", "scribble"), "soft"),
)
_MODES = {
    "balanced": "balanced",
    "my prompt is more important": "prompt",
    "controlnet is more important": "control",
}


def carry_controls(given: Given, draft: Draft, clock: Clock, folder: Path) -> None:
    """Carry every ControlNet that is switched on, and whose model lies beside the project."""
    units = {found[1] for name in given.values if (found := re.fullmatch(r"cn_(\d{1,2})_enabled", name))}
    for unit in sorted(units, key=int):
        if is_true(given.values[f"cn_{unit}_enabled"]):
            _Unit(given, draft, f"cn_{unit}").carry(clock, folder)


class _Unit:
    """One of Deforum's ControlNets."""

    def __init__(self, given: Given, draft: Draft, name: str) -> None:
        self.given, self.draft, self.name = given, draft, name

    def carry(self, clock: Clock, folder: Path) -> None:
        """Write its table, or say of all its settings why there is none."""
        module = self._word("module").lower()
        detect = next((ours for names, ours in _DETECT if _begins(module, names)), None)
        if detect is None:
            return self._left_out(
                f"{module[:60]} is not here: only canny, depth and soft edges are detected."
            )
        if is_true(self._value("invert_image")):
            return self._left_out("pictures are not inverted here.")
        model = _beside(self._word("model"), folder)
        if model is None:
            plain = _plain(self._word("model"))
            fetch = f"hf download lllyasviel/{plain} --local-dir {plain}"
            how = f", for example with: {fetch}" if plain.startswith("control_v11") else ""
            return self._left_out(f"put its model beside the project, as a folder in diffusers' format{how}")
        source = self._source(folder)
        if source is None:
            return None
        self._put("model", model, "enabled", "model")
        self._put("source", source, "vid_path", "loopback_mode")
        self._put("detect", detect, "module")
        if not _begins(module, ("none", "", "canny", "tile")):
            why = f'detect = "{detect}" here, with another network or none.'
            self.given.report.note(f"{self.name}_module", "changed", why, module)
        if detect == "canny":
            self._thresholds()
        mode = _MODES.get(self._word("control_mode").lower(), "balanced")
        mode = "control" if is_true(self._value("guess_mode")) else mode
        self._put("mode", mode, "control_mode", "guess_mode")
        for setting in _LANES:
            self._lane(setting, clock)
        return None

    def _source(self, folder: Path) -> str | None:
        """What it is shown: the picture that is painted over, or the video or picture that is named."""
        path = self._value("vid_path")
        if is_true(self._value("loopback_mode")) or not path:
            return "frame"
        found = file_of(self.given, f"{self.name}_vid_path", path, folder)
        if found is None or not (is_video(found) or found.lower().endswith(PICTURES)):
            self._left_out("without what it was shown it says nothing.")
            return None
        return found

    def _thresholds(self) -> None:
        """Canny takes the lower one for the lower one, whichever it is."""
        numbers = [as_number(self._value(f"threshold_{end}")) for end in "ab"]
        known = sorted(int(min(max(number, 0), 1000)) for number in numbers if number is not None)
        if len(known) == 2:
            self._put("low", known[0], "threshold_a")
            self._put("high", known[1], "threshold_b")

    def _lane(self, setting: str, clock: Clock) -> None:
        name, value = f"{self.name}_{setting}", self._value(setting)
        if value is None:
            return
        spec = next(spec for spec in CONTROL_LANES if spec.name == _LANES[setting])
        try:
            found = rewritten(value, spec, clock=clock, dialect="deforum", keep_in_range=True)
        except ProjectError as error:
            problem = relabelled(error, name) if isinstance(error, ScheduleError) else error.problems[0]
            self.given.report.note(name, "missing", f"this schedule is not right. {problem}", value)
            return
        self._put(_LANES[setting], found, setting)

    def _put(self, place: str, value: object, *settings: str) -> None:
        self.draft.put(f"control.{self.name}.{place}", value)
        self.given.carried(f"control.{place}", *(f"{self.name}_{setting}" for setting in settings))

    def _left_out(self, why: str) -> None:
        told = self.given.report.accounted
        for name, value in self.given.values.items():
            if name.startswith(f"{self.name}_") and name not in told:
                self.given.report.note(name, "missing", why, value)

    def _value(self, setting: str) -> object:
        return self.given.values.get(f"{self.name}_{setting}")

    def _word(self, setting: str) -> str:
        value = self._value(setting)
        return "" if value is None else str(value)[:200].strip()


def _begins(module: str, names: tuple[str, ...]) -> bool:
    return any(module.startswith(name) if name else not module for name in names)


def _plain(model: str) -> str:
    """A model's name without the host's hash and ending: control_v11p_sd15_canny [d14c016b]."""
    return re.sub(r"(\s*\[\w+\]|\.(safetensors|pth|ckpt))+$", "", model)


def _beside(model: str, folder: Path) -> str | None:
    """The folder of a ControlNet, if one of its name lies beside the project."""
    name = re.split(r"[\\/]", _plain(model))[-1]
    known = bool(name) and name not in (".", "..") and name.lower() != "none"
    return name if known and (folder / name / CONFIG).is_file() else None
