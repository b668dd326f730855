"""IP-Adapters in a loaded model: beside its attention to the prompt, with a weight for every painting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from render.assets.files import read_json
from render.assets.loading import loading
from render.diffusion.adapters.files import AdapterFile

PROCESSOR = "preprocessor_config.json"
_MEAN = (0.48145466, 0.4578275, 0.40821073)  # CLIP's, where the encoder's own are not said
_SPREAD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """A picture encoder, and what of it an adapter reads (see AdapterFile)."""

    encoder: Any
    whole: bool
    mean: tuple[float, ...] = _MEAN
    spread: tuple[float, ...] = _SPREAD

    @property
    def side(self) -> int:
        """The side of the squares it looks at, pixels."""
        return int(self.encoder.config.image_size)

    def look(self, pictures: Tensor) -> Tensor:
        """Return the embeddings of pictures (B, 3, side, side) in [0, 1]: (B, 1, D), or (B, 1, parts, D)."""
        mean, spread = (torch.tensor(given).view(3, 1, 1) for given in (self.mean, self.spread))
        return self._seen((pictures.cpu() - mean) / spread)

    def blank(self) -> Tensor:
        """Return what stands for no picture, (1, 1, ...): zeros, or what is seen where there is nothing."""
        nothing = self._seen(torch.zeros(1, 3, self.side, self.side))
        return torch.zeros_like(nothing) if self.whole else nothing

    def _seen(self, pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            given = pixels.to(self.encoder.device, self.encoder.dtype)
            seen = self.encoder(given, output_hidden_states=not self.whole)
            found: Tensor = seen.image_embeds if self.whole else seen.hidden_states[-2]
        return found[:, None]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What an adapter is shown in one painting: the adapter's `number`, a picture's `embedding` (B, 1, ...), or a mix
    of several, and its `weight`.
    """

    number: int
    embedding: Tensor
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Adapters:
    """The IP-Adapters of a model: their picture encoders, and the layers of the denoiser that hear them."""

    eyes: tuple[Eyes, ...] = ()
    layers: tuple[Any, ...] = ()

    def heard(
        self, looks: Sequence[Look], conditions: Mapping[str, Any], *, owners: Tensor, negatives: int
    ) -> dict[str, Any]:
        """Return the denoiser's `conditions` with the adapters' embeddings, and give the adapters their weights.

        Row i is of the chain `owners[i]`; the first `negatives` rows are shown nothing. With weight 0 the answer is
        that of the model alone, bit for bit. Raises ValueError for a look at an adapter that is not there.
        """
        if any(not 0 <= look.number < len(self.eyes) for look in looks):
            raise ValueError(f"the model has {len(self.eyes)} IP-Adapters; a look is numbered otherwise")
        if not self.eyes:
            return dict(conditions)
        known = {look.number: look for look in looks}
        for layer in self.layers:
            layer.scale = [known[n].weight if n in known else 0.0 for n in range(len(self.eyes))]
        like = conditions["encoder_hidden_states"]
        shown = []
        for number, eyes in enumerate(self.eyes):
            blank = eyes.blank().to(like)
            seen = (
                known[number].embedding.to(like)
                if number in known
                else blank.expand(len(owners), *blank.shape[1:])
            )
            none = blank.expand(negatives, *blank.shape[1:])
            shown.append(torch.cat([none, seen[owners[negatives:]]]))
        return {
            **conditions,
            "added_cond_kwargs": {**conditions.get("added_cond_kwargs", {}), "image_embeds": shown},
        }


def attach_adapters(
    denoiser: Any, files: Sequence[AdapterFile], *, device: torch.device, dtype: torch.dtype
) -> Adapters:
    """Put IP-Adapters into a UNet. Raises EnvironmentFault for one that does not fit, or cannot be read."""
    if not files:
        return Adapters()
    encoders: dict[str, Any] = {}
    eyes = []
    for file in files:
        place = str(file.encoder.resolve())
        if place not in encoders:
            with loading(f'the image encoder of IP-Adapter "{file.name}" ({file.encoder})'):
                encoders[place] = _encoder(file, dtype).to(device)
        said = read_json(file.encoder / PROCESSOR) if (file.encoder / PROCESSOR).is_file() else {}
        mean, spread = said.get("image_mean", _MEAN), said.get("image_std", _SPREAD)
        eyes.append(Eyes(encoder=encoders[place], whole=file.whole, mean=tuple(mean), spread=tuple(spread)))
    names = " and ".join(f'"{file.name}"' for file in files)
    with loading(f"IP-Adapter {names}", "Use one that was trained on this family."):
        denoiser._load_ip_adapter_weights([_state(file) for file in files], low_cpu_mem_usage=False)
    denoiser.to(device).eval().requires_grad_(False)
    layers = [layer for layer in denoiser.attn_processors.values() if hasattr(layer, "to_k_ip")]
    return Adapters(eyes=tuple(eyes), layers=tuple(layers))


def _encoder(file: AdapterFile, dtype: torch.dtype) -> Any:
    kind = import_module("transformers").CLIPVisionModelWithProjection
    found = kind.from_pretrained(str(file.encoder), dtype=dtype, use_safetensors=True, local_files_only=True)
    return found.eval().requires_grad_(False)


def _state(file: AdapterFile) -> dict[str, dict[str, Tensor]]:
    """Return an adapter's tensors in the two groups that diffusers wants them in."""
    state: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for name, tensor in load_file(file.path).items():
        group, _, rest = name.partition(".")
        if group in state:
            state[group][rest] = tensor
    return state
