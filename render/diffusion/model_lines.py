"""What a render would load for a model's name and why, as lines for people; no weights are read."""

from __future__ import annotations

from collections.abc import Iterator

from render.assets.files import INDEX, read_json
from render.assets.find import BUILT_IN
from render.diffusion.catalogue import state_on_hub
from render.diffusion.memory import CARDS, GIB, LEVELS, NONE, Needs, fitting, needs_of, parts_of, usable
from render.diffusion.model_source import SETTINGS, ModelSource
from render.diffusion.weights import METHODS, quantised_parts, stored_parts

Line = tuple[str, str]
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
_LEFT_OUT = ("size_multiple",)


def checkup(
    source: ModelSource, *, size: tuple[int, int] | None = None, device: str = "auto"
) -> Iterator[Line]:
    """Yield (title, text) of each line about a model: where it is, what it is, its defaults, what it needs."""
    yield "model", source.name
    yield "found", _found(source)
    if source.path is None:
        yield from _defaults(source)
        return
    row = source.row
    yield "family", f"{row.name}: {_why_family(source)}"
    if source.weights.denoiser is not None:
        yield "denoiser", source.weights.denoiser.describe()
    made, stored = quantised_parts(source), stored_parts(source)
    if method := source.weights.quantize:
        yield "quantized", f"{method}: {METHODS[method].description}, by {METHODS[method].package}"
    for part in parts_of(source):
        files = f"{part.files} file{'s' * (part.files != 1)}"
        note = f", stored quantised ({stored[part.name]})" if part.name in stored else ""
        note = f", quantised when loaded ({source.weights.quantize})" if part.name in made else note
        yield "", f"{part.name}: {part.parameters / 1e6:,.1f} million parameters, {files}{note}"
    yield from _defaults(source)
    yield "samplers", ", ".join(source.samplers)
    where, precision = _device(device, row.half)
    yield "device", f"{where}, {precision}"
    side = source.defaults.size
    picture = size or (side, side)
    guided = source.defaults.cfg_scale > 1
    half = needs_of(source, picture, bytes_each=_BYTES[row.half], guided=guided)
    yield "memory", f"on a card, {row.half}, {picture[0]}x{picture[1]}: {_sum(half)}"
    for card in CARDS:
        yield "", f"{card:>2} GiB: {_choice(half, card * GIB)}"
    if _BYTES[precision] != _BYTES[row.half]:
        here = needs_of(source, picture, bytes_each=_BYTES[precision], guided=guided)
        yield "here", f"{where}, {precision}: {_sum(here)}"


def _defaults(source: ModelSource) -> Iterator[Line]:
    for index, name in enumerate(name for name in SETTINGS if name not in _LEFT_OUT):
        value = getattr(source.defaults, name)
        shown = f"{value}x{value}" if name == "size" else f"{value:g}" if isinstance(value, float) else value
        yield "" if index else "defaults", f"{name} = {shown}, from {source.defaults.origins[name]}"


def _found(source: ModelSource) -> str:
    if source.path is None:
        return f"on the hub: {state_on_hub(source.name)}"
    if source.kind == "hub":
        return f"in the hub's cache: {source.path}"
    kind = "built in" if source.path.parent == BUILT_IN else f"a {source.kind.replace('-', ' ')}"
    return f"{kind}: {source.path}"


def _why_family(source: ModelSource) -> str:
    assert source.path is not None
    if source.kind == "single-file":
        return "by the names of its tensors"
    return f"{read_json(source.path / INDEX).get('_class_name')} in {INDEX}"


def _device(device: str, half: str) -> tuple[str, str]:
    """Return the device and the precision that a render would use."""
    import torch

    from render.devices import find_device, find_dtype

    where = find_device(device)
    precision = str(find_dtype("auto" if where.type == "cpu" else half, where)).removeprefix("torch.")
    name = torch.cuda.get_device_name(where) if where.type == "cuda" else ""
    return f"{where} ({name})" if name else str(where), precision


def _sum(needs: Needs) -> str:
    weights = sum(needs.weights.values()) / GIB
    return (
        f"about {needs.peak() / GIB:.1f} GiB: weights {weights:.1f}, painting {needs.painting / GIB:.1f}, "
        f"decoding {needs.decoding / GIB:.1f}, the driver's own 0.6"
    )


def _choice(needs: Needs, memory: float) -> str:
    """Say what a render does to fit on a card."""
    level = fitting(needs, usable(memory))
    if level is None:
        return f"too small: it needs {needs.peak(len(LEVELS) - 1) / GIB:.1f} GiB at least. Use a smaller size"
    levels = [step.description for number, step in enumerate(LEVELS[: level + 1]) if number not in (NONE, 1)]
    return f"{'; '.join(levels) or LEVELS[NONE].description} ({needs.peak(level) / GIB:.1f} GiB)"
