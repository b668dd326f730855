"""How far two pictures' textures are apart, whatever the place of each stroke.

Where a stroke lies within a few pixels the latents do not say, so a decoder that is only asked for the least error of
pixels paints the mean of all strokes: none. Here it is asked for as much of them, and in the same directions: the
responses to oriented derivatives (steerable filters: Freeman and Adelson 1991) are compared by their mean size and
their root mean square in windows of 16 pixels. The first alone is met by faint grain, both together want few, clear
lines (statistics of subbands as in Portilla and Simoncelli 2000, only local).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS, SIGMA = 2, 0.8
ANGLES = 4
WINDOW = 16
SCALES = 2
FLOOR = 1e-4


def texture_loss(made: Tensor, true: Tensor) -> Tensor:
    """The mean difference of local texture of two batches of pictures (B, 3, H, W) in [-1, 1], a scalar."""
    total = made.new_zeros(())
    for scale in range(SCALES):
        if scale:
            made, true = F.avg_pool2d(made, 2), F.avg_pool2d(true, 2)
        with torch.no_grad():
            wanted = textures(true)
        for ours, theirs in zip(textures(made), wanted, strict=True):
            total = total + (ours - theirs).abs().mean()
    return total


def textures(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean size and root mean square of every filter's response in windows, each (B * 3, 2 * ANGLES, h, w)."""
    planes = pictures.reshape(-1, 1, *pictures.shape[-2:])
    responses = F.conv2d(planes, filters().to(planes), padding=RADIUS)
    return windows(responses.abs()), (windows(responses.square()) + FLOOR).sqrt()


def windows(values: Tensor) -> Tensor:
    """Means over windows of WINDOW pixels, half of one apart; each pixel is added up once."""
    return F.avg_pool2d(F.avg_pool2d(values, WINDOW // 2), 2, 1)


def filters() -> Tensor:
    """First and second derivatives of a Gaussian across ANGLES directions, (2 * ANGLES, 1, 5, 5), of unit length."""
    steps = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float32)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    bell = torch.exp(-(x * x + y * y) / (2 * SIGMA**2))
    out = []
    for turn in range(ANGLES):
        angle = math.pi * turn / ANGLES
        across = (x * math.cos(angle) + y * math.sin(angle)) / SIGMA
        out += [across * bell, (across.square() - 1) * bell]
    bank = torch.stack([one - one.mean() for one in out])[:, None]
    return bank / bank.square().sum((1, 2, 3), keepdim=True).sqrt()
