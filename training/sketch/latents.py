"""Encode the painted set once: latents.npy, float16 (N, C, 16, 16), scaled to unit deviation.

The picture is quantised to 8 bits, encoded to the posterior's mean, multiplied by `scaling_factor` = 1 / std of the
first thousand; the factor goes into the shipped VAE's config (as in every Stable Diffusion VAE).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .autoencoder import averaged, make
from .data import load_set


@torch.inference_mode()
def encode(folder: Path, batch: int = 32) -> None:
    """Write latents.npy and latents.json (the scaling factor) beside the set."""
    pictures, _ = load_set(folder / "train")
    state = checkpoint.load(folder / "autoencoder.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'autoencoder.pt'}: train the autoencoder first")
    average = checkpoint.Average(make())
    average.weights = state["average"]
    model = averaged(average)
    out, factor = [], 0.0
    for first in range(0, len(pictures), batch):
        picture = torch.from_numpy(np.ascontiguousarray(pictures[first : first + batch]))
        picture = picture.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        with torch.autocast("cpu", torch.bfloat16):
            mean = model.encode(picture).latent_dist.mean
        out.append(mean.float().numpy())
        if not factor and first >= 1000:
            factor = float(1.0 / np.concatenate(out).std())
        if first % (batch * 40) == 0:
            print(f"encoded {first} of {len(pictures)}", flush=True)
    latents = np.concatenate(out)
    factor = factor or float(1.0 / latents.std())
    np.save(folder / "latents.npy", (latents * factor).astype(np.float16))
    (folder / "latents.json").write_text(json.dumps({"scaling_factor": factor}))


def main() -> None:
    """Command line: python -m training.sketch.latents runs/sketch."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    encode(parser.parse_args().folder)


if __name__ == "__main__":
    main()
