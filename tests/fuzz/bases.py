"""The projects that the key fuzz changes: small films, each with other features on."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from ..goldens.inputs import write_inputs
from ..goldens.networks import write_networks
from ..tiny import tiny_depth
from ..tiny_adapter import tiny_adapter
from ..tiny_clip import tiny_clip

COUNT = 5  # frames of each film
REAL = "all, painted by a model"  # the base that a tiny model paints; fake painters paint the others

Document = dict[str, object]

_SPACE = {"mode": "3d", "translation_z": 20.0, "translation_x": 6.0, "rotation_3d_y": 1.5}
_CLIP = {"input": "clip/%04d.png", "end": "hold"}
_CANNY = {"model": "edges", "detect": "canny", "low": 20, "high": 60}


def bases() -> dict[str, Document]:
    """Every base by name."""
    return {name: _whole(tables) for name, tables in _BASES.items()}


def _whole(tables: Mapping[str, Mapping[str, object] | object]) -> Document:
    top: Document = {"model": "fake", "frames": COUNT, "size": [48, 32], "seed": 3}
    return {
        **top,
        "prompts": {"0": "a lighthouse", "4": "a boat", "blend": "linear"},
        "motion": {"zoom": 1.03, "angle": 2.0, "translation_x": 3.0},
        "diffusion": {},
        **tables,
        "coherence": {"color_match": "none", **tables.get("coherence", {})},
    }


_STEERED: Document = {
    "model": "sd",
    "motion": {"zoom": 0.95, "angle": 3.0},
    "diffusion": {"steps": 4, "strength": 0.7, "cfg_scale": 4.0, "subseed_strength": 0.1},
    "lora": {"style": {"path": "style.safetensors", "weight": 0.8}},
    "embedding": {"lighthouse": {"path": "word.safetensors"}},
    "control": {
        "edges": {**_CANNY, "weight": 0.8},
        "hints": {"model": "edges two", "source": "hints/%04d.png"},
    },
    "ip_adapter": {
        "look": {"model": "ip-adapter.safetensors", "pictures": {"0": "guide.png", "4": "later.png"}}
    },
    "clip_guidance": {
        "clip_guidance_scale": 5000.0,
        "tv_scale": 20.0,
        "init_scale": 50.0,
        "cut_overview": 1,
        "cut_innercut": 2,
        "clip_guidance_end": 0.8,
    },
    "coherence": {
        "color_match": "lab",
        "color_from": "prompt",
        "noise": 0.03,
        "mask": "sky",
        "mask_strength": 0.3,
    },
    "masks": {"sky": "sky.png"},
}
_BASES: Mapping[str, Document] = {
    "2d": {},
    "2d bare": {"motion": {"zoom": 1.02, "border": "replicate"}},
    "2d flip": {
        "motion": {"perspective_flip_theta": 10.0, "perspective_flip_phi": 5.0, "border": "replicate"},
    },
    "2d ground depth mask": {
        "motion": {"zoom": 1.02, "depth": "ground"},
        "coherence": {"mask": "depth(0, 3000)", "mask_feather": 3, "noise": 0.02},
    },
    "2d clip depth mask": {
        "motion": {"zoom": 1.02, "depth": "depths/%04d.png"},
        "coherence": {"mask": "depth(0, 4000)", "noise": 0.05, "noise_mask": "light(0, 128)"},
    },
    "2d network depth mask": {
        "motion": {"zoom": 0.97, "depth": "eye"},
        "coherence": {"mask": "depth(0, 2000)", "mask_feather": 2},
    },
    "3d flat": {"motion": {**_SPACE, "depth": "flat"}},
    "3d ground": {"motion": {**_SPACE, "depth": "ground"}},
    "3d clip": {"motion": {**_SPACE, "depth": "depths/%04d.png"}},
    "3d network": {"motion": {**_SPACE, "depth": "eye", "border": "reflect"}},
    "3d disco": {"motion": {**_SPACE, "depth": "ground", "compat": "disco"}},
    "3d path": {
        "motion": {
            "mode": "3d",
            "depth": "ground",
            "camera_z": "0: (0), 10: (300)",
            "camera_x": "0: (0), 10: (50)",
            "look_at_z": 900.0,
        },
    },
    "cadence": {"diffusion": {"cadence": 3, "cadence_flow": "dis"}, "coherence": {"detail_amount": 0.5}},
    "cadence 3d": {"motion": {**_SPACE, "depth": "ground"}, "diffusion": {"cadence": 2}},
    "mirrors": {
        "coherence": {
            "symmetry": "kaleidoscope",
            "symmetry_amount": 0.5,
            "echo": 0.3,
            "saturation": 1.2,
            "contrast": 1.1,
            "antiblur_amount": 0.5,
        },
    },
    "colors of a frame": {
        "coherence": {"color_match": "lab", "color_frame": 1, "color_from": "frame", "detail_amount": 0.5},
    },
    "colors of before": {"coherence": {"color_match": "rgb", "color_from": "previous", "color_amount": 0.7}},
    "colors of prompts": {
        "coherence": {
            "color_match": "lab",
            "color_from": "prompt",
            "color_pictures": 2,
            "detail_amount": 0.4,
        },
    },
    "colors of a picture": {
        "coherence": {"color_match": "hsv", "color_method": "histogram", "color_from": "palette.png"},
    },
    "guide": {
        "guide": {"0": "guide.png", "3": "later.png", "guide_max": 0.5, "guide_tween": 3, "guide_color": 0.2},
        "coherence": {"noise": 0.05},
        "init_image": "init.png",
    },
    "masks": {
        "coherence": {
            "mask": "sky",
            "mask_feather": 3,
            "mask_strength": 0.1,
            "noise": 0.05,
            "noise_mask": "!sky",
        },
        "masks": {"sky": "masks/%04d.png"},
        "init_image": "init.png",
    },
    "video flow": {
        "video": {
            **_CLIP,
            "motion": "flow",
            "composite": "after",
            "video_alpha": 0.4,
            "consistency": "still",
        },
    },
    "video before": {"video": {**_CLIP, "motion": "affine", "composite": "before", "video_alpha": 0.4}},
    "video mask": {
        "motion": {**_SPACE, "depth": "ground"},
        "video": {
            **_CLIP,
            "composite": "init",
            "video_alpha": 0.5,
            "mask": "depth",
            "mask_equalize": "before",
            "video_mask_contrast": 1.4,
        },
    },
    "video from render": {
        "video": {
            **_CLIP,
            "motion": "perspective",
            "motion_from": "render",
            "mask": "blend",
            "video_alpha": 0.3,
        },
    },
    "seeds": {"diffusion": {"seed_behavior": "ladder", "subseed_strength": 0.3, "strength": 0.7}},
    "sound": {
        "audio": "hum.wav",
        "fps": 10.0,
        "motion": {"zoom": "0: (1 + 0.2*bass + 0.1*onset + 0.05*high)"},
    },
    "controls": {
        "model": "tiny",
        "motion": {"zoom": 0.95, "depth": "ground"},
        "control": {"edges": _CANNY, "far": {"model": "edges", "detect": "depth", "weight": 0.5}},
    },
    "all": {
        "motion": {**_SPACE, "depth": "depths/%04d.png", "fov": "0: (70), 4: (60)"},
        "diffusion": {"cadence": 2, "cadence_flow": "dis", "subseed_strength": 0.2},
        "coherence": {
            "color_match": "lab",
            "color_from": "prompt",
            "detail_amount": 0.4,
            "noise": 0.04,
            "contrast": 1.05,
            "antiblur_amount": 0.3,
            "saturation": 1.1,
            "echo": 0.2,
            "symmetry": "horizontal",
            "symmetry_amount": 0.3,
            "mask": "depth(0, 5000) | sky",
            "mask_feather": 3,
            "mask_strength": 0.1,
        },
        "video": {**_CLIP, "motion": "flow", "consistency": "still", "video_alpha": 0.3, "mask": "depth"},
        "masks": {"sky": "sky.png"},
        "guide": {"0": "guide.png", "3": "later.png"},
        "init_image": "init.png",
    },
    REAL: _STEERED,
}


def write_files(folder: Path) -> Path:
    """Write all that the bases, and the values of tests.fuzz.settings, name."""
    write_inputs(folder)
    write_networks(folder, families=())
    tiny_depth(folder / "eye")
    denoiser = UNet2DConditionModel.from_pretrained(str(folder / "sd" / "unet"))
    tiny_adapter(folder, denoiser, seed=1, name="other adapter.safetensors")
    tiny_clip(folder / "other clip", seed=1)
    torch.manual_seed(7)
    save_file({"emb_params": torch.randn(2, 32)}, folder / "other word.safetensors")
    _write_sound(folder / "hum.wav", pitch=90.0, every=0.25)
    _write_sound(folder / "drum.wav", pitch=700.0, every=0.4)
    return folder


def _write_sound(path: Path, *, pitch: float, every: float, rate: int = 8000) -> None:
    """Four seconds of a tone that is struck again and again."""
    time = np.arange(4 * rate) / rate
    waves = 0.6 * np.sin(2 * np.pi * pitch * time) * np.exp(-8 * (time % every))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((waves * 32_000).astype("<i2").tobytes())
