"""Teach the decoder strokes: the autoencoder's third part, against a network that tells paintings from its pictures.

The error of pixels has the decoder paint the mean of all strokes that a latent leaves open, which is fog: oil came
out as flat as a flat illustration. So a critic looks at pieces of pictures (Isola et al. 2017, arXiv 1611.07004:
patches; Lim and Ye 2017, arXiv 1705.02894: hinge), with the latents beside them, so that oil is asked for where oil is
meant. What is to be where is still held by the error of pixels; the two are weighed by what they do to the last layer
(Esser et al. 2021, arXiv 2012.09841). The encoder is fixed: latents, and all that learned from them, stay.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from . import checkpoint, loop, team
from .autoencoder import LATENTS, NOISE, Inside, crops, load_trained, make, picture_loss, sheet
from .data import load_set

SIDE, BATCH = 128, 6
SHARE = (
    0.25  # of the critic's pull on the last layer, against the pixels'; with 0.7 colours and outlines went
)
GRAIN = 0.1  # on what the critic sees: it cannot live on what no eye sees


class Critic(nn.Module):
    """Scores (B, 1, H/8, W/8) of pictures (B, 3, H, W) in [-1, 1] and their latents (B, 12, H/16, W/16): high: true."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(3, 32, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(64, 96, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
        )
        self.judge = nn.Sequential(
            nn.Conv2d(96 + LATENTS, 96, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(96, 1, 3, padding=1)
        )

    def forward(self, picture: Tensor, latents: Tensor) -> Tensor:
        """The scores. It sees what is finer than a stroke is wide, and no colours: those are the pixels' business."""
        fine = 4.0 * (picture - F.avg_pool2d(picture, 7, 1, 3, count_include_pad=False))
        seen = self.look(fine + GRAIN * torch.randn_like(fine))
        told = F.interpolate(latents, scale_factor=2.0)
        scores: Tensor = self.judge(torch.cat([seen, told.to(seen.dtype)], 1))
        return scores


class Pair(nn.Module):
    """The decoder (in its autoencoder) and its critic."""

    def __init__(self, inside: Inside) -> None:
        super().__init__()
        self.inside, self.critic = inside, Critic()
        inside.requires_grad_(False)
        inside.model.decoder.requires_grad_(True)


def pair_loss(pair: Pair, pictures: NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """The errors of decoder and critic on one batch, to go down together; neither's reaches the other's weights."""
    true = crops(pictures, rng, BATCH, SIDE)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            latents = pair.inside.encode(F.avg_pool2d(true, 2))
        made = pair.inside.model.decode(latents + NOISE * torch.randn_like(latents)).sample.float()
        asked = functional_call(pair.critic, _held(pair.critic), (made, latents)).float()
        said = pair.critic(
            torch.cat([true, made.detach().clamp(-1, 1)]), torch.cat([latents, latents])
        ).float()
    of_true, of_made = said.chunk(2)
    learned = F.relu(1 - of_true).mean() + F.relu(1 + of_made).mean()
    pixels = picture_loss(made, true)
    fooled = -asked.mean()
    last = pair.inside.model.decoder.layers[-1].weight
    by_pixels, by_critic = (
        torch.autograd.grad(error, last, retain_graph=True)[0].norm() for error in (pixels, fooled)
    )
    weight = SHARE * (by_pixels / (by_critic + 1e-6)).clamp(max=1e3).detach()
    total: Tensor = pixels + weight * fooled + learned
    return total


def _held(module: nn.Module) -> dict[str, Tensor]:
    """A network's weights as numbers that do not learn."""
    return {name: weight.detach() for name, weight in module.named_parameters()}


def train(folder: Path, minutes: float) -> None:
    """Train for `minutes` in all, into strokes.pt of the folder, with a sample sheet beside."""
    torch.manual_seed(0)
    pictures, _ = load_set(folder / "train")
    pair = Pair(load_trained(folder, "outside"))

    def show(average: checkpoint.Average) -> None:
        decoder = checkpoint.Average(pair.inside)
        decoder.weights = of_inside(average.weights)
        sheet(decoder, pictures, folder / "strokes.png", half=False)

    loop.train(
        pair,
        lambda rng: pair_loss(pair, pictures, rng),
        path=folder / "strokes.pt",
        minutes=minutes,
        peak=3e-4,
        decay=0.998,
        on_save=show,
    )


def of_inside(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The autoencoder's weights of a pair's."""
    return {name.removeprefix("inside."): w for name, w in weights.items() if name.startswith("inside.")}


def load_strokes(folder: Path) -> Inside:
    """The autoencoder with the decoder of this part; without a strokes.pt, as the part before left it."""
    state = checkpoint.load(folder / "strokes.pt")
    if state is None:
        return load_trained(folder, "outside")
    inside = Inside(make())
    inside.load_state_dict(of_inside(state["average"]))
    return inside.eval().requires_grad_(False)


def main() -> None:
    """Command line: python -m training.sketch.strokes runs/sketch --minutes 45."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.minutes)


if __name__ == "__main__":
    main()
