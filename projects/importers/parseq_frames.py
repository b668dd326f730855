"""What becomes of every part of a Parseq manifest in a project, and the values of its fields at every frame.

The values are the columns of `rendered_frames`. A manifest that was saved without them has key frames with formulas,
which are evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .parseq_formulas import Formula
from .parseq_functions import Field, Stretch
from .report import as_number, carried, left_out
from .rewrite import Numbers

# Parseq's fields and their lanes: those that it gives as positions, of which frames take the differences,
MOVING: tuple[str, ...] = (
    *("angle", "zoom", "translation_x", "translation_y", "translation_z"),
    *("rotation_3d_x", "rotation_3d_y", "rotation_3d_z"),
    *("perspective_flip_theta", "perspective_flip_phi", "perspective_flip_gamma"),
)
# and those whose values are the lanes' own.
PLAIN: dict[str, str] = {
    name: {"aspect_ratio": "aspect", "scale": "cfg_scale"}.get(name, name)
    for name in (
        *("transform_center_x", "transform_center_y", "perspective_flip_fv", "fov", "aspect_ratio"),
        *("strength", "scale", "steps", "seed", "subseed", "subseed_strength", "noise", "contrast"),
        *("antiblur_amount", "antiblur_kernel", "antiblur_sigma", "antiblur_threshold"),
    )
}

_CARRIED = carried(
    r"""
rendered_frames keyframes | frames | one frame each, or all frames from the first key to the last
options.output_fps | fps
options.bpm | bpm
meta.docName | title
prompts deforum_prompt | prompts | a key wherever the text changes
angle_delta zoom_delta translation_x_delta translation_y_delta translation_z_delta rotation_3d_x_delta
    rotation_3d_y_delta rotation_3d_z_delta perspective_flip_theta_delta perspective_flip_phi_delta
    perspective_flip_gamma_delta | motion | the lanes of the names without _delta, frame by frame; computed if the
    manifest has none
transform_center_x transform_center_y perspective_flip_fv fov | motion | the same lanes
aspect_ratio | motion.aspect
strength | diffusion.strength | 1 minus the value
scale | diffusion.cfg_scale
steps | diffusion.steps
seed | diffusion.seed | rounded towards 0; below 0: a random seed
subseed subseed_strength | diffusion.subseed, diffusion.subseed_strength | the fraction of a seed
options.cadence | diffusion.cadence
noise | coherence.noise | times 0.24, as Deforum's perlin noise
contrast | coherence.contrast | about mid-grey; Deforum's is about black
antiblur_amount antiblur_sigma | coherence | the same lanes
antiblur_kernel | coherence.antiblur_kernel | even widths become odd
antiblur_threshold | coherence.antiblur_threshold | divided by 255
"""
)

_LEFT = left_out(
    r"""
angle zoom translation_x translation_y translation_z rotation_3d_x rotation_3d_y rotation_3d_z perspective_flip_theta
    perspective_flip_phi perspective_flip_gamma | positions, whose differences from frame to frame are carried over. |
    harmless: any value
prompt_weight_1 prompt_weight_2 prompt_weight_3 prompt_weight_4 prompt_weight_5 prompt_weight_6 prompt_weight_7
    prompt_weight_8 | part of the rendered prompts. | harmless: any value
*_pc | percent of the largest value, for Parseq's graph. | harmless: any value
*_delta | differences of a field whose values Deforum uses. | harmless: any value
near far | has no effect in Deforum. | harmless: any value
options.input_fps options.cc_window_width options.cc_window_slide_rate options.cc_use_input managedFields
    displayedFields displayFields keyframeLock meta.generated_by meta.version meta.generated_at locked reverseRender
    backgroundFrame gridHeight audioOffset pixelsPerFrame sparklines graphAsPercent | belongs to Parseq's editor. |
    harmless: any value
timeSeries | the frames that Parseq rendered from it are carried over. | harmless: any value
rendered_frames_meta | the largest and smallest values, for Parseq's graph. | harmless: any value
hybrid_comp_alpha hybrid_comp_mask_blend_alpha hybrid_comp_mask_contrast hybrid_comp_mask_auto_contrast_cutoff_low
    hybrid_comp_mask_auto_contrast_cutoff_high hybrid_flow_factor | a manifest names no clip; write it as [video], see
    docs/video.md.
cn_#_weight cn_#_guidance_start cn_#_guidance_end | Reverie does not read ControlNets from a manifest; write the
    values into [control.NAME].
guided_blendFactorMax guided_blendFactorSlope guided_tweening_frames guidedcolor_correction_factor
    guided_color_correction_factor guided_imageStrength | a manifest names no guide images; write [guide].
"""
)

TABLE = (*_CARRIED, *_LEFT)

_MAX_FRAMES = 100_000
_DERIVED = ("_delta", "_pc", "_i")
_NO_FIELDS = ("frame", "deforum_prompt", "info", "rowid")
_PREVIOUS = "prev_computed_value"
_RATES = {"output_fps": 20.0, "bpm": 140.0}
_UNRENDERED = 'render the manifest in Parseq and save it with "rendered_frames".'


@dataclass(kw_only=True)
class Frames:
    """columns: name -> (frames,). prompts: one per frame, or empty. lost: name -> why it has no values."""

    count: int
    columns: dict[str, Numbers] = field(default_factory=dict)
    prompts: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Numbers | None:
        """Change of a field from frame to frame, and its value at frame 0: the `_delta` column, or differences."""
        written, values = self.columns.get(f"{name}_delta"), self.columns.get(name)
        if written is not None or values is None:
            return written
        out = np.diff(values, prepend=0.0)
        if name == "zoom":
            out[1:] += 1.0
        return out


def frames_of(manifest: Mapping[str, Any]) -> Frames:
    """The manifest's values. Raises ValueError for a manifest without frames or with too many."""
    rendered = rows_of(manifest.get("rendered_frames"))
    return _rendered(rendered) if rendered else _worked_out(manifest, rows_of(manifest.get("keyframes")))


def rows_of(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _rendered(rows: Sequence[Mapping[str, Any]]) -> Frames:
    _check_count(len(rows))
    found = Frames(count=len(rows))
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in _NO_FIELDS:
            continue
        values = [as_number(row.get(name)) for row in rows]
        if any(value is None for value in values):
            at = next(i for i, value in enumerate(values) if value is None)
            found.lost[name] = f"not a number at frame {at}."
        else:
            found.columns[name] = np.array(values, dtype=np.float64)
    texts = [row.get("deforum_prompt") for row in rows]
    if all(isinstance(text, str) for text in texts):
        found.prompts = [str(text) for text in texts]
    elif any(text is not None for text in texts):
        found.lost["deforum_prompt"] = "not a text at some frames."
    return found


def _worked_out(manifest: Mapping[str, Any], keyframes: Sequence[Mapping[str, Any]]) -> Frames:
    numbered = [(as_number(row.get("frame")), row) for row in keyframes]
    placed = {int(at): row for at, row in numbered if at is not None and 0 <= at < _MAX_FRAMES}
    if not placed:
        raise ValueError("it has neither rendered_frames nor keyframes")
    keys = sorted(placed.items())
    first, last = keys[0][0], keys[-1][0]
    _check_count(last - first + 1)
    found = Frames(count=last - first + 1)
    names = [
        name for _, row in keys for name in row if name not in _NO_FIELDS and not name.endswith(_DERIVED)
    ]
    managed = manifest.get("managedFields")
    wanted = [str(name) for name in managed] if isinstance(managed, list) else names
    options = manifest.get("options")
    rates: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
    fps, bpm = (max(as_number(rates.get(name)) or default, 1e-3) for name, default in _RATES.items())
    rows = [(at - first, row) for at, row in keys]
    for name in dict.fromkeys(wanted):
        try:
            found.columns[name] = _field(name, rows, _keyed(name, rows, found.count, fps, bpm))
        except ValueError as error:
            found.lost[name] = str(error)
    return found


def _field(name: str, keys: Sequence[tuple[int, Mapping[str, Any]]], field: Field) -> Numbers:
    """One field over the film; each formula holds until the next key frame that has one."""
    how, stretches = "L", [(frame, str(row.get(f"{name}_i") or "").strip()) for frame, row in keys]
    for index, (start, named) in enumerate(stretches):
        how = named or how
        stop = stretches[index + 1][0] if index + 1 < len(stretches) else field.count
        try:
            formula = Formula(how)
            step = 1 if _PREVIOUS in how else max(stop - start, 1)
            for frame in range(start, stop, step):
                part = Stretch(field, frame, frame + step)
                field.made[frame : frame + step] = formula.values(part)
        except ValueError as error:
            raise ValueError(f'"{how[:60]}": {error}; {_UNRENDERED}') from error
        if not np.isfinite(field.made[start:stop]).all():
            at = start + int(np.flatnonzero(~np.isfinite(field.made[start:stop]))[0])
            raise ValueError(f'"{how[:60]}" gives no number at frame {at}.')
    return field.made


def _keyed(
    name: str, keys: Sequence[tuple[int, Mapping[str, Any]]], count: int, fps: float, bpm: float
) -> Field:
    """The field's key frames. The first and last key frame take the nearest value; a camera field without any
    value stands still, as in Parseq.
    """
    given = [(frame, as_number(row.get(name))) for frame, row in keys]
    points = [(float(frame), number) for frame, number in given if number is not None]
    if not points:
        if name not in MOVING:
            raise ValueError("has no value at any key frame.")
        points = [(0.0, 1.0 if name == "zoom" else 0.0)]
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] < count - 1:
        points.append((count - 1.0, points[-1][1]))
    at, value = (np.array(column, dtype=np.float64) for column in zip(*points, strict=True))
    return Field(at, value, count, fps, bpm)


def _check_count(count: int) -> None:
    if count > _MAX_FRAMES:
        raise ValueError(f"it has {count} frames; allowed: {_MAX_FRAMES}")
