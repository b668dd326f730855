"""Every setting of a project file, by introspection of its classes, and values to try."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from pydantic import BaseModel

from projects.schema import ProjectFile

ANY = "*"  # in a path: each name that a project gives in a table of names, such as [control]
NUMBERS = (-1, 0, 0.3, 1, 2, 15, 300)
CHANGES_AT = 3  # the frame at which the schedules that are tried leave a project's own value

_MASKS = ("", "sky", "depth(0, 400)", "light(0, 128) \\ sky", "color(#804020, 100) | depth(0, 4000)")
_CUTS = ("[2]*400+[4]*600", 1, 3)
# Values of texts and lists, and of numbers that need others than NUMBERS. A text that is not here fails the fuzz.
VALUES: Mapping[str, tuple[object, ...]] = {
    "title": ("Other",),
    "size": ([32, 32], [48, 48]),
    "frames": (5, 7),
    "duration": (),  # excludes `frames`, which every base has
    "model": ("second", {"0": "fake", "3": "second"}, "sd two", {"0": "sd", "3": "sd two"}),
    "init_image": ("init.png", "guide.png"),
    "audio": ("hum.wav", "drum.wav"),
    "prompts.schedule": (),  # excludes the keys, which every base has
    "prompts.negative": ("fog", "rain"),
    "prompts.prefix": ("old", "new"),
    "prompts.suffix": ("old", "new"),
    "motion.depth": ("auto", "flat", "ground", "depth.png", "depths/%04d.png", "eye"),
    "motion.near": (100, 400, "0: (200), 3: (150)"),
    "motion.far": (4000, 20_000, "0: (10000), 3: (5000)"),
    "motion.fov": (50, 90),
    "diffusion.sampler": ("ddim", "euler a", {"0": "euler", "3": "heun"}),
    "diffusion.vae": ("taesd",),
    "diffusion.draft_vae": ("taesd",),
    "diffusion.denoiser": ("sd two/unet/diffusion_pytorch_model.safetensors",),
    "coherence.color_from": ("auto", "frame", "previous", "prompt", "palette.png", "guide.png"),
    "coherence.mask": _MASKS,
    "coherence.noise_mask": _MASKS,
    "coherence.antiblur_kernel": (3, 7, "0: (3) hold, 3: (7) hold"),
    "lora.*.path": ("style.safetensors", "other.safetensors"),
    "embedding.*.path": ("word.safetensors", "other word.safetensors"),
    "control.*.model": ("edges", "edges two"),
    "control.*.source": ("frame", "video", "hints/%04d.png", "guide.png"),
    "control.*.low": (0, 20, 60),
    "control.*.high": (30, 200),
    "ip_adapter.*.model": ("ip-adapter.safetensors", "other adapter.safetensors"),
    "ip_adapter.*.encoder": ("image_encoder",),
    "ip_adapter.*.pictures": ({"0": "later.png"}, {"0": "guide.png", "3": "init.png"}),
    "clip_guidance.model": ("auto", "other clip", ["auto", "other clip"]),
    "clip_guidance.decoder": ("auto", "taesd"),
    "clip_guidance.cut_overview": _CUTS,
    "clip_guidance.cut_innercut": _CUTS,
    "clip_guidance.cut_ic_pow": (0.5, 4.0, "[1]*400+[4]*600"),
    "clip_guidance.cut_icgray_p": (0.2, 0.9, "[0.2]*400+[0.8]*600"),
    "masks": ({"sky": "guide.png"}, {"sky": "masks/%04d.png"}),
    "video.input": ("clip/%04d.png", "hints/%04d.png"),
    "video.mask": ("none", "depth", "video_depth", "difference", "blend", "sky.png", "masks/%04d.png"),
    "sound.clamp": ([0.2, 0.8], [0.0, 0.5]),
    "sound.bands": ([30.0, 300.0, 3000.0, 15000.0],),
    "output.upscaler": (),  # is of the finished film
}
# What a fake painter cannot see: it is tried where a model paints.
UNSEEN = (
    "clip_guidance.",
    "lora.",
    "ip_adapter.",
    "embedding.",
    "diffusion.vae",
    "diffusion.denoiser",
    "diffusion.quantize",
)
# Keys of tables whose other keys are positions.
_POSITIONS = {"prompts": ("0", "3"), "guide": ("0", "3")}
_AT_POSITIONS: Mapping[str, tuple[object, ...]] = {
    "prompts": ("a cat", "a {t} dog", "a (red:1.4) cat"),
    "guide": ("guide.png", "init.png", "palette.png"),
}


@dataclass(frozen=True)
class Setting:
    """A setting by its path in the file, and values to try. lane: whether it may change over time."""

    path: tuple[str, ...]
    values: tuple[object, ...]
    lane: bool = False

    @property
    def name(self) -> str:
        """As in messages: motion.zoom."""
        return ".".join(self.path)


def all_settings() -> list[Setting]:
    """Every setting there is. Raises LookupError for one that this module knows no values for."""
    found = list(_settings(ProjectFile, ()))
    for table, positions in _POSITIONS.items():
        found += [Setting((table, position), _AT_POSITIONS[table]) for position in positions]
    return found


def _settings(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        kinds = set(_kinds(field.annotation))
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if tables and ".".join(path) not in VALUES:
            named = dict in kinds
            yield from _settings(tables[0], (*path, ANY) if named else path)
        else:
            lane = {float, str, dict} <= kinds
            yield Setting(path, _values(path, kinds, lane), lane)


def _values(path: tuple[str, ...], kinds: set[Any], lane: bool) -> tuple[object, ...]:
    name = ".".join(path)
    if name in VALUES:
        return VALUES[name]
    words = [kind for kind in kinds if isinstance(kind, str | int) and not isinstance(kind, type)]
    if words:
        return tuple(sorted(words, key=str))
    if bool in kinds:
        return (False, True)
    if float in kinds:
        return NUMBERS if lane else tuple(float(number) for number in NUMBERS)
    if int in kinds:
        return tuple(number for number in NUMBERS if isinstance(number, int)) or (1,)
    raise LookupError(f"the key fuzz knows no values of {name}: give some in tests/fuzz/settings.py")


def _kinds(annotation: Any) -> Iterator[Any]:
    """The plain types that an annotation allows, the words of a Literal, and `dict` for tables."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from _kinds(typing.get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for one in typing.get_args(annotation):
            yield from _kinds(one)
    elif origin is Literal:
        yield from typing.get_args(annotation)
    elif origin is dict:
        yield dict
        yield from (kind for kind in _kinds(typing.get_args(annotation)[1]) if _is_table(kind))
    elif origin is not None:
        yield origin
    elif annotation is not type(None):
        yield annotation


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
