"""A device without memory: faults raised from real models, and what is painted in spite of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from keyframes.errors import RenderError
from render.diffusion import Sampling, find_model
from render.diffusion.memory import (
    ENCODERS_OFF,
    LEVELS,
    NONE,
    ROWS,
    STREAM,
    TILES,
    TURNS,
    MemoryPolicy,
)
from render.diffusion.model import Model
from render.diffusion.offload import blocks_of, stream
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
from tests.models import load_model

ModelOf = Callable[[str], Model]
SETTINGS = Sampling(steps=2, cfg_scale=4.0)


def fresh(model: Model, level: int = NONE, told: list[str] | None = None) -> Model:
    """The same model on a level of its own."""
    parts: dict[str, Any] = {field.name: getattr(model, field.name) for field in fields(model)}
    notice = model.notice if told is None else told.append
    memory = MemoryPolicy()
    memory.level = level
    return Model(**{**parts, "memory": memory, "notice": notice})


def painted(model: Model, picture: Tensor | None = None) -> Tensor:
    return paint(
        model,
        Painting(
            picture=picture, size=(64, 64), prompt=prompt("a cat", "fog"), settings=SETTINGS, seed=3, frame=7
        ),
    )


@contextmanager
def full(
    module: torch.nn.Module, times: int, needs: Callable[[tuple[Any, ...]], bool] | None = None
) -> Iterator[None]:
    """A device that is full the first `times` times that a module is called (with such inputs)."""
    left = [times]

    def fault(_: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if left[0] and (needs is None or needs(given)):
            left[0] -= 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    handle = module.register_forward_pre_hook(fault)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("times", range(1, STREAM + 1))
def test_rungs_that_move_parts_change_no_pixel(sd: Model, picture: Tensor, times: int) -> None:
    told: list[str] = []
    model, expected = fresh(sd, told=told), painted(fresh(sd), picture)
    with full(sd.denoiser, times):
        found = painted(model, picture)
    assert torch.equal(found, expected)
    assert model.memory.level == times
    assert model.memory.notes == ()
    assert len(told) == times
    assert told[-1] == f"Frame 7: cpu ran out of memory; from here on {LEVELS[times].description}."


@pytest.mark.parametrize("kind", ["sd", "sdxl", "sd3", "qwen-image", "z-image", "sana-sprint"])
def test_the_last_rungs_paint_nearly_the_same(kind: str, model_of: ModelOf, picture: Tensor) -> None:
    """Row by row only the order of sums differs; tiles see less of the picture."""
    model = model_of(kind)
    whole, tiled, rows = (painted(fresh(model, level), picture) for level in (NONE, TILES, ROWS))
    assert bool(torch.isfinite(rows).all())
    torch.testing.assert_close(tiled, rows, atol=1e-3, rtol=0)
    assert not torch.equal(tiled, whole)
    assert torch.equal(painted(fresh(model), picture), whole), "tiles are off again"


def test_tiles_are_taken_where_the_vae_is_what_does_not_fit(sd: Model, picture: Tensor) -> None:
    def big(given: tuple[Any, ...]) -> bool:
        return bool(given[0].shape[-1] >= 64)

    model = fresh(sd)
    with full(sd.vae.encoder, 99, big):
        found = painted(model, picture)
    assert model.memory.level == TILES
    assert model.memory.notes == ("memory: tiles",)
    assert torch.equal(found, painted(fresh(sd, TILES), picture))


def test_where_nothing_helps_the_render_fails_and_the_model_still_works(sd: Model) -> None:
    model = fresh(sd)
    with (
        full(sd.denoiser, 99),
        pytest.raises(RenderError, match="frame 7: cpu ran out of memory painting 64x64"),
    ):
        painted(model)
    assert model.memory.level == STREAM
    assert torch.equal(painted(model), painted(fresh(sd)))


@contextmanager
def gone_between_calls(blocks: list[torch.nn.Module]) -> Iterator[None]:
    """The weights of blocks are there while these are called, and NaN otherwise: as if they were elsewhere."""
    kept = {block: {weight: weight.data.clone() for weight in block.parameters()} for block in blocks}

    def come(block: torch.nn.Module, _: object) -> None:
        for weight, value in kept[block].items():
            weight.data.copy_(value)

    def go(block: torch.nn.Module, *_: object) -> None:
        for weight in kept[block]:
            weight.data.fill_(torch.nan)

    handles = [block.register_forward_pre_hook(come) for block in blocks]
    handles += [block.register_forward_hook(go) for block in blocks]
    for block in blocks:
        go(block)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for block in blocks:
            come(block, None)


@pytest.mark.parametrize(
    "kind", ["sd", "sdxl", "kolors", "sd3", "flux-dev", "chroma", "qwen-image", "z-image", "sana-sprint"]
)
def test_blocks_are_needed_only_while_they_are_called(kind: str, model_of: ModelOf) -> None:
    """So they can be streamed, in every family: the denoiser's and the text encoders'."""
    model = model_of(kind)
    expected = painted(fresh(model))
    modules = [model.denoiser, *(part.encoder for part in model.encoders)]
    each = [list(blocks_of(module)) for module in modules]
    assert all(each), "the tiny Sana-Sprint has one block"
    with gone_between_calls([block for blocks in each for block in blocks]):
        assert torch.equal(painted(fresh(model)), expected)
    assert torch.equal(painted(fresh(model)), expected)


def test_streaming_hooks_once_and_computes_the_same() -> None:
    torch.manual_seed(0)
    layers = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.Sequential(torch.nn.Linear(4, 4))])
    module = torch.nn.Sequential(torch.nn.Linear(4, 4))
    module.blocks = layers
    assert list(blocks_of(module)) == list(layers)
    given = torch.randn(2, 4)
    expected = layers[1](layers[0](module[0](given)))
    stream(module, torch.device("cpu"))
    stream(module, torch.device("cpu"))
    assert all(len(block._forward_pre_hooks) == len(block._forward_hooks) == 1 for block in layers)
    assert torch.equal(layers[1](layers[0](module[0](given))), expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_parts_take_turns_on_a_gpu(folder_of: Callable[[str], Path], picture: Tensor) -> None:
    model = load_model(find_model(str(folder_of("sd"))), device="cuda", dtype="float32")
    expected = painted(model, picture)
    for level in (ENCODERS_OFF, TURNS, STREAM):
        moved = fresh(model, level)
        assert torch.equal(painted(moved, picture), expected)
        assert moved.encoders[0].encoder.device.type == "cpu"
    assert (model.vae.device.type, model.denoiser.device.type) == ("cuda", "cpu")
