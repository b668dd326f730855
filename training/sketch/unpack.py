"""Go on from shipped weights: the reverse of packaging.

Writes a run folder's checkpoints from a model folder, so that a training can be continued where no checkpoint was kept.
The optimizers start anew, and the time is counted from 0. The paintings and their latents have to be made again.
"""

import argparse
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from torch import nn

from . import checkpoint
from .autoencoder import Inside
from .text_to_image import TextToImage


def unpack(model: Path, run: Path) -> None:
    """Write tokenizer/, outside.pt and text_to_image.pt into `run` from the diffusers folder `model`."""
    parts = StableDiffusionPipeline.from_pretrained(model, safety_checker=None, local_files_only=True)
    parts.tokenizer.save_pretrained(run / "tokenizer")
    both = TextToImage(parts.tokenizer)
    both.text_encoder.load_state_dict(parts.text_encoder.state_dict())
    both.unet.load_state_dict(parts.unet.state_dict())
    _save(run / "text_to_image.pt", both)
    _save(run / "outside.pt", Inside(parts.vae.to(torch.float32)))


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
