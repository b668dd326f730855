"""Train the depth network of `sketch`: a small GLPN (Kim et al. 2022, arXiv 2201.07436) in transformers' own format.

What a picture can tell is depth up to a factor: a long lens far away and a short one near by paint the same picture,
and so do a toy and a tower. So depth is learned in the one measure that can be seen: in heights of the camera.

Convention: a thing `z` metres away, seen from `eye` metres above the ground with a focal length of `lens` picture
sides, is z / (eye * lens) far. On the ground that is 1 / (y - horizon), rows in shorter sides of the picture shown: one
over how far below the horizon a thing stands. The error is taken in the logarithm.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import DPTImageProcessorPil, GLPNConfig, GLPNForDepthEstimation

from . import checkpoint, loop, team
from .data import SIDE, load_set

SEEN = 192  # side at which the shipped network looks at a square picture
MULTIPLE = 32
SKY = 9_000.0  # metres; what is farther is sky (the painter puts it at 10,000, and ends the ground at 4,000)
SCALE = 40_000  # depth = SCALE * sigmoid(x), so far above the sky that log depth is nearly straight in x
FARTHEST, SKY_SEEN = 10_000.0, 20_000.0  # camera heights: of what is no sky, and the sky itself
SHAPES = ((1, 1), (1, 1), (1, 1), (1, 1.5), (1.5, 1))  # height, width, in sides
PEAK = 2e-3
SOFT, PLAIN, OF_SKY = 0.3, 0.1, 0.3  # errors beyond SOFT count by their logarithm, and a little as they are


def make_network() -> GLPNForDepthEstimation:
    """The untrained network: four levels from a quarter of the side, 2.1 M parameters, weights by fan-in."""
    model = GLPNForDepthEstimation(
        GLPNConfig(
            depths=(1, 1, 3, 3),
            hidden_sizes=(32, 64, 128, 160),
            num_attention_heads=(1, 2, 4, 5),
            mlp_ratios=(2, 3, 4, 4),
            decoder_hidden_size=16,
            drop_path_rate=0.0,
            max_depth=SCALE,
        )
    )
    with torch.no_grad():
        for name, part in model.named_modules():
            if isinstance(part, nn.Linear | nn.Conv2d):
                ends_a_branch = name.endswith(("dense2", "output.dense"))
                spread = (0.5 if ends_a_branch else 1.0) / math.sqrt(part.weight[0].numel())
                nn.init.trunc_normal_(part.weight, std=spread)
                if part.bias is not None:
                    nn.init.zeros_(part.bias)
        model.head.head[2].bias.fill_(-8.0)  # about 13 camera heights, the middle of what is painted
    return model


def log_depth(model: GLPNForDepthEstimation, shown: Tensor) -> Tensor:
    """The natural logarithm of the network's depth (B, H, W) for pictures (B, 3, H, W) in [-1, 1].

    The same as the logarithm of its `predicted_depth`, but for bfloat16 up to the last layer, and stable.
    """
    with torch.autocast("cpu", torch.bfloat16):
        levels = model.glpn(shown, output_hidden_states=True).hidden_states
        features = F.relu(model.head.head[0](model.decoder(list(levels))[model.config.head_in_index]))
    raw: Tensor = model.head.head[2](features.float())
    return F.logsigmoid(raw[:, 0]) + math.log(SCALE)


def loss_between(said: Tensor, depth: Tensor) -> Tensor:
    """The error of log depths `said` (B, H, W) against camera heights `depth` (B, H, W), a scalar."""
    error = (said - depth.log()).abs()
    weight = torch.where(depth > FARTHEST, OF_SKY, 1.0)
    return ((SOFT * torch.log1p(error / SOFT) + PLAIN * error) * weight).sum() / weight.sum()


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """pictures: uint8 (N, S, S, 3); depths: float16 (N, S, S), metres; units: (N,), eye * lens of their cameras;
    side: at which they are shown."""

    pictures: NDArray[np.uint8]
    depths: NDArray[np.float16]
    units: NDArray[np.float32]
    side: int = 128

    def batch(self, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        """Pictures (size, 3, H, W) in [-1, 1] and camera heights (size, H, W): cut, mirrored, dimmed by lot."""
        height, width = (round(self.side * part) for part in SHAPES[rng.integers(len(SHAPES))])
        fit = (1.0 if rng.random() < 0.4 else rng.uniform(0.75, 1.0)) * SIDE / max(height, width)
        down, across = round(height * fit), round(width * fit)
        pictures = np.empty((size, down, across, 3), np.uint8)
        depths = np.empty((size, down, across), np.float32)
        for place, row in enumerate(rng.integers(0, len(self.units), size)):
            top, left = rng.integers(0, SIDE - down + 1), rng.integers(0, SIDE - across + 1)
            turn = -1 if rng.random() < 0.5 else 1
            cut = (slice(top, top + down), slice(left, left + across))
            pictures[place] = self.pictures[row][cut][:, ::turn]
            metres = self.depths[row][cut][:, ::turn].astype(np.float32)
            seen = np.minimum(metres * (min(down, across) / SIDE / self.units[row]), FARTHEST)
            depths[place] = np.where(metres > SKY, SKY_SEEN, seen)
        shown = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255.0
        shown = F.interpolate(shown, (height, width), mode="bilinear", antialias=True)
        far = F.interpolate(torch.from_numpy(depths)[:, None], (height, width), mode="nearest-exact")
        return _disturbed(shown, rng) * 2.0 - 1.0, far[:, 0]


def _disturbed(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Light by lot, and now and then the softness and grain of a painted frame."""
    gamma = torch.from_numpy(rng.uniform(0.75, 1.33, (len(pictures), 1, 1, 1)).astype(np.float32))
    pictures = pictures.clamp(min=1e-4) ** gamma
    if rng.random() < 0.15:
        pictures = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")
    if rng.random() < 0.15:
        pictures = pictures + float(rng.uniform(0.0, 0.05)) * torch.randn_like(pictures)
    return pictures.clamp(0, 1)


def load_lessons(folder: Path, side: int) -> Lessons:
    """The lessons of a run folder, painted with --depth."""
    pictures, scenes = load_set(folder / "train")
    return Lessons(
        pictures=pictures,
        depths=np.load(folder / "train" / "depths.npy", mmap_mode="r"),
        units=np.array([scene.eye * scene.lens for scene in scenes], np.float32),
        side=side,
    )


def train(folder: Path, minutes: float, side: int = 128, batch: int = 16) -> None:
    """Train for `minutes` in all, into depth.pt of the folder."""
    torch.manual_seed(0)
    lessons, model = load_lessons(folder, side), make_network()
    model.to(memory_format=torch.channels_last)

    def loss_of(rng: np.random.Generator) -> Tensor:
        pictures, depths = lessons.batch(rng, batch)
        return loss_between(log_depth(model, pictures.contiguous(memory_format=torch.channels_last)), depths)

    loop.train(model, loss_of, path=folder / "depth.pt", minutes=minutes, peak=PEAK, decay=0.998)


def package(folder: Path, out: Path) -> None:
    """Write what ships, from the averaged weights of a run: transformers' format, half precision."""
    state = checkpoint.load(folder / "depth.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'depth.pt'}: train the depth network first")
    model = make_network()
    model.load_state_dict(state["average"])
    model.half().save_pretrained(out)
    DPTImageProcessorPil(
        size={"height": SEEN, "width": SEEN},
        ensure_multiple_of=MULTIPLE,
        keep_aspect_ratio=True,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    ).save_pretrained(out)


def main() -> None:
    """Command line: python -m training.sketch.depth runs/eyes --minutes 60 --out render/models/sketch/depth."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--side", type=int, default=128, help="the shorter side at which pictures are shown")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the finished network is written")
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.minutes, args.side)
    if args.out is not None:
        package(args.folder, args.out)


if __name__ == "__main__":
    main()
