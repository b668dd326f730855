"""Train the picture autoencoder: 256 px to 16x16 latents, from the inside out.

A factor of 16 learned at once is slow: the outer layers cost most and the bottleneck sees their noise. So:

1. inside: the part between the picture at half size and the latents, on crops of 32 px (64 px of the picture). The
   outer encoder layer is not trained at all: it is set, exactly, to "halve the picture and mix its colours".
2. outside: the encoder is now fixed, so latents can be cached and diffused in; the decoder learns to paint the whole
   size from them, on larger crops (GroupNorm's statistics depend on how much it sees).

Loss: L1 of the picture and of its gradients at three scales (edges count), plus a light KL term that keeps the latents
smooth enough to diffuse in.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from . import checkpoint
from .data import load_set

CHANNELS = (16, 32, 64, 128, 192)
LATENTS = 12
KL = 1e-4


def make() -> AutoencoderKL:
    """The autoencoder, untrained: a factor of 16, narrow where the picture is large."""
    depth = len(CHANNELS)
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=8,
        sample_size=256,
        mid_block_add_attention=False,
    )
    set_outer_encoder(model, torch.randn(CHANNELS[0], 3) * 0.6)
    return model


@torch.no_grad()
def set_outer_encoder(model: AutoencoderKL, mixing: Tensor) -> None:
    """Make the encoder's first level compute mixing (C, 3) @ average_pool(picture, 2), exactly.

    conv_in carries RGB through, the residual block adds nothing, and the strided convolution (padded right and below
    only) averages 2 x 2 pixels and mixes the colours.
    """
    conv_in, level = model.encoder.conv_in, model.encoder.down_blocks[0]
    conv_in.weight.zero_()
    conv_in.bias.zero_()
    for color in range(3):
        conv_in.weight[color, color, 1, 1] = 1.0
    for resnet in level.resnets:
        resnet.conv2.weight.zero_()
        resnet.conv2.bias.zero_()
    halve = level.downsamplers[0].conv
    halve.weight.zero_()
    halve.bias.zero_()
    halve.weight[:, :3, :2, :2] = 0.25 * mixing[:, :, None, None]


class Inside(nn.Module):
    """The autoencoder between the half-size picture and the latents, with a makeshift way out."""

    def __init__(self, model: AutoencoderKL) -> None:
        super().__init__()
        self.model = model
        self.out = nn.Conv2d(CHANNELS[1], 3, 3, padding=1)

    def encode(self, half: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latents of half-size pictures (B, 3, h, w) in [-1, 1]."""
        encoder = self.model.encoder
        mixing = encoder.down_blocks[0].downsamplers[0].conv.weight[:, :3, 0, 0].detach() * 4.0
        x = torch.einsum("oc,bchw->bohw", mixing, half)
        for level in encoder.down_blocks[1:]:
            x = level(x)
        x = encoder.conv_out(F.silu(encoder.conv_norm_out(encoder.mid_block(x))))
        mean, logvar = self.model.quant_conv(x).chunk(2, 1)
        return mean.float(), logvar.float().clamp(-30, 20)

    def decode(self, latents: Tensor) -> Tensor:
        """Half-size pictures from latents."""
        decoder = self.model.decoder
        x = decoder.mid_block(decoder.conv_in(self.model.post_quant_conv(latents)))
        for level in decoder.up_blocks[:3]:
            x = level(x)
        for resnet in decoder.up_blocks[3].resnets:
            x = resnet(x, None)
        out: Tensor = self.out(F.silu(x))
        return out


def crops(pictures: NDArray[np.uint8], rng: np.random.Generator, batch: int, side: int) -> Tensor:
    """Random crops (batch, 3, side, side) in [-1, 1], half of them mirrored; at even places, as halving sees them."""
    out = np.empty((batch, side, side, 3), np.uint8)
    for row in range(batch):
        index = int(rng.integers(len(pictures)))
        y, x = 2 * rng.integers(0, (pictures.shape[1] - side) // 2 + 1, 2)
        crop = pictures[index, y : y + side, x : x + side]
        out[row] = crop[:, ::-1] if rng.random() < 0.5 else crop
    return torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def picture_loss(made: Tensor, true: Tensor) -> Tensor:
    """L1 of values and of horizontal and vertical gradients, at scales 1, 1/2 and 1/4."""
    total = (made - true).abs().mean()
    for scale in range(3):
        if scale:
            made, true = F.avg_pool2d(made, 2), F.avg_pool2d(true, 2)
        error = made - true
        total = total + 0.7 * (error[..., 1:] - error[..., :-1]).abs().mean()
        total = total + 0.7 * (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return total


def inside_loss(inside: Inside, pictures: NDArray[np.uint8], rng: np.random.Generator, step: int) -> Tensor:
    """One batch of part 1. The KL term comes in slowly: at full weight from the start it empties the latents."""
    half = F.avg_pool2d(crops(pictures, rng, 24, 64), 2)
    with torch.autocast("cpu", torch.bfloat16):
        mean, logvar = inside.encode(half)
        made = inside.decode(mean + torch.exp(0.5 * logvar) * torch.randn_like(mean))
    spread = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean()
    return picture_loss(made.float(), half) + KL * min(1.0, step / 1000) * spread


def outside_loss(inside: Inside, pictures: NDArray[np.uint8], rng: np.random.Generator, share: float) -> Tensor:
    """One batch of part 2: the whole decoder from fixed latents, lightly noised as the diffusion will leave them."""
    side, batch = (64, 16) if share < 0.6 else (128, 4)
    true = crops(pictures, rng, batch, side)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            mean, logvar = inside.encode(F.avg_pool2d(true, 2))
        noise = torch.exp(0.5 * logvar) * torch.randn_like(mean)
        made = inside.model.decode(mean + noise).sample
    return picture_loss(made.float(), true)


def train(pictures: NDArray[np.uint8], folder: Path, part: str, minutes: float) -> None:
    """Train a part for `minutes` in all (restarts continue); checkpoints every 2 minutes, a sample sheet with each."""
    torch.manual_seed(0)
    inside = Inside(make())
    if part == "outside":
        before = checkpoint.load(folder / "inside.pt")
        if before is None:
            raise FileNotFoundError(f"{folder / 'inside.pt'}: train the inside first")
        inside.load_state_dict(before["average"])
    average = checkpoint.Average(inside, 0.998)
    trained = inside if part == "inside" else inside.model.decoder
    optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=1e-3)
    step, spent = 0, 0.0
    if state := checkpoint.load(folder / f"{part}.pt"):
        inside.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.weights, step, spent = state["average"], state["step"], state["spent"]
    budget, rng, threads = checkpoint.Budget(minutes, spent), np.random.default_rng(step), checkpoint.Threads()
    saved, losses = budget.spent, []
    while budget.share < 1.0:
        threads.step()
        for group in optimizer.param_groups:
            group["lr"] = checkpoint.rate(budget, step, 1e-3 if part == "inside" else 7e-4)
        loss = (
            inside_loss(inside, pictures, rng, step)
            if part == "inside"
            else outside_loss(inside, pictures, rng, budget.share)
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        optimizer.step()
        average.update(inside, step)
        step += 1
        losses.append(loss.item())
        if step % 100 == 0:
            mean = float(np.mean(losses[-100:]))
            print(f"{part} {budget.spent:.0f}s step {step} loss {mean:.4f}", flush=True)
        if budget.spent - saved > 120 or budget.share >= 1.0:
            saved = budget.spent
            state = {"model": inside.state_dict(), "optimizer": optimizer.state_dict(), "average": average.weights}
            checkpoint.save(folder / f"{part}.pt", {**state, "step": step, "spent": budget.spent})
            sheet(average, pictures, folder / f"{part}.png", half=part == "inside")


def load_trained(folder: Path, part: str = "outside") -> Inside:
    """The trained parts with averaged weights, for use."""
    state = checkpoint.load(folder / f"{part}.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / part}.pt: train the {part} first")
    inside = Inside(make())
    inside.load_state_dict(state["average"])
    return inside.eval().requires_grad_(False)


@torch.inference_mode()
def sheet(average: checkpoint.Average, pictures: NDArray[np.uint8], out: Path, *, half: bool) -> None:
    """Six pictures above what the autoencoder makes of them."""
    inside = Inside(make())
    inside.load_state_dict(average.weights)
    true = torch.from_numpy(np.stack([pictures[i] for i in range(6)])).permute(0, 3, 1, 2) / 127.5 - 1.0
    small = F.avg_pool2d(true, 2)
    decode: Callable[[Tensor], Tensor] = inside.decode if half else lambda z: inside.model.decode(z).sample
    made = decode(inside.encode(small)[0])
    shown = small if half else true
    both = torch.cat([torch.cat(list(shown), 2), torch.cat(list(made), 2)], 1)
    pixels = ((both.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(out)


def main() -> None:
    """Command line: python -m training.sketch.autoencoder runs/sketch inside --minutes 12, then outside."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("part", choices=("inside", "outside"))
    parser.add_argument("--minutes", type=float, default=12.0)
    args = parser.parse_args()
    pictures, _ = load_set(args.folder / "train")
    train(pictures, args.folder, args.part, args.minutes)


if __name__ == "__main__":
    main()
