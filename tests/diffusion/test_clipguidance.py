"""Guidance by a picture-text model, in the loop: every family, one gradient, and nothing where it is off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from keyframes import FramePrompt, PromptPart, TextShare
from keyframes.errors import EnvironmentFault, RenderError
from render.assets.find import find_asset
from render.assets.kinds import CLIP, DECODER
from render.diffusion import ClipGuidance, Sampling, check_vae, find_for
from render.diffusion.clipguidance.clip_guide import ClipGuide, FrameObjective
from render.diffusion.clipguidance.clip_model import ClipModel, load_clip_model, load_decoder
from render.diffusion.job import constant
from render.diffusion.latents import decode, in_float32
from render.diffusion.model import Model
from render.diffusion.prediction import StepPrediction, angle_prediction
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import KINDS, prompt
from tests.diffusion.test_families import given as needs
from tests.tiny_clip import tiny_clip, tiny_decoder

ModelOf = Callable[[str], Model]
CPU = torch.device("cpu")
WHOLE = constant(2.0)  # the whole picture and no lot: one objective for all steps
NONE = constant(0.0)
PULL = ClipGuidance(scale=1e4, clamp=0.1, overview=WHOLE, inner=NONE, augmented=False)
PICTURE = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(scope="module")
def reader(clip: Path, sd: Model) -> ClipModel:
    return load_clip_model(find_for(CLIP, str(clip), sd.source, folder=clip), CPU)


def painted(
    model: Model,
    readers: Sequence[ClipModel],
    settings: ClipGuidance,
    guide: ClipGuide | None = None,
    **more: Any,
) -> Tensor:
    """A picture of the model, guided, or not where the settings say nothing."""
    sampling = Sampling(**{"steps": 2, "cfg_scale": 1.0, **more})
    if guide is None and settings.on:
        guide = ClipGuide(model, objective(readers, settings), (50, 41))
    return paint(
        model,
        Painting(
            picture=None,
            size=(50, 41),
            prompt=prompt("a cat"),
            settings=sampling,
            seed=3,
            frame=1,
            step_hook=guide,
        ),
    )


def objective(readers: Sequence[ClipModel], settings: ClipGuidance, **given: Any) -> FrameObjective:
    return FrameObjective(
        **{
            "settings": settings,
            "models": readers,
            "prompt": prompt("a cat"),
            "seed": 3,
            "frame": 1,
            **given,
        }
    )


def far(readers: Sequence[ClipModel], picture: Tensor) -> float:
    """How far a painted picture is from its text."""
    settings = replace(PULL, scale=1.0)
    return float(sum(objective(readers, settings).losses(picture * 2 - 1, level=0.0, step=0)))


class Watched(ClipGuide):
    """A guide that looks how far what the model means is from its text, before it is pulled and after."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen: list[tuple[float, float]] = []

    def __call__(
        self, answer: Tensor, latents: Tensor, prediction: StepPrediction, index: int, count: int
    ) -> Tensor:
        pulled = super().__call__(answer, latents, prediction, index, count)
        before, after = (decode(self._model, prediction.clean(latents, one)) for one in (answer, pulled))
        readers = self._objective.models
        self.seen.append((far(readers, before[..., :41, :50]), far(readers, after[..., :41, :50])))
        return pulled


@pytest.mark.parametrize("kind", [needs(kind) for kind in KINDS])
def test_every_family_is_pulled_towards_the_text(kind: str, model_of: ModelOf, reader: ClipModel) -> None:
    model = model_of(kind)
    plain, guide = painted(model, [], ClipGuidance()), Watched(model, objective([reader], PULL), (50, 41))
    guided = painted(model, [], PULL, guide)
    assert guided.shape == (1, 3, 41, 50)
    assert bool(torch.isfinite(guided).all())
    assert not torch.equal(plain, guided)
    assert len(guide.seen) >= 2
    assert all(after < before for before, after in guide.seen), guide.seen


@pytest.mark.parametrize(
    "sampler", ["heun", "euler a", "dpm++ 2m", "dpm++ sde", "unipc", "plms", "lcm", "dpm2 a"]
)
def test_every_kind_of_sampler_is_pulled_towards_the_text(sampler: str, sd: Model, reader: ClipModel) -> None:
    guide = Watched(sd, objective([reader], PULL), (50, 41))
    painted(sd, [], PULL, guide, steps=3, sampler=sampler)
    assert len(guide.seen) >= 3
    assert all(after < before for before, after in guide.seen), guide.seen


def test_more_is_nearer(sd: Model, reader: ClipModel) -> None:
    settings = [ClipGuidance(), *(replace(PULL, clamp=most) for most in (0.05, 0.1, 0.2, 0.4))]
    settings += [replace(PULL, clamp=100.0, scale=scale) for scale in (0.0, 30.0, 100.0, 300.0, 1000.0)]
    distances = [far([reader], painted(sd, [reader], one, steps=1, sampler="euler")) for one in settings]
    assert distances[:5] == sorted(distances[:5], reverse=True)
    assert distances[5:] == sorted(distances[5:], reverse=True)
    assert len(set(distances)) == 9, "scale 0 is off"


def test_off_is_bit_equal(sd: Model, reader: ClipModel) -> None:
    plain = painted(sd, [reader], ClipGuidance())
    assert torch.equal(plain, painted(sd, [reader], replace(PULL, start=1.0)))
    assert torch.equal(plain, painted(sd, [reader], replace(PULL, overview=NONE)))
    late, early = (painted(sd, [reader], replace(PULL, start=a, end=b)) for a, b in ((0.5, 1), (0, 0.5)))
    assert not torch.equal(plain, late)
    assert not torch.equal(plain, early)
    assert not torch.equal(late, early)


def test_it_is_the_same_every_time(sd: Model, clip: Path) -> None:
    lot = ClipGuidance(scale=1e3)
    found = find_for(CLIP, str(clip), sd.source, folder=clip)
    first, again = (painted(sd, [load_clip_model(found, CPU)], lot) for _ in range(2))
    assert torch.equal(first, again)


def test_texts_are_mixed_by_their_shares(reader: ClipModel) -> None:
    u, v = (reader.read([TextShare(text=text)]) for text in ("a cat", "the (sea:1.3)"))
    assert float(u.norm()) == pytest.approx(1)
    assert torch.equal(v, reader.read([TextShare(text="the sea")])), "emphasis is taken out"
    mixed = reader.read([TextShare(text="a cat", share=0.25), TextShare(text="the sea", share=0.75)])
    expected = 0.25 * u + 0.75 * v
    torch.testing.assert_close(mixed, expected / expected.norm())


def test_weights_are_discos() -> None:
    """Over the absolute value of their sum, signs kept; by their size where they cancel out."""

    class Reads:
        def read(self, mix: Sequence[TextShare]) -> Tensor:
            return torch.tensor([1.0, 0.0])

    def weights(*given: float) -> list[float]:
        parts = tuple(PromptPart(weight=one, mix=(TextShare(text="a"),)) for one in given)
        made = objective([Reads()], PULL, prompt=FramePrompt(parts=parts))  # type: ignore[list-item]
        return [round(float(one), 6) for one in made._target(0)[1]]

    assert weights(3, -1) == [1.5, -0.5]
    assert weights(1, -3) == [0.5, -1.5]
    assert weights(2, -2) == [0.5, -0.5]


def test_a_text_that_is_too_long(clip: Path, sd: Model) -> None:
    told: list[str] = []
    found = load_clip_model(find_for(CLIP, str(clip), sd.source, folder=clip), CPU, notice=told.append)
    assert found.read([TextShare(text="word " * 30)]).shape == (8,)
    assert len(told) == 1
    assert "24 tokens" in told[0]


EVERYTHING = ClipGuidance(
    scale=3.0,
    tv=2.0,
    range=5.0,
    saturation=0.5,
    init=4.0,
    clamp=9.0,
    batches=2,
    gray=constant(0.5),
)


def test_the_gradient_of_all_pulls_is_that_of_finite_differences(clip: Path, sd: Model) -> None:
    """In float64, through the decoder, in directions by lot."""
    exact = load_clip_model(find_for(CLIP, str(clip), sd.source, folder=clip), CPU)
    exact.model.double()
    tiny = load_decoder(find_asset(DECODER, str(tiny_decoder(clip.parent / "d"))), CPU, torch.float64)
    goal = objective([exact], EVERYTHING, prompt=prompt("", sea=1.5, fog=-0.5), seed=1, picture=PICTURE)
    guide = ClipGuide(sd, goal, (32, 24), tiny=tiny)
    lot = torch.Generator().manual_seed(8)
    latents = torch.randn(1, 4, 3, 4, generator=lot, dtype=torch.float64) * 2

    def loss(at: Tensor) -> float:
        with torch.no_grad():
            return float(sum(goal.losses(tiny.decode(at).sample[..., :24, :32], level=0.5, step=1)))

    found = guide._gradient(latents.clone(), 0.5, 1)
    for _ in range(4):
        way = torch.randn(latents.shape, generator=lot, dtype=torch.float64) * 1e-5
        slope = loss(latents + way) - loss(latents - way)
        assert float((found * way).sum()) * 2 == pytest.approx(slope, rel=1e-4)


def test_half_precision_loses_little(sd: Model, reader: ClipModel, clip: Path) -> None:
    """Gradients of a millionth are lifted before they go through the decoder."""
    faint = replace(PULL, scale=1e-4)
    latents = torch.randn(1, 4, 6, 7, generator=torch.Generator().manual_seed(3))
    where = find_asset(DECODER, str(tiny_decoder(clip.parent / "half")))
    assert where is not None
    whole, half = (
        ClipGuide(sd, objective([reader], faint), (50, 41), tiny=load_decoder(where, CPU, dtype))._gradient(
            latents.clone(), 0.5, 0
        )
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert torch.nn.functional.cosine_similarity(whole.flatten(), half.flatten(), dim=0) > 0.97
    assert float(half.norm() / whole.norm()) == pytest.approx(1, abs=0.1)


def test_weights_that_were_held_in_float32_still_have_gradients(
    clip: Path, sd: Model, reader: ClipModel
) -> None:
    where = find_asset(DECODER, str(tiny_decoder(clip.parent / "held")))
    assert where is not None
    tiny = load_decoder(where, CPU, torch.bfloat16)
    with torch.inference_mode(), in_float32(tiny):
        pass
    guide = ClipGuide(sd, objective([reader], PULL), (50, 41), tiny=tiny)
    with torch.inference_mode():
        latents = torch.randn(1, 4, 6, 7)
        assert bool(torch.isfinite(guide(latents, latents, angle_prediction(1.0), 0, 2)).all())


def test_a_gradient_that_is_no_number_is_told(sd: Model, reader: ClipModel) -> None:
    with pytest.raises(RenderError, match=r"frame 1: the gradient of clip_guidance is not finite"):
        painted(sd, [reader], replace(PULL, tv=1e38, scale=0.0))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone", "was not found."),
        ("auto", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
        ("depth", 'is a "glpn". Allowed: clip (a CLIPModel of transformers)'),
        ("pickled", "only pickles"),
        ("wordless", "none of tokenizer.json, vocab.json"),
        ("cut", "damaged"),
    ],
)
def test_picture_text_models_that_are_refused(
    name: str, said: str, tmp_path: Path, sd: Model, clip: Path
) -> None:
    for folder, config in (("depth", "glpn"), ("pickled", "clip"), ("wordless", "clip"), ("cut", "clip")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(f'{{"model_type": "{config}"}}')
    for folder in ("pickled", "cut"):
        (tmp_path / folder / "tokenizer.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    (tmp_path / "cut" / "model.safetensors").write_bytes((clip / "model.safetensors").read_bytes()[:-1])
    with pytest.raises(EnvironmentFault) as error:
        find_for(CLIP, name, sd.source, folder=tmp_path)
    assert said in str(error.value)


def test_decoders_that_are_refused(tmp_path: Path, sd: Model, clip: Path) -> None:
    tiny_decoder(tmp_path / "wide", channels=6)
    for name, said in (
        ("gone", "was not found"),
        ("wide", "6 channels"),
        (str(clip), "Allowed: AutoencoderTiny"),
    ):
        with pytest.raises(EnvironmentFault, match=said):
            check_vae(find_asset(DECODER, name, folder=tmp_path), sd.source)
