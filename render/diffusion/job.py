"""What is loaded, what a picture is painted on, and what it is painted from. Importable without torch.

But for the canvas, these are plain values, which can be compared and hashed; files are named by the digests of their
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from keyframes.cutouts import CutoutSchedule
from keyframes.prompts import FramePrompt
from render.assets.find import Asset
from render.diffusion.adapter_file import AdapterFile
from render.diffusion.inversions import Inversion, words_in
from render.diffusion.loras.lora import LoraFile
from render.diffusion.model_source import ModelSource
from render.diffusion.steps import Sampling

if TYPE_CHECKING:
    from torch import Tensor

# is called with (steps done, number of steps); what it raises ends the painting
OnStep = Callable[[int, int], None]
Mode = Literal["balanced", "prompt", "control"]


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A model, all that is attached to it, and where it works. Two equal ones load the same.

    `embeddings` are pairs of a word and its textual inversion. `vae` replaces the model's own. `clip_models` and
    `clip_decoder` are those of CLIP guidance; they are loaded when a picture is first guided. `size` (width, height) is
    that of the pictures, by default the model's own: on a GPU it decides which parts stay there. `device` and `dtype`
    are names such as "auto", "cuda:1", "float32".
    """

    source: ModelSource
    loras: tuple[LoraFile, ...] = ()
    controls: tuple[Asset, ...] = ()
    adapters: tuple[AdapterFile, ...] = ()
    embeddings: tuple[tuple[str, Inversion], ...] = ()
    vae: Asset | None = None
    clip_models: tuple[Asset, ...] = ()
    clip_decoder: Asset | None = None
    size: tuple[int, int] | None = None
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Travel:
    """Noise between that of a frame's seed and that of another one: `share`, above 0 to 1, of the other."""

    seed: int
    share: float


@dataclass(frozen=True, kw_only=True)
class ImagePrompt:
    """What an IP-Adapter is shown: `pictures` are pairs of a picture's digest and its share; the shares sum to 1.

    `adapter` is the number of the adapter in ModelSpec.adapters.
    """

    adapter: int
    weight: float
    pictures: tuple[tuple[str, float], ...]


def constant(value: float) -> CutoutSchedule:
    """Return a schedule of one value."""
    return CutoutSchedule(runs=((value, 1),))


_OVERVIEW, _INNER, _POWER, _GRAY = (constant(value) for value in (4.0, 8.0, 1.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class ClipGuidance:
    """How one picture is guided.

    `scale`, `tv`, `range`, `saturation` and `init` are the weights of the losses; 0 leaves one out. `clamp` limits the
    pull (in deviations of the latents). `start` and `end` are shares of the steps. Each step cuts out `batches` times
    `overview` windows of the whole picture and `inner` ones from within (see cutouts.Cuts).
    """

    scale: float = 0.0
    tv: float = 0.0
    range: float = 0.0
    saturation: float = 0.0
    init: float = 0.0
    clamp: float = 0.2
    batches: int = 1
    start: float = 0.0
    end: float = 1.0
    overview: CutoutSchedule = _OVERVIEW
    inner: CutoutSchedule = _INNER
    power: CutoutSchedule = _POWER
    gray: CutoutSchedule = _GRAY
    augmented: bool = True

    @property
    def on(self) -> bool:
        """Whether any loss has a weight."""
        return any((self.scale, self.tv, self.range, self.saturation, self.init))

    def works(self, index: int, count: int) -> bool:
        """Tell whether the step `index` of `count` is guided."""
        return self.start <= index / count < self.end


@dataclass(frozen=True, kw_only=True)
class Control:
    """One ControlNet in one painting.

    `number` is its place among the model's. `picture` (1, 3, H, W) RGB in [0, 1] is its input. It acts with `weight` in
    the steps between the shares `start` and `end` of all. `mode` "prompt" weakens its outer layers; "control" does that
    too, and leaves the negative prompt alone, so that guidance strengthens it. Both are for UNets.
    """

    number: int
    picture: Tensor
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    mode: Mode = "balanced"

    def acts(self, index: int, count: int) -> bool:
        """Tell whether it acts in step `index` of `count`."""
        outside = index / count < self.start or (index + 1) / count > self.end
        return self.weight != 0 and not outside


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What a frame is painted on.

    `picture` is (1, 3, H, W) RGB in [0, 1], None for a frame from noise alone. `hole` (1, 1, H, W) in [0, 1] says how
    much of the reveal strength each pixel gets in place of the strength. `controls` are the inputs of ControlNets.
    `version` tells several pictures of one frame apart: each has its own noise, 0 the frame's.
    """

    picture: Tensor | None = None
    hole: Tensor | None = None
    controls: Sequence[Control] = ()
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class PaintJob:
    """All that one picture depends on besides the model and the canvas.

    `size` is (width, height) in pixels. `reveal_strength` is the strength where the canvas' hole is 1. `lora_weights`
    has a weight for each of ModelSpec.loras. `clip_guidance` is None where nothing guides.
    """

    frame: int
    size: tuple[int, int]
    seed: int
    prompt: FramePrompt
    sampling: Sampling = field(default_factory=Sampling)
    reveal_strength: float = 0.0
    travel: Travel | None = None
    lora_weights: tuple[float, ...] = ()
    image_prompts: tuple[ImagePrompt, ...] = ()
    clip_guidance: ClipGuidance | None = None


def model_inputs(spec: ModelSpec, job: PaintJob) -> dict[str, Hashable]:
    """What a job's picture depends on of the model, for a frame's key: the digests of what does something.

    A LoRA of weight 0 and a word that the prompt does not have do nothing. The job itself is the rest of the key.
    """
    words = {word.lower(): file.digest for word, file in spec.embeddings}
    texts = [share.text for part in job.prompt.parts for share in part.mix]
    texts += [share.text for share in job.prompt.negative]
    guidance = job.clip_guidance
    return {
        "model": spec.source.fingerprint or spec.source.name,
        "max_embedded_scale": spec.source.defaults.max_embedded_scale,
        "vae": spec.vae.digest if spec.vae else None,
        "loras": tuple(
            file.digest for file, weight in zip(spec.loras, job.lora_weights, strict=True) if weight
        ),
        "adapters": tuple(spec.adapters[prompt.adapter].digest for prompt in job.image_prompts),
        "embeddings": tuple((word, words[word]) for word in words_in(texts, [*words])),
        "clip_models": tuple(found.digest for found in spec.clip_models if guidance and guidance.scale),
        "clip_decoder": spec.clip_decoder.digest if guidance and spec.clip_decoder else None,
    }


def version_seed(seed: int, version: int) -> int:
    """Return the seed of another picture of the same frame; version 0 has the frame's own."""
    if version == 0:
        return seed
    label = f"{seed}/{version}/version"
    return int.from_bytes(blake2b(label.encode(), digest_size=4).digest(), "little")
