"""CLIP models, loaded: they turn pictures and texts into unit vectors that are near where they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from keyframes.emphasis import parse_emphasis
from keyframes.errors import quoted
from keyframes.prompts import TextShare
from render.assets.files import read_json
from render.assets.find import Asset
from render.assets.loading import load_part, loading

MEAN, SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIP's own


class ClipModel:
    """A CLIPModel (Radford et al. 2021, arXiv:2103.00020) with its tokenizer. mean, spread: of the pictures in [0, 1]
    that it learned from. `notice` is called with texts that are too long for it."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        mean: Sequence[float],
        spread: Sequence[float],
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.model, self.tokenizer, self._notice = model, tokenizer, notice
        self._mean, self._spread = mean, spread
        self._known: dict[str, Tensor] = {}

    @property
    def side(self) -> int:
        """Side in pixels of the squares that it takes."""
        return int(self.model.config.vision_config.image_size)

    def look(self, pictures: Tensor) -> Tensor:
        """Unit vectors (K, D) of pictures (K, 3, side, side), RGB in [-1, 1]; with a gradient where it is asked for."""
        mean = pictures.new_tensor(self._mean).view(3, 1, 1)
        spread = pictures.new_tensor(self._spread).view(3, 1, 1)
        pixels = (pictures * 0.5 + 0.5 - mean) / spread
        seen = self.model.vision_model(pixel_values=pixels.to(self.model.dtype)).pooler_output
        return normalize(self.model.visual_projection(seen), dim=-1)

    def read(self, mix: Sequence[TextShare]) -> Tensor:
        """The unit vector (D,) of a mix of texts: the sum of their unit vectors by their shares, made 1 long."""
        mixed = torch.stack([self._text(text.text) * text.share for text in mix]).sum(0)
        return normalize(mixed, dim=-1)

    def _text(self, text: str) -> Tensor:
        """The unit vector (D,) of one text; its emphasis is taken out, as the model has no place for it."""
        if text not in self._known:
            plain = "".join(piece for piece, _ in parse_emphasis(text)).strip()
            most = int(self.model.config.text_config.max_position_embeddings)
            ids = self.tokenizer([plain], return_tensors="pt").input_ids
            if ids.shape[1] > most:
                if self._notice is not None:
                    self._notice(
                        f"the picture-text model reads {most} tokens: the end of {quoted(plain)} is lost."
                    )
                ids = self.tokenizer([plain], return_tensors="pt", truncation=True, max_length=most).input_ids
            with torch.inference_mode(False), torch.no_grad():  # part of gradients later
                said = self.model.text_model(input_ids=ids.to(self.model.device)).pooler_output
                self._known[text] = normalize(self.model.text_projection(said), dim=-1)[0]
        return self._known[text]


class ClipModels:
    """The models of CLIP guidance on a device: none, or those given, loaded when they are first used.

    `decoder` is an AutoencoderTiny that shows latents in place of the model's VAE.
    """

    def __init__(
        self,
        models: Sequence[Asset] = (),
        decoder: Asset | None = None,
        *,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self._models, self._decoder = models, decoder
        self._device, self._dtype, self._notice = device or torch.device("cpu"), dtype, notice

    @cached_property
    def models(self) -> Sequence[ClipModel]:
        """The CLIP models. Raises EnvironmentFault for one that cannot be loaded."""
        return [load_clip_model(found, self._device, notice=self._notice) for found in self._models]

    @cached_property
    def decoder(self) -> Any:
        """The decoder, None for the model's own VAE. Raises EnvironmentFault if it cannot be loaded."""
        return None if self._decoder is None else load_decoder(self._decoder, self._device, self._dtype)


def load_clip_model(
    found: Asset, device: torch.device, *, notice: Callable[[str], None] | None = None
) -> ClipModel:
    """Load a CLIP model in float32. Raises EnvironmentFault where transformers cannot read it."""
    from transformers import AutoTokenizer, CLIPModel

    # weights made in inference mode cannot be part of a gradient
    with loading(str(found)), torch.inference_mode(False):
        model = CLIPModel.from_pretrained(
            str(found.path), dtype=torch.float32, use_safetensors=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(str(found.path), local_files_only=True)
        moved: Any = model.to(device).eval().requires_grad_(False)
    mean, spread = picture_levels(found.path)
    return ClipModel(moved, tokenizer, mean=mean, spread=spread, notice=notice)


def load_decoder(found: Asset, device: torch.device, dtype: torch.dtype) -> Any:
    """Load a decoder. Raises EnvironmentFault where diffusers cannot read it."""
    with torch.inference_mode(False):  # see load_clip_model
        return load_part(found, dtype).to(device).eval().requires_grad_(False)


def picture_levels(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and spread of pictures in the config of a folder's processor; CLIP's own where it has none."""
    config = read_json(folder / "preprocessor_config.json")
    if not config:
        config = dict(read_json(folder / "processor_config.json").get("image_processor") or {})
    return tuple(config.get("image_mean", MEAN)), tuple(config.get("image_std", SPREAD))
