"""Train the picture autoencoder: 256 px to 16x16 latents, on crops (64 px first, larger ones at the end).

Small crops give many times the steps of whole pictures; the last part uses larger ones because GroupNorm's
statistics depend on the size of what it sees. Loss: L1 on the picture and on its gradients at three scales
(edges count), plus a light KL term that keeps the latents smooth enough to diffuse in.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image

from . import checkpoint
from .data import load_set

CHANNELS = (16, 32, 64, 128, 192)
LATENTS = 12


def make() -> AutoencoderKL:
    """The autoencoder, untrained: a factor of 16, narrow where the picture is large."""
    depth = len(CHANNELS)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=8,
        sample_size=256,
        mid_block_add_attention=False,
    )


def crops(pictures: NDArray[np.uint8], rng: np.random.Generator, batch: int, side: int) -> torch.Tensor:
    """Random crops (batch, 3, side, side) in [-1, 1], half of them mirrored."""
    out = np.empty((batch, side, side, 3), np.uint8)
    for row in range(batch):
        index = int(rng.integers(len(pictures)))
        y, x = rng.integers(0, pictures.shape[1] - side + 1, 2)
        crop = pictures[index, y : y + side, x : x + side]
        out[row] = crop[:, ::-1] if rng.random() < 0.5 else crop
    return torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def picture_loss(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """L1 of values and of horizontal and vertical gradients, at scales 1, 1/2 and 1/4."""
    total = (made - true).abs().mean()
    for scale in range(3):
        if scale:
            made, true = F.avg_pool2d(made, 2), F.avg_pool2d(true, 2)
        error = made - true
        total = total + 0.7 * (error[..., 1:] - error[..., :-1]).abs().mean()
        total = total + 0.7 * (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return total


def forward(model: AutoencoderKL, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What a sampled latent decodes to, and the latent's mean and log variance."""
    with torch.autocast("cpu", torch.bfloat16):
        posterior = model.encode(picture).latent_dist
        noise = torch.randn_like(posterior.mean)
        made = model.decode(posterior.mean + posterior.std * noise).sample
    return made, posterior.mean.float(), posterior.logvar.float()


def train(pictures: NDArray[np.uint8], folder: Path, minutes: float, kl: float = 1e-4) -> AutoencoderKL:
    """Train for `minutes` in all (restarts continue); checkpoints every 2 minutes, a sample sheet with each."""
    torch.manual_seed(0)
    model = make()
    average = checkpoint.Average(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=1e-3)
    step, spent = 0, 0.0
    if state := checkpoint.load(folder / "autoencoder.pt"):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.weights, step, spent = state["average"], state["step"], state["spent"]
    budget = checkpoint.Budget(minutes, spent)
    rng = np.random.default_rng(step)
    saved = budget.spent
    threads = checkpoint.Threads()
    while budget.share < 1.0:
        threads.step()
        side, batch = (64, 16) if budget.share < 0.75 else (128, 5)
        for group in optimizer.param_groups:
            group["lr"] = checkpoint.rate(budget, step, 1e-3)
        true = crops(pictures, rng, batch, side)
        made, mean, logvar = forward(model, true)
        error = picture_loss(made.float(), true)
        spread = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean()
        loss = (
            error + kl * min(1.0, step / 1500) * spread
        )  # from the start at full weight it empties the latents
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model, step)
        step += 1
        if step % 50 == 0:
            print(
                f"{budget.spent:.0f}s step {step} loss {error.item():.4f} kl {spread.item():.3f}", flush=True
            )
        if budget.spent - saved > 120 or budget.share >= 1.0:
            saved = budget.spent
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average.weights,
            }
            checkpoint.save(folder / "autoencoder.pt", {**state, "step": step, "spent": budget.spent})
            sheet(averaged(average), pictures, folder / "autoencoder.png")
    return averaged(average)


def averaged(average: checkpoint.Average) -> AutoencoderKL:
    """The autoencoder with the averaged weights, for use."""
    model = make()
    model.load_state_dict(average.weights)
    return model.eval().requires_grad_(False)


@torch.inference_mode()
def sheet(model: AutoencoderKL, pictures: NDArray[np.uint8], out: Path) -> None:
    """Six pictures above what the autoencoder makes of them."""
    true = torch.from_numpy(np.stack([pictures[i] for i in range(6)])).permute(0, 3, 1, 2) / 127.5 - 1.0
    made = model.decode(model.encode(true).latent_dist.mode()).sample
    both = torch.cat([torch.cat(list(true), 2), torch.cat(list(made), 2)], 1)
    pixels = ((both.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(out)


def main() -> None:
    """Command line: python -m training.sketch.autoencoder runs/sketch --minutes 35."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=35.0)
    args = parser.parse_args()
    pictures, _ = load_set(args.folder / "train")
    train(pictures, args.folder, args.minutes)


if __name__ == "__main__":
    main()
