"""A picture-text model, loaded: it turns pictures and texts into unit vectors that are near where they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from keyframes.emphasis import parse_emphasis
from keyframes.errors import quoted
from keyframes.prompts import TextShare
from render.assets.files import read_json
from render.assets.find import Asset
from render.assets.loading import loading
from render.diffusion.vaes import load_vae

_MEAN, _SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIP's own


class PictureText:
    """A CLIPModel (Radford et al. 2021, arXiv:2103.00020) with its tokenizer. mean, spread: of the pictures in [0, 1]
    that it learned from. `tell` is told of texts that it cannot read to the end."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        mean: Sequence[float] = _MEAN,
        spread: Sequence[float] = _SPREAD,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.model, self.tokenizer, self._tell = model, tokenizer, tell
        self._mean, self._spread = tuple(mean), tuple(spread)
        self._known: dict[str, Tensor] = {}

    @property
    def side(self) -> int:
        """Side in pixels of the squares that it looks at."""
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
                if self._tell is not None:
                    self._tell(
                        f"the picture-text model reads {most} tokens: the end of {quoted(plain)} is lost."
                    )
                ids = self.tokenizer([plain], return_tensors="pt", truncation=True, max_length=most).input_ids
            with torch.inference_mode(False), torch.no_grad():  # part of gradients later
                said = self.model.text_model(input_ids=ids.to(self.model.device)).pooler_output
                self._known[text] = normalize(self.model.text_projection(said), dim=-1)[0]
        return self._known[text]


def load_picture_text(
    found: Asset, device: torch.device, *, tell: Callable[[str], None] | None = None
) -> PictureText:
    """Load a CLIP model in float32. Raises EnvironmentFault where transformers cannot read it."""
    from transformers import AutoTokenizer, CLIPModel

    with (
        loading(str(found)),
        torch.inference_mode(False),
    ):  # weights made in that mode cannot be part of a gradient
        model = CLIPModel.from_pretrained(
            str(found.path), dtype=torch.float32, use_safetensors=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(str(found.path), local_files_only=True)
        moved: Any = model.to(device).eval().requires_grad_(False)
    mean, spread = _levels(found)
    return PictureText(moved, tokenizer, mean=mean, spread=spread, tell=tell)


def load_decoder(found: Asset, device: torch.device, dtype: torch.dtype) -> Any:
    """Load a decoder. Raises EnvironmentFault where diffusers cannot read it."""
    with torch.inference_mode(False):  # see load_picture_text
        return load_vae(found, dtype).to(device).eval().requires_grad_(False)


def _levels(found: Asset) -> tuple[Sequence[float], Sequence[float]]:
    """The mean and spread that its processor's config says; CLIP's own where it says nothing."""
    told = read_json(found.path / "preprocessor_config.json")
    if not told:
        told = dict(read_json(found.path / "processor_config.json").get("image_processor") or {})
    return told.get("image_mean", _MEAN), told.get("image_std", _SPREAD)
