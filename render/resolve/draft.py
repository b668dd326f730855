"""A draft: the same film in a quarter of the pixels and half the steps, in a take of its own.

What is counted in pixels is halved with the picture, so that the draft moves as the film will.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keyframes import Timeline
from projects import Project

SHARE = 0.5
Numbers = NDArray[np.float64]


def as_draft(project: Project) -> Project:
    """The project as its draft: it renders to takes/NAME-draft, with [diffusion] draft_vae where that is named, and
    its film has no frames between, no upscaling and no second eye.
    """
    file = project.file
    changes: dict[str, dict[str, object]] = {
        "diffusion": {"vae": file.diffusion.draft_vae or file.diffusion.vae},
        "coherence": {"mask_feather": round(file.coherence.mask_feather * SHARE)},
        "video": {"consistency_blur": round(file.video.consistency_blur * SHARE)},
        "output": {
            "interpolate": 1,
            "fps_out": None,
            "upscale": 1,
            "upscaler": "",
            "vr": "none",
            "preset": "veryfast",
        },
    }
    tables = {name: getattr(file, name).model_copy(update=changed) for name, changed in changes.items()}
    return replace(project, name=f"{project.name}-draft", file=file.model_copy(update=tables), draft=True)


def draft_size(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Half of (width, height), to the nearest multiples of what the model's pictures are made of."""
    width, height = (max(multiple, round(side * SHARE / multiple) * multiple) for side in size)
    return width, height


def draft_timeline(
    project: Project, timeline: Timeline, size: tuple[int, int], smaller: tuple[int, int]
) -> Timeline:
    """The film's timeline with its pixels and steps as the draft has them, for pictures of `smaller` than `size`.

    It has half the steps, rounded up, or more where half would leave a frame unpainted that the film paints.
    """
    lanes = timeline.numbers
    across, down = (small / large for small, large in zip(smaller, size, strict=True))
    made = {
        "steps": _steps(
            lanes["steps"], lanes["strength"], exact=project.file.diffusion.steps_mode == "exact"
        ),
        "antiblur_sigma": np.maximum(lanes["antiblur_sigma"] * SHARE, 0.01),
        "antiblur_kernel": np.maximum(2 * np.round((lanes["antiblur_kernel"] * SHARE - 1) / 2) + 1, 1),
    }
    if project.file.motion.mode == "2d":
        made["translation_x"] = lanes["translation_x"] * across
        made["translation_y"] = lanes["translation_y"] * down
    return replace(timeline, numbers={**lanes, **made})


def _steps(steps: Numbers, strength: Numbers, *, exact: bool) -> Numbers:
    half = np.ceil(steps * SHARE)
    if exact:
        return half
    paints = np.floor(steps * strength + 1e-6) >= 1
    least = np.ceil(1 / np.maximum(strength, 1e-9) - 1e-6)
    return np.where(paints, np.maximum(half, np.minimum(least, steps)), half)
