"""Deforum's guided images, mask, colour picture and ControlNets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..footage import PICTURES, is_video
from ..lanes import CONTROL_LANES
from .conversion import Conversion
from .rewrite import IN_RANGE, ONE_MINUS
from .rules import as_number, is_true

CONFIG = "config.json"
MAX_GUIDES = 1000
_GUIDE_LANES = {
    "blendFactorMax": "guide_max",
    "blendFactorSlope": "guide_slope",
    "tweening_frames_schedule": "guide_tween",
    "color_correction_factor": "guide_color",
}
_LANES = {"weight": "weight", "guidance_start": "start", "guidance_end": "end"}
_DETECT = (  # how a module's name begins, and the nearest detector that Reverie has
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


def carry_guides(job: Conversion) -> None:
    """Carry guides, mask and colour picture whose files lie next to the project."""
    if job.on("use_looper"):
        _guides(job)
    if job.on("use_mask"):
        _mask(job)
    if job.word("color_coherence") == "image":
        path = job.file("color_coherence_image_path", job.get("color_coherence_image_path"))
        if path is not None:
            job.put("coherence.color_match", "lab")
            job.put("coherence.color_method", "histogram")
            job.put("coherence.color_from", path, "color_coherence_image_path")


def _guides(job: Conversion) -> None:
    """Carry the images by their keys; without any, the schedules have no effect."""
    for key, value in list(_images(job).items())[:MAX_GUIDES]:
        frame = job.position("init_images", str(key).strip(), key)
        path = None if frame is None else job.file("init_images", value)
        if frame is not None and path is not None:
            job.put(f"guide.{max(frame, 0)}", path)
    if not job.tables["guide"]:
        return
    job.carried("guide", "use_looper", "init_images")
    for name, lane in _GUIDE_LANES.items():
        job.lane(lane, name, change=IN_RANGE)
    job.lane("strength", "image_strength_schedule", change=ONE_MINUS)


def _images(job: Conversion) -> dict[str, Any]:
    value = job.get("init_images")
    if isinstance(value, str):
        try:
            value = json.loads(value[:1_000_000])
        except (ValueError, RecursionError):
            value = None
    if isinstance(value, dict):
        return value
    why = 'not a JSON object such as {"0": "start.png"}.'
    job.report.note("init_images", "missing", why, value)
    return {}


def _mask(job: Conversion) -> None:
    path = job.file("mask_file", job.get("mask_file"))
    if path is None:
        return
    job.put("masks.painted", path)
    mask = "!painted" if job.on("invert_mask") else "painted"
    job.put("coherence.mask", mask, "use_mask", "mask_file", "invert_mask")
    feather = int(job.limited("mask_overlay_blur", low=0, high=64, otherwise=4))
    job.put("coherence.mask_feather", feather, "mask_overlay_blur")


def carry_controls(job: Conversion) -> None:
    """Carry every ControlNet that is enabled and whose model lies next to the project."""
    units = {found[1] for name in job.values if (found := re.fullmatch(r"cn_(\d{1,2})_enabled", name))}
    for unit in sorted(units, key=int):
        if is_true(job.values[f"cn_{unit}_enabled"]):
            _Unit(job, f"cn_{unit}").carry()


class _Unit:
    """One of Deforum's ControlNets."""

    def __init__(self, job: Conversion, name: str) -> None:
        self.job, self.name = job, name

    def carry(self) -> None:
        """Write its table [control.cn_1], or note for all its settings why there is none."""
        module = self._word("module").lower()
        detect = next((ours for names, ours in _DETECT if _begins(module, names)), None)
        if detect is None:
            why = f"Reverie has no {module[:60]}; it detects canny edges, depth and soft edges."
            return self._left_out(why)
        if is_true(self._value("invert_image")):
            return self._left_out("Reverie does not invert pictures.")
        model = _model_folder(self._word("model"), self.job.folder)
        if model is None:
            plain = _plain(self._word("model"))
            fetch = f"hf download lllyasviel/{plain} --local-dir {plain}"
            how = f", for example with: {fetch}" if plain.startswith("control_v11") else ""
            return self._left_out(f"put its model next to the project, as a folder in diffusers format{how}")
        source = self._source()
        if source is None:
            return self._left_out("its picture or video is missing.")
        self._put("model", model, "enabled", "model")
        self._put("source", source, "vid_path", "loopback_mode")
        self._put("detect", detect, "module")
        if not _begins(module, ("none", "", "canny", "tile")):
            why = f'detect = "{detect}" replaces it, with a different network or none.'
            self.job.report.note(f"{self.name}_module", "changed", why, module)
        if detect == "canny":
            self._thresholds()
        mode = _MODES.get(self._word("control_mode").lower(), "balanced")
        mode = "control" if is_true(self._value("guess_mode")) else mode
        self._put("mode", mode, "control_mode", "guess_mode")
        self._lanes()
        return None

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

    def _lanes(self) -> None:
        specs = {spec.name: spec for spec in CONTROL_LANES}
        for setting, lane in _LANES.items():
            name, value = f"{self.name}_{setting}", self._value(setting)
            if value is not None:
                found = self.job.schedule(name, value, specs[lane], IN_RANGE)
                if found is not None:
                    self._put(lane, found, setting)

    def _put(self, place: str, value: object, *settings: str) -> None:
        self.job.put(f"control.{self.name}.{place}", value)
        self.job.carried(f"control.{place}", *(f"{self.name}_{setting}" for setting in settings))

    def _left_out(self, why: str) -> None:
        accounted = self.job.report.accounted
        for name in self.job.values:
            if name.startswith(f"{self.name}_") and name not in accounted:
                self.job.missing(name, why)

    def _value(self, setting: str) -> object:
        return self.job.values.get(f"{self.name}_{setting}")

    def _word(self, setting: str) -> str:
        value = self._value(setting)
        return "" if value is None else str(value)[:200].strip()


def _begins(module: str, names: tuple[str, ...]) -> bool:
    return any(module.startswith(name) if name else not module for name in names)


def _plain(model: str) -> str:
    """A model's name without hash and ending: control_v11p_sd15_canny [d14c016b]."""
    return re.sub(r"(\s*\[\w+\]|\.(safetensors|pth|ckpt))+$", "", model)


def _model_folder(model: str, folder: Path) -> str | None:
    """The folder of a ControlNet, if it lies next to the project."""
    name = re.split(r"[\\/]", _plain(model))[-1]
    known = bool(name) and name not in (".", "..") and name.lower() != "none"
    return name if known and (folder / name / CONFIG).is_file() else None
