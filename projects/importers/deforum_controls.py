"""Deforum's ControlNets: those that are enabled and whose model lies next to the project."""

from __future__ import annotations

import re
from pathlib import Path

from ..footage import PICTURES, is_video
from ..schema import ControlNet
from .conversion import Conversion
from .report import as_number, is_true
from .rewrite import IN_RANGE

_CONFIG = "config.json"
_LANES = {"weight": "weight", "start": "guidance_start", "end": "guidance_end"}
_DETECT = (  # how a module's name begins, and the nearest detector that Reverie has
    (("none", "tile"), "none"),
    (("canny",), "canny"),
    (("depth",), "depth"),
    (("softedge", "hed", "pidinet", "scribble"), "soft"),
)
_SAME = ("none", "tile", "canny")  # modules that mean the same here
_MODES = {
    "balanced": "balanced",
    "my prompt is more important": "prompt",
    "controlnet is more important": "control",
}


def carry_controls(job: Conversion) -> None:
    """Carry every ControlNet to its table, as [control.cn_1], or note for all its settings why there is none."""
    units = {found[1] for name in job.values if (found := re.fullmatch(r"cn_(\d{1,2})_enabled", name))}
    for number in sorted(units, key=int):
        if not is_true(job.values[f"cn_{number}_enabled"]):
            continue
        unit = _Unit(job, f"cn_{number}")
        why = unit.carry()
        for name in job.values if why else ():
            if name.startswith(f"{unit.name}_") and name not in job.report.accounted:
                job.missing(name, why)


class _Unit:
    """One of Deforum's ControlNets."""

    def __init__(self, job: Conversion, name: str) -> None:
        self.job, self.name = job, name

    def carry(self) -> str:
        """Write its table. Returns why there is none, or ""."""
        module = self._word("module").lower() or "none"
        detect = next((ours for names, ours in _DETECT if module.startswith(names)), None)
        if detect is None:
            return f"Reverie has no {module[:60]}; it detects canny edges, depth and soft edges."
        if is_true(self._value("invert_image")):
            return "Reverie does not invert pictures."
        # without hash and ending: control_v11p_sd15_canny [d14c016b]
        model = re.sub(r"(\s*\[\w+\]|\.(safetensors|pth|ckpt))+$", "", self._word("model"))
        folder = _model_folder(model, self.job.folder)
        if folder is None:
            fetch = f"hf download lllyasviel/{model} --local-dir {model}"
            how = f", for example with: {fetch}" if model.startswith("control_v11") else ""
            return f"put its model next to the project, as a folder in diffusers format{how}"
        source = self._source()
        if source is None:
            return "its picture or video is missing."
        self._put("model", folder, "enabled", "model")
        self._put("source", source, "vid_path", "loopback_mode")
        self._put("detect", detect, "module")
        if not module.startswith(_SAME):
            why = f'detect = "{detect}" replaces it, with a different network or none.'
            self.job.report.note(f"{self.name}_module", "changed", why, module)
        if detect == "canny":
            self._thresholds()
        mode = _MODES.get(self._word("control_mode").lower(), "balanced")
        mode = "control" if is_true(self._value("guess_mode")) else mode
        self._put("mode", mode, "control_mode", "guess_mode")
        for spec in ControlNet.lanes:
            setting = _LANES[spec.name]
            name, value = f"{self.name}_{setting}", self._value(setting)
            found = None if value is None else self.job.schedule(name, value, spec, IN_RANGE)
            if found is not None:
                self._put(spec.name, found, setting)
        return ""

    def _source(self) -> str | None:
        """What it sees: the frame that is painted over, or a video or picture; None if that is missing."""
        path = self._value("vid_path")
        if is_true(self._value("loopback_mode")) or not path:
            return "frame"
        found = self.job.file(f"{self.name}_vid_path", path)
        shown = found is not None and (is_video(found) or found.lower().endswith(PICTURES))
        return found if shown else None

    def _thresholds(self) -> None:
        """Carry Canny's thresholds, the lower one first."""
        numbers = [as_number(self._value(f"threshold_{end}")) for end in "ab"]
        known = sorted(int(min(max(number, 0), 1000)) for number in numbers if number is not None)
        if len(known) == 2:
            self._put("low", known[0], "threshold_a")
            self._put("high", known[1], "threshold_b")

    def _put(self, place: str, value: object, *settings: str) -> None:
        self.job.put(f"control.{self.name}.{place}", value)
        self.job.carried(f"control.{place}", *(f"{self.name}_{setting}" for setting in settings))

    def _value(self, setting: str) -> object:
        return self.job.values.get(f"{self.name}_{setting}")

    def _word(self, setting: str) -> str:
        value = self._value(setting)
        return "" if value is None else str(value)[:200].strip()


def _model_folder(model: str, folder: Path) -> str | None:
    """The folder of a ControlNet, if it lies next to the project."""
    name = re.split(r"[\\/]", model)[-1]
    known = bool(name) and name not in (".", "..") and name.lower() != "none"
    return name if known and (folder / name / _CONFIG).is_file() else None
