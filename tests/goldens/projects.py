"""The golden projects: small films, one for each group of settings, and the gallery's made small."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .inputs import SIZE
from .networks import FAMILIES

Tables = Mapping[str, Mapping[str, object]]
GALLERY = Path(__file__).parents[2] / "projects/gallery"
COUNT = 6


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A film. folder: where the files are that its text names; None: where the inputs are. real: whether the model
    that it names paints it, or a witness. exported: whether the frames are those of the finished film.
    """

    text: str
    count: int = COUNT
    folder: Path | None = None
    real: bool = False
    draft: bool = False
    exported: bool = False


@dataclass(frozen=True)
class _Film:
    tables: Tables = field(default_factory=dict)
    top: Mapping[str, object] = field(default_factory=dict)
    count: int = COUNT
    draft: bool = False


def text_of(tables: Tables, top: Mapping[str, object] | None = None, *, frames: int = COUNT) -> str:
    """A project of these tables; what they leave out is a plain 2D film."""
    head = {"model": "fake", "frames": frames, "size": list(SIZE), "seed": 3, **(top or {})}
    body: dict[str, Mapping[str, object]] = {
        "prompts": {"0": "a lighthouse by the sea", "4": "a boat at night", "blend": "linear"},
        "motion": {"zoom": 1.03, "angle": 2.0, "translation_x": 3.0},
        "diffusion": {},
        "coherence": {"color_match": "none"},
    }
    for name, table in tables.items():
        keep = name in ("diffusion", "coherence")
        body[name] = {**(body.get(name, {}) if keep else {}), **table}
    parts = [_lines(head), *(f"[{name}]\n{_lines(table)}" for name, table in body.items())]
    return "\n\n".join(parts) + "\n"


def _lines(table: Mapping[str, object]) -> str:
    return "\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in table.items())


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def _m(**motion: object) -> Tables:
    return {"motion": motion}


def _c(**coherence: object) -> Tables:
    return {"coherence": coherence}


def _d(**diffusion: object) -> Tables:
    return {"diffusion": diffusion}


def _v(**video: object) -> Tables:
    return {"video": {"input": "clip/%04d.png", **video}}


def _control(**settings: object) -> Tables:
    return {"control.edges": {"model": "edges", **settings}}


_DRIFT = {"translation_z": 30.0, "translation_x": 8.0, "rotation_3d_y": 1.5}
_SPACE = {"mode": "3d", **_DRIFT}
_FLIP = {"perspective_flip_theta": 6.0, "perspective_flip_phi": 4.0, "perspective_flip_gamma": 3.0}
_TINY = {"model": "tiny"}

FILMS: Mapping[str, _Film] = {
    # the camera in two dimensions
    "2d": _Film(),
    "2d still": _Film(_m(zoom=1.0)),
    "2d replicate bilinear": _Film(
        _m(angle=-4.0, translation_y=3.0, border="replicate", sampling="bilinear")
    ),
    "2d wrap": _Film(_m(zoom=0.9, translation_x=5.5, border="wrap")),
    "2d reflect": _Film(_m(zoom=0.85, angle=3.0, border="reflect", sampling="bilinear")),
    "2d reveal": _Film({**_m(zoom=0.93, translation_y=-4.0), **_d(reveal_strength=0.8, strength=0.3)}),
    "2d off centre": _Film(
        _m(zoom="0: (1.0), 5: (1.1)", transform_center_x=0.2, transform_center_y=0.9, angle=5.0)
    ),
    "flip": _Film(_m(**_FLIP, border="replicate")),
    "flip deforum": _Film(_m(**_FLIP, perspective_flip_fv=70.0, compat="deforum", zoom=1.02)),
    # in three
    "3d flat": _Film(_m(**_SPACE, depth="flat", rotation_3d_x=1.0, rotation_3d_z=-2.0)),
    "3d ground": _Film(_m(**_SPACE, depth="ground")),
    "3d ground replicate": _Film(
        _m(**_SPACE, depth="ground", border="replicate", sampling="bilinear", near=100, far=4000)
    ),
    "3d picture": _Film(_m(**_SPACE, depth="depth.png", translation_scale=1.5, border="reflect")),
    "3d clip": _Film(_m(**_SPACE, depth="depths/%04d.png", border="wrap")),
    "3d network": _Film(_m(**_SPACE), {"model": "sketch"}),
    "3d network cadence": _Film({**_m(**_SPACE, depth_smooth=3), **_d(cadence=2)}, {"model": "sketch"}),
    "3d flip": _Film(_m(**_SPACE, **_FLIP, depth="ground")),
    "3d deforum": _Film(_m(**_SPACE, depth="ground", compat="deforum", border="replicate")),
    "3d disco": _Film(_m(**_SPACE, depth="depth.png", compat="disco", border="reflect", sampling="bilinear")),
    "3d lens": _Film(
        _m(mode="3d", depth="ground", fov="0: (70), 5: (50)", aspect="0: (1), 5: (1.2)", translation_z=10.0)
    ),
    "3d path": _Film(
        _m(
            mode="3d",
            depth="ground",
            camera_x="0: (0), 5: (60)",
            camera_z="0: (0), 5: (200)",
            look_at_z=900.0,
            camera_roll=2.0,
        )
    ),
    # between painted frames
    "cadence": _Film({**_m(zoom=1.04, angle=2.0), **_d(cadence=3)}, count=8),
    "cadence flow": _Film({**_m(zoom=1.04), **_d(cadence=2, cadence_flow="dis", cadence_flow_factor=0.7)}),
    "cadence farneback detail": _Film(
        {**_m(translation_x=3.0), **_d(cadence=3, cadence_flow="farneback"), **_c(detail_amount=0.8)}
    ),
    "cadence 3d": _Film({**_m(**_SPACE, depth="ground"), **_d(cadence="0: (1) hold, 2: (3) hold")}, count=8),
    "cadence clip": _Film({**_v(motion="flow", video_alpha=0.3), **_d(cadence=2), **_c(color_match="lab")}),
    # colours and detail
    "color lab": _Film(_c(color_match="lab")),
    "color lab histogram": _Film(
        _c(color_match="lab", color_method="histogram", color_frame=1, color_amount=0.7)
    ),
    "color rgb histogram": _Film(_c(color_match="rgb", color_method="histogram")),
    "color rgb previous": _Film(_c(color_match="rgb", color_from="previous")),
    "color hsv": _Film(_c(color_match="hsv", color_amount=0.6)),
    "color hsv histogram palette": _Film(
        _c(color_match="hsv", color_method="histogram", color_from="palette.png")
    ),
    "color palette detail": _Film(_c(color_match="lab", color_from="palette.png", detail_amount=0.7)),
    "color prompt": _Film(
        _c(color_match="lab", color_from="prompt", color_pictures=3, color_amount=0.5, detail_amount=0.6)
    ),
    "color prompt cadence": _Film({**_c(color_match="lab", color_from="prompt"), **_d(cadence=2)}),
    # sharpness, contrast, noise
    "contrast antiblur": _Film(
        _c(
            contrast=1.1,
            saturation=1.3,
            antiblur_amount=0.6,
            antiblur_kernel=7,
            antiblur_sigma=1.5,
            antiblur_threshold=0.02,
        )
    ),
    "noise perlin": _Film(_c(noise=0.06)),
    "noise normal masked": _Film(
        {**_c(noise=0.06, noise_type="normal", noise_mask="sky"), "masks": {"sky": "sky.png"}}
    ),
    # masks
    "mask pictures": _Film(
        {
            **_c(
                mask="(sky ^ wanders) | !everywhere",
                mask_feather=4,
                mask_strength=0.1,
                noise=0.03,
                noise_mask="!sky",
            ),
            "masks": {"sky": "sky.png", "wanders": "masks/%04d.png"},
        }
    ),
    "mask looks": _Film(_c(mask="light(60, 160) | color(#803020, 120)", mask_feather=2)),
    "mask depth": _Film(
        {**_m(zoom=1.02, depth="ground"), **_c(mask="depth(0, 800) \\ light(0, 90)", mask_strength=0.2)}
    ),
    "mask depth clip 3d": _Film(
        {**_m(**_SPACE, depth="depths/%04d.png"), **_c(mask="depth(0, 3000)", noise=0.02)}
    ),
    # guides, mirrors, echo
    "guides": _Film(
        {
            "guide": {
                "0": "guide.png",
                "3": "later.png",
                "guide_max": 0.5,
                "guide_tween": 4,
                "guide_color": 0.2,
            }
        },
        {"init_image": "init.png"},
    ),
    "symmetry": _Film(_c(symmetry="both", symmetry_amount=0.6, echo=0.3)),
    "symmetry horizontal": _Film(_c(symmetry="horizontal", color_match="lab")),
    "symmetry vertical": _Film(
        {**_c(symmetry="vertical", echo="0: (0), 5: (0.6)")}, {"init_image": "init.png"}
    ),
    "kaleidoscope": _Film(_c(symmetry="kaleidoscope", symmetry_folds=5, symmetry_angle=20.0)),
    # video
    "video painted over": _Film(_v()),
    "video flow": _Film(_v(motion="flow", consistency="clip", video_alpha=0.2)),
    "video flow still": _Film(
        _v(motion="flow", flow="farneback", consistency="still", consistency_blur=4, composite="none")
    ),
    "video affine": _Film(_v(motion="affine", composite="before", video_alpha=0.5, video_flow_factor=0.5)),
    "video perspective": _Film(
        {**_v(motion="perspective", composite="after", video_alpha=0.3), **_m(border="replicate")}
    ),
    "video from render": _Film(_v(motion="flow", motion_from="render", composite="none", first_frame=False)),
    "video masks": _Film(
        {
            **_v(composite="before", mask="difference", mask_equalize="before", video_mask_contrast=1.5),
            **_m(zoom=1.05),
        }
    ),
    "video depth mask": _Film(
        {**_v(mask="depth", mask_invert=True, video_alpha=0.8), **_m(**_SPACE, depth="ground")}
    ),
    "video depth clip mask": _Film({**_v(mask="depth"), **_m(zoom=1.01, depth="depths/%04d.png")}),
    "video blend mask": _Film(
        _v(
            mask="blend",
            mask_auto_contrast=True,
            video_mask_low=10,
            video_mask_high=90,
            mask_equalize="after",
            every=1,
        )
    ),
    "video picture mask": _Film(
        {
            **_v(mask="masks/%04d.png", composite="after", video_alpha=0.6, end="loop", to=4),
            **_c(color_match="lab"),
        }
    ),
    "video every": _Film(_v(**{"from": 1, "every": 2, "end": "hold", "video_alpha": 0.5})),
    # what steers the painting
    "control frame": _Film(_control(detect="canny", low=20, high=60, weight="0: (0), 3: (2)"), _TINY),
    "control hints": _Film(_control(source="hints/%04d.png", detect="soft", start=0.2, end=0.8), _TINY),
    "control video depth": _Film({**_control(detect="depth"), **_m(zoom=1.02, depth="ground")}, _TINY),
    "control clip": _Film({**_control(source="video"), **_v(composite="none", first_frame=False)}, _TINY),
    # seeds and prompts
    "seed fixed subseed": _Film(_d(seed_behavior="fixed", subseed=9, subseed_strength="0: (0), 5: (1)")),
    "seed iter n": _Film(_d(seed_behavior="iter", seed_iter_n=2)),
    "seed ladder": _Film(_d(seed_behavior="ladder")),
    "seed random": _Film(_d(seed_behavior="random", strength="0: (0.3), 3: (0.8)")),
    "seed schedule": _Film(_d(seed_behavior="schedule", seed="0: (5), 5: (50)")),
    "prompt words": _Film({"prompts": {"0": "a {t*2:.0f} b", "prefix": "p", "suffix": "s", "negative": "n"}}),
    "samplers steps": _Film(_d(sampler={"0": "euler", "3": "ddim"}, steps="0: (4), 5: (9)", strength=0.6)),
    # whole films
    "init image": _Film({}, {"init_image": "init.png"}),
    "draft": _Film(
        {**_c(mask="sky", mask_feather=6, antiblur_amount=0.4), "masks": {"sky": "sky.png"}},
        {"size": [128, 96]},
        draft=True,
    ),
    "two models": _Film({}, {"model": {"0": "fake", "3": "second"}}),
    "everything": _Film(
        {
            **_m(**_SPACE, depth="depths/%04d.png", fov="0: (70), 5: (60)"),
            **_c(
                color_match="lab",
                color_from="prompt",
                detail_amount=0.4,
                noise=0.04,
                contrast=1.05,
                antiblur_amount=0.3,
                saturation=1.1,
                echo=0.2,
                symmetry="horizontal",
                symmetry_amount=0.3,
                mask="depth(0, 5000) | sky",
                mask_feather=3,
            ),
            **_d(cadence=2, cadence_flow="dis", subseed_strength=0.2),
            **_v(motion="flow", consistency="still", composite="init", video_alpha=0.3, mask="depth"),
            "masks": {"sky": "sky.png"},
            "guide": {"0": "guide.png", "4": "later.png"},
        },
        {"init_image": "init.png"},
        count=8,
    ),
}


# Films that are finished: frames between, size, two eyes, a loop.
OUTPUTS: Mapping[str, Tables] = {
    "interpolate loop": {"output": {"interpolate": 2, "loop": 2}},
    "fps out": {"output": {"fps_out": 24.0}},
    "upscale": {"output": {"upscale": 2}},
    "side by side": {"output": {"vr": "side-by-side", "vr_eyes": 20.0}, **_m(**_SPACE, depth="flat")},
    "over under": {
        "output": {"vr": "over-under", "vr_screen": 600.0, "upscale": 2},
        **_m(**_SPACE, depth="ground"),
    },
    "equirect": {"output": {"vr": "equirect-180", "vr_eyes": 30.0}, **_m(**_SPACE, depth="ground")},
}


def _sd(**tables: Mapping[str, object]) -> Tables:
    return {**tables, "diffusion": {"steps": 4, "strength": 0.7, **tables.get("diffusion", {})}}


_LOOK = {"model": "ip-adapter.safetensors", "pictures": {"0": "guide.png", "4": "later.png"}}
_PULL = {"clip_guidance_scale": 5000.0, "cut_overview": 1, "cut_innercut": 2, "clip_guidance_end": 0.8}
_STYLE = {"path": "style.safetensors", "weight": "0: (0), 5: (2)"}
_TWO = {
    "control.edges": {"model": "edges", "detect": "canny"},
    "control.two": {"model": "edges two", "weight": 0.5},
}
_SAMPLERS = {"0": "euler", "1": "euler a", "2": "dpm++ 2m", "3": "dpm++ sde", "4": "unipc", "5": "plms"}
# Films of a tiny Stable Diffusion.
STEERED: Mapping[str, Tables] = {
    "plain": _sd(),
    "guidance": _sd(
        diffusion={"cfg_scale": 5.0, "cfg_start": 0.2, "cfg_end": 0.8, "guidance_rescale": 0.6, "clipskip": 2}
    ),
    "exact ddim": _sd(
        diffusion={"steps_mode": "exact", "sampler": "ddim", "eta": 0.7, "subseed_strength": 0.3}
    ),
    "samplers": _sd(diffusion={"sampler": _SAMPLERS}),
    "reveal": _sd(motion={"zoom": 0.9, "translation_x": 4.0}, diffusion={"strength": 0.4}),
    "mask": {
        **_sd(coherence={"mask": "sky", "mask_feather": 4, "mask_strength": 0.2}),
        "masks": {"sky": "sky.png"},
    },
    "emphasis": _sd(
        prompts={"0": "a (red:1.4) boat", "4": "a [pale] sea", "negative": "fog", "blend": "linear"}
    ),
    "colors of the prompt": _sd(
        coherence={"color_match": "lab", "color_from": "prompt", "color_pictures": 2}
    ),
    "loras": _sd(**{"lora.style": _STYLE, "lora.other": {"path": "other.safetensors"}}),
    "word": _sd(prompts={"0": "a zqx"}, **{"embedding.zqx": {"path": "word.safetensors"}}),
    "controls": _sd(**_TWO),
    "control modes": _sd(
        diffusion={"cfg_scale": 4.0},
        **{"control.edges": {"model": "edges", "source": "hints/%04d.png", "mode": "control", "end": 0.7}},
    ),
    "adapter": _sd(**{"ip_adapter.look": {**_LOOK, "weight": "0: (0.2), 5: (1.5)"}}),
    "pulled": _sd(
        clip_guidance={
            **_PULL,
            "tv_scale": 50.0,
            "range_scale": 100.0,
            "sat_scale": 20.0,
            "init_scale": 100.0,
        }
    ),
    "pulled by a decoder": _sd(
        clip_guidance={**_PULL, "decoder": "taesd", "cutn_batches": 2, "skip_augs": True}
    ),
    "all": _sd(
        diffusion={"cfg_scale": 4.0},
        clip_guidance=_PULL,
        **_TWO,
        **{"ip_adapter.look": _LOOK, "lora.style": _STYLE},
    ),
}


def golden_projects() -> dict[str, Golden]:
    """Every golden project by name; those that a real model paints last."""
    found = {
        name: Golden(
            text=text_of(film.tables, film.top, frames=film.count), count=film.count, draft=film.draft
        )
        for name, film in FILMS.items()
    }
    for name, tables in OUTPUTS.items():
        found[f"output {name}"] = Golden(text=text_of(tables), exported=True)
    for name, tables in STEERED.items():
        found[f"sd {name}"] = Golden(text=text_of(tables, {"model": "sd"}), real=True)
    found["sd two models"] = Golden(text=text_of(_sd(), {"model": {"0": "sd", "3": "sd two"}}), real=True)
    for family in FAMILIES:
        text = text_of({"diffusion": {"steps": 3, "strength": 0.7}}, {"model": family}, frames=3)
        found[f"family {family}"] = Golden(text=text, count=3, real=True)
    for path in sorted(GALLERY.glob("*.toml")):
        found[f"gallery {path.stem}"] = Golden(text=_small(path), count=8, folder=GALLERY, real=True)
    return found


def _small(path: Path) -> str:
    """A project of the gallery at 64 pixels."""
    text = re.sub(r"(?m)^size = .*\n", "", path.read_text(encoding="utf-8"))
    return re.sub(r"(?m)^model = ", "size = [64, 64]\nmodel = ", text, count=1)
