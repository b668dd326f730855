"""Train the picture autoencoder: 256 px to 16x16 latents, from the inside out.

The shape is AutoencoderTiny's (TAESD): no normalisation, so that absolute colour survives from the first step on;
with GroupNorm the same time gave grey fog (training/README.md). A factor of 16 learned at once is slow: the outer
layers cost most and the bottleneck sees their noise. So:

1. inside: the part between the picture at half size and the latents, on crops of 32 px (64 px of the picture). The
   outer encoder layers are not trained at all: they are set, exactly, to "halve the picture and mix its colours".
2. outside: all of it but those two layers, at full size, on whole pictures. After it the encoder is fixed, and latents
   can be cached and diffused in.

Loss: L1 of the picture and of its gradients at three scales (edges count). The latents get a little noise, as diffusion
will leave them, and pay for being large, which keeps them smooth enough to diffuse in. Outside, local texture counts
as well (texture.py), and the finest gradients less: where each stroke lies the latents cannot say.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from . import checkpoint, loop, team
from .data import load_set
from .texture import texture_loss

ENCODER, DECODER, LATENTS = 48, 64, 12
NOISE, PRICE = 0.12, 1e-3
TEXTURE, FINEST = 2.0, 0.2


def make() -> AutoencoderTiny:
    """The autoencoder, untrained: a factor of 16, no blocks where the picture is large."""
    model = AutoencoderTiny(
        encoder_block_out_channels=(ENCODER,) * 5,
        decoder_block_out_channels=(DECODER,) * 5,
        num_encoder_blocks=(0, 1, 2, 3, 3),
        num_decoder_blocks=(3, 3, 2, 1, 0),
        latent_channels=LATENTS,
    )
    set_outer_encoder(model, torch.randn(ENCODER, 3) * 0.6)
    return model


@torch.no_grad()
def set_outer_encoder(model: AutoencoderTiny, mixing: Tensor) -> None:
    """Make the encoder's first two layers compute mixing (C, 3) @ average_pool(picture, 2), exactly.

    The first convolution carries RGB through; the second, strided and padded by one, averages 2 x 2 pixels (its taps 1
    and 2 both ways) and mixes the colours.
    """
    carry, halve = model.encoder.layers[0], model.encoder.layers[1]
    carry.weight.zero_()
    carry.bias.zero_()
    for color in range(3):
        carry.weight[color, color, 1, 1] = 1.0
    halve.weight.zero_()
    halve.weight[:, :3, 1:, 1:] = 0.25 * mixing[:, :, None, None]
    carry.requires_grad_(False)
    halve.requires_grad_(False)


class Inside(nn.Module):
    """The autoencoder between the half-size picture and the latents, with a makeshift way out."""

    def __init__(self, model: AutoencoderTiny) -> None:
        super().__init__()
        self.model = model
        self.out = nn.Conv2d(DECODER, 3, 3, padding=1)

    def encode(self, half: Tensor) -> Tensor:
        """Latents (B, C, h/8, w/8) of half-size pictures (B, 3, h, w) in [-1, 1]."""
        layers = self.model.encoder.layers
        mixing = layers[1].weight[:, :3, 1, 1] * 4.0
        latents: Tensor = layers[2:](F.conv2d(half * 0.5 + 0.5, mixing[:, :, None, None]))
        return latents.float()

    def decode(self, latents: Tensor) -> Tensor:
        """Half-size pictures in [-1, 1] from latents."""
        out: Tensor = self.out(self.model.decoder.layers[:-3](torch.tanh(latents / 3) * 3))
        return out * 2 - 1


@torch.no_grad()
def set_outer_decoder(inside: Inside) -> None:
    """Start the decoder's last two layers from the makeshift way out: the first carries through, the second mixes.

    After nearest-neighbour doubling that is the half-size picture again, a little softer: part 2 starts from it.
    """
    carry, mix = inside.model.decoder.layers[-2], inside.model.decoder.layers[-1]
    carry.weight.zero_()
    carry.weight[:, :, 1, 1] = torch.eye(DECODER)
    mix.weight.copy_(inside.out.weight)
    mix.bias.copy_(inside.out.bias)


def crops(pictures: NDArray[np.uint8], rng: np.random.Generator, batch: int, side: int) -> Tensor:
    """Random crops (batch, 3, side, side) in [-1, 1], half of them mirrored; at even places, as halving sees them."""
    out = np.empty((batch, side, side, 3), np.uint8)
    for row in range(batch):
        index = int(rng.integers(len(pictures)))
        y, x = 2 * rng.integers(0, (pictures.shape[1] - side) // 2 + 1, 2)
        crop = pictures[index, y : y + side, x : x + side]
        out[row] = crop[:, ::-1] if rng.random() < 0.5 else crop
    return torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def picture_loss(made: Tensor, true: Tensor, finest: float = 0.7) -> Tensor:
    """L1 of values and of horizontal and vertical gradients, at scales 1 (weighed by `finest`), 1/2 and 1/4."""
    total = (made - true).abs().mean()
    for scale, weight in enumerate((finest, 0.7, 0.7)):
        if scale:
            made, true = F.avg_pool2d(made, 2), F.avg_pool2d(true, 2)
        error = made - true
        total = total + weight * (error[..., 1:] - error[..., :-1]).abs().mean()
        total = total + weight * (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return total


def inside_loss(inside: Inside, pictures: NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """One batch of part 1."""
    half = F.avg_pool2d(crops(pictures, rng, 16, 64), 2)
    with torch.autocast("cpu", torch.bfloat16):
        latents = inside.encode(half)
        made = inside.decode(latents + NOISE * torch.randn_like(latents))
    return picture_loss(made.float(), half) + PRICE * latents.square().mean()


def outside_loss(inside: Inside, pictures: NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """One batch of part 2, whole pictures as they will be seen: in a crop half of what inner layers see is border."""
    true = crops(pictures, rng, 2, pictures.shape[1]).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        latents = inside.encode(F.avg_pool2d(true, 2))
        made = inside.model.decode(latents + NOISE * torch.randn_like(latents)).sample
        texture = texture_loss(made, true)
    return picture_loss(made.float(), true, FINEST) + TEXTURE * texture + PRICE * latents.square().mean()


LOSSES = {"inside": inside_loss, "outside": outside_loss}
PEAKS = {"inside": 1e-3, "outside": 4e-4}


def train(folder: Path, part: str, minutes: float) -> None:
    """Train a part for `minutes` in all, into inside.pt or outside.pt of the folder, with a sample sheet beside."""
    torch.manual_seed(0)
    pictures, _ = load_set(folder / "train")
    inside = Inside(make())
    if part == "outside":
        inside = load_trained(folder, "inside")
        set_outer_decoder(inside)
        inside.model.encoder.layers[2:].requires_grad_(True)
        inside.model.decoder.requires_grad_(True)
    inside.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # 1.3 times as fast on a CPU
    loop.train(
        inside,
        lambda rng: LOSSES[part](inside, pictures, rng),
        path=folder / f"{part}.pt",
        minutes=minutes,
        peak=PEAKS[part],
        decay=0.998,
        on_save=lambda average: sheet(average, pictures, folder / f"{part}.png", half=part == "inside"),
    )


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
    latents = inside.encode(small)
    made = inside.decode(latents) if half else inside.model.decode(latents).sample
    shown = small if half else true
    both = torch.cat([torch.cat(list(shown), 2), torch.cat(list(made), 2)], 1)
    pixels = ((both.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(out)


def main() -> None:
    """Command line: python -m training.sketch.autoencoder runs/sketch inside --minutes 12, then outside."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("part", choices=tuple(LOSSES))
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.part, args.minutes)


if __name__ == "__main__":
    main()
