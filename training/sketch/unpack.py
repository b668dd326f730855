"""Go on from shipped weights: the reverse of packaging.

Writes a run folder's checkpoints from a model folder, so that a training can be continued where no checkpoint was kept.
The optimizers start anew, and the time is counted from 0. The paintings and their latents have to be made again.

Where the run folder holds a set of another world than the model's words are for, the run gets a tokenizer of its own,
and everything but the tokens' own vectors is taken over: a training that starts so is ahead of one from nothing.
What ships guides itself; what is unpacked answers without guidance, as its teacher did.
"""

import argparse
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor, nn

from render.diffusion.guidance import guidance_embedding

from . import checkpoint
from .autoencoder import Inside
from .data import world_of
from .text_to_image import TextToImage, get_tokenizer


def unpack(model: Path, run: Path) -> None:
    """Write tokenizer/, inside.pt, outside.pt and text_to_image.pt into `run` from the diffusers folder `model`."""
    parts = StableDiffusionPipeline.from_pretrained(model, safety_checker=None, local_files_only=True)
    words = parts.text_encoder.state_dict()
    if world_of(run / "train") is None:
        parts.tokenizer.save_pretrained(run / "tokenizer")
    tokenizer = get_tokenizer(run)
    if tokenizer.get_vocab() != parts.tokenizer.get_vocab():
        words = {name: value for name, value in words.items() if not name.endswith("token_embedding.weight")}
    both = TextToImage(tokenizer)
    both.text_encoder.load_state_dict(words, strict=False)
    both.unet.load_state_dict(untold(parts.unet))
    _save(run / "text_to_image.pt", both)
    for part in ("inside", "outside"):
        _save(run / f"{part}.pt", Inside(parts.vae.to(torch.float32)))


def untold(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """The weights of a UNet; of one that is told its guidance scale, those of one that is always told 1."""
    weights = dict(unet.float().state_dict())
    told = weights.pop("time_embedding.cond_proj.weight", None)
    if told is not None:
        heard = weights["time_embedding.linear_1.weight"] @ told @ guidance_embedding([1.0], told.shape[1])[0]
        weights["time_embedding.linear_1.bias"] = weights["time_embedding.linear_1.bias"] + heard
    return weights


def _save(path: Path, module: nn.Module) -> None:
    weights = module.float().state_dict()
    checkpoint.save(path, {"model": weights, "average": weights, "step": 0, "spent": 0.0})


def main() -> None:
    """Command line: python -m training.sketch.unpack render/models/sketch runs/sketch."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    unpack(args.model, args.run)


if __name__ == "__main__":
    main()
