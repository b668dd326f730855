"""Encode the painted set once: latents.npy, float16 (N, C, 16, 16), scaled to unit deviation.

What is cached is the latent times `scaling_factor` = 1 / std of the first thousand pictures; the factor goes
into the shipped VAE's config, as in every Stable Diffusion VAE. Mirrored pictures are encoded too: they double the set
for the price of encoding. `--count` pictures are enough to start the diffusion's training.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .autoencoder import load_trained
from .data import load_set


@torch.inference_mode()
def encode(folder: Path, count: int | None = None, batch: int = 32) -> None:
    """Write latents.npy (pictures, then their mirror images) and latents.json (the scaling factor)."""
    pictures, _ = load_set(folder / "train")
    pictures = pictures[:count]
    inside = load_trained(folder, "inside")
    out: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for first in range(0, len(pictures), batch):
        picture = torch.from_numpy(np.ascontiguousarray(pictures[first : first + batch]))
        half = F.avg_pool2d(picture.permute(0, 3, 1, 2).float() / 127.5 - 1.0, 2)
        for mirrored in out:
            with torch.autocast("cpu", torch.bfloat16):
                latents = inside.encode(half.flip(3) if mirrored else half)
            out[mirrored].append(latents.numpy())
        if first % (batch * 20) == 0:
            print(f"encoded {first} of {len(pictures)}", flush=True)
    both = np.concatenate([*out[False], *out[True]])
    factor = float(1.0 / both[:1000].std())
    np.save(folder / "latents.npy", (both * factor).astype(np.float16))
    (folder / "latents.json").write_text(json.dumps({"scaling_factor": factor, "pictures": len(pictures)}))


def main() -> None:
    """Command line: python -m training.sketch.latents runs/sketch."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=None)
    args = parser.parse_args()
    encode(args.folder, args.count)


if __name__ == "__main__":
    main()
