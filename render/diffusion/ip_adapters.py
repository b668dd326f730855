"""IP-Adapters in a loaded model: beside its attention to the prompt, with a weight for each painting.

Pictures as prompts: Ye et al. 2023, arXiv:2308.06721.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from render.assets.loading import loading
from render.diffusion.adapter_file import AdapterFile
from render.diffusion.clipguidance.clip_model import picture_levels


@dataclass(frozen=True, kw_only=True)
class ImageEncoder:
    """A CLIP image encoder, and what of it an adapter reads (see AdapterFile)."""

    encoder: Any
    whole: bool
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    @property
    def side(self) -> int:
        """Side of the squares that it takes, in pixels."""
        return int(self.encoder.config.image_size)

    def embed(self, pictures: Tensor) -> Tensor:
        """Return the embeddings of pictures (B, 3, side, side) in [0, 1]: (B, 1, D), or (B, 1, parts, D)."""
        mean, spread = (torch.tensor(values).view(3, 1, 1) for values in (self.mean, self.spread))
        return self._encoded((pictures.cpu() - mean) / spread)

    def blank(self) -> Tensor:
        """Return the embedding of no picture, (1, 1, ...): zeros, or that of a blank one."""
        nothing = self._encoded(torch.zeros(1, 3, self.side, self.side))
        return torch.zeros_like(nothing) if self.whole else nothing

    def _encoded(self, pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            seen = self.encoder(
                pixels.to(self.encoder.device, self.encoder.dtype), output_hidden_states=not self.whole
            )
            found: Tensor = seen.image_embeds if self.whole else seen.hidden_states[-2]
        return found[:, None]


@dataclass(frozen=True, kw_only=True)
class AdapterInput:
    """What an adapter is shown in one painting: the adapter's `number`, a picture's `embedding` (1, 1, ...), or a mix
    of several, and its `weight`.
    """

    number: int
    embedding: Tensor
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Adapters:
    """The IP-Adapters of a model: their image encoders, and the layers of the denoiser that read them."""

    encoders: tuple[ImageEncoder, ...] = ()
    layers: tuple[Any, ...] = ()

    def conditions(
        self, shown: Sequence[AdapterInput], conditions: Mapping[str, Any], *, negatives: int
    ) -> dict[str, Any]:
        """Return the denoiser's `conditions` with the adapters' embeddings, and give the adapters their weights.

        The first `negatives` of the N rows are shown nothing. With weight 0 the answer is that of the model alone, bit
        for bit. Raises ValueError for the number of an adapter that is not there.
        """
        if any(not 0 <= one.number < len(self.encoders) for one in shown):
            raise ValueError(
                f"the model has {len(self.encoders)} IP-Adapters; one with another number is shown a picture"
            )
        if not self.encoders:
            return dict(conditions)
        by_number = {one.number: one for one in shown}
        weights = [by_number[n].weight if n in by_number else 0.0 for n in range(len(self.encoders))]
        for layer in self.layers:
            layer.scale = list(weights)
        like = conditions["encoder_hidden_states"]
        embeddings = []
        for number, encoder in enumerate(self.encoders):
            blank = encoder.blank().to(like)
            seen = by_number[number].embedding.to(like) if number in by_number else blank
            embeddings.append(torch.cat([blank] * negatives + [seen] * (len(like) - negatives)))
        return {
            **conditions,
            "added_cond_kwargs": {**conditions.get("added_cond_kwargs", {}), "image_embeds": embeddings},
        }


def attach_adapters(
    denoiser: Any, files: Sequence[AdapterFile], *, device: torch.device, dtype: torch.dtype
) -> Adapters:
    """Put IP-Adapters into a UNet. Raises EnvironmentFault for one that does not fit, or cannot be read."""
    if not files:
        return Adapters()
    encoders: dict[str, Any] = {}
    readers = []
    for file in files:
        place = str(file.encoder.resolve())
        if place not in encoders:
            with loading(f'the image encoder of IP-Adapter "{file.name}" ({file.encoder})'):
                encoders[place] = _encoder(file, dtype).to(device)
        mean, spread = picture_levels(file.encoder)
        readers.append(ImageEncoder(encoder=encoders[place], whole=file.whole, mean=mean, spread=spread))
    names = " and ".join(f'"{file.name}"' for file in files)
    with loading(f"IP-Adapter {names}", "Use one that was trained on this family."):
        denoiser._load_ip_adapter_weights([_state(file) for file in files], low_cpu_mem_usage=False)
    denoiser.to(device).eval().requires_grad_(False)
    layers = [layer for layer in denoiser.attn_processors.values() if hasattr(layer, "to_k_ip")]
    return Adapters(encoders=tuple(readers), layers=tuple(layers))


def _encoder(file: AdapterFile, dtype: torch.dtype) -> Any:
    kind = import_module("transformers").CLIPVisionModelWithProjection
    found = kind.from_pretrained(str(file.encoder), dtype=dtype, use_safetensors=True, local_files_only=True)
    return found.eval().requires_grad_(False)


def _state(file: AdapterFile) -> dict[str, dict[str, Tensor]]:
    """Return an adapter's tensors in the two groups that diffusers expects."""
    state: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for name, tensor in load_file(file.path).items():
        group, _, rest = name.partition(".")
        if group in state:
            state[group][rest] = tensor
    return state
