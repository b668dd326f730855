"""Train the depth network of `sketch`: a small GLPN (Kim et al. 2022, arXiv 2201.07436) in transformers' own format.

What a picture can tell is depth up to a factor: a long lens far away and a short one near by paint the same picture.
So the error is taken in log depth, most of it after each picture's own median error is taken off (scale-invariant,
after Eigen et al. 2014), a little of it as it is. The sky, which no factor moves, counts by itself. The error of
all pictures together (squared) holds the scale: without it the ground drifts up to the sky, where a mistake is cheap.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from transformers import DPTImageProcessorPil, GLPNConfig, GLPNForDepthEstimation

from . import checkpoint, loop, team
from .data import SIDE, load_set

SEEN = 128  # side at which the shipped network looks at a square picture
MULTIPLE = 32
SKY = 9_000.0  # metres; what is farther is sky (the painter puts it at 10,000, and ends the ground at 4,000)
SCALE = 40_000  # depth = SCALE * sigmoid(x); so far above the sky that log depth is nearly straight in x
SHAPES = ((128, 128), (128, 128), (128, 128), (128, 192), (192, 128))  # height, width shown in training
AS_IT_IS, OF_ALL, OF_SKY = 0.05, 0.1, 0.3
SOFT = (
    0.3  # errors of log depth beyond it count by their logarithm: the last rows below a horizon are all tail
)


def make_network() -> GLPNForDepthEstimation:
    """The untrained network: four levels from a quarter of the side, 1.1 M parameters."""
    model = GLPNForDepthEstimation(
        GLPNConfig(
            depths=(1, 1, 2, 2),
            hidden_sizes=(32, 64, 96, 128),
            num_attention_heads=(1, 2, 3, 4),
            mlp_ratios=(2, 3, 4, 4),
            decoder_hidden_size=16,
            drop_path_rate=0.0,
            max_depth=SCALE,
        )
    )
    with torch.no_grad():
        model.head.head[2].bias.fill_(-7.0)  # about 36 m, the middle of what is painted
    return model


def log_depth(model: GLPNForDepthEstimation, shown: Tensor) -> Tensor:
    """The natural logarithm of the network's depth (B, H, W) for pictures (B, 3, H, W) in [-1, 1].

    The same as the logarithm of its `predicted_depth`, but for bfloat16 up to the last layer, and stable.
    """
    with torch.autocast("cpu", torch.bfloat16):
        levels = model.glpn(shown, output_hidden_states=True).hidden_states
        features = F.relu(model.head.head[0](model.decoder(list(levels))[model.config.head_in_index]))
    raw: Tensor = model.head.head[2](features.float())
    return F.logsigmoid(raw[:, 0]) + float(np.log(SCALE))


def loss_between(said: Tensor, depth: Tensor) -> Tensor:
    """The error of log depths `said` (B, H, W) against metres `depth` (B, H, W), a scalar."""
    error = said - depth.log()
    sky = depth > SKY
    middle = torch.where(sky, torch.nan, error.detach()).flatten(1).nanmedian(1).values.nan_to_num()
    ground = (~sky).sum().clamp(min=1)
    apart = SOFT * torch.log1p((error - middle[:, None, None]).abs() / SOFT)
    aligned = (apart * ~sky).sum() / ground
    plain = (error.abs() * ~sky).sum() / ground
    together = (error * ~sky).sum() / ground
    above = (error.abs() * sky).sum() / sky.sum().clamp(min=1)
    return aligned + AS_IT_IS * plain + OF_ALL * together.square() + OF_SKY * above


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """pictures: uint8 (N, S, S, 3); depths: float16 (N, S, S), metres."""

    pictures: NDArray[np.uint8]
    depths: NDArray[np.float16]

    def batch(self, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        """Pictures (size, 3, H, W) in [-1, 1] and metres (size, H, W): cut, mirrored, dimmed, blurred by lot."""
        height, width = SHAPES[rng.integers(len(SHAPES))]
        fit = rng.uniform(0.8, 1.0) * SIDE / max(height, width)
        down, across = round(height * fit), round(width * fit)
        pictures, depths = [], []
        for row in rng.integers(0, len(self.pictures), size):
            top, left = rng.integers(0, SIDE - down + 1), rng.integers(0, SIDE - across + 1)
            turn = -1 if rng.random() < 0.5 else 1
            cut = (slice(top, top + down), slice(left, left + across))
            pictures.append(self.pictures[row][cut][:, ::turn])
            depths.append(self.depths[row][cut][:, ::turn].astype(np.float32))
        seen = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255.0
        seen = F.interpolate(seen, (height, width), mode="bilinear", antialias=True)
        metres = torch.from_numpy(np.stack(depths))[:, None]
        return _disturbed(seen, rng) * 2.0 - 1.0, F.interpolate(
            metres, (height, width), mode="nearest-exact"
        )[:, 0]


def _disturbed(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Light and contrast by lot, and now and then the softness and grain of a painted frame."""
    gamma = torch.from_numpy(rng.uniform(0.75, 1.33, (len(pictures), 1, 1, 1)).astype(np.float32))
    pictures = pictures.clamp(min=1e-4) ** gamma
    if rng.random() < 0.3:
        pictures = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")
    if rng.random() < 0.3:
        pictures = pictures + float(rng.uniform(0.0, 0.05)) * torch.randn_like(pictures)
    return pictures.clamp(0, 1)


def load_lessons(folder: Path) -> Lessons:
    """The lessons of a run folder, painted with --depth."""
    pictures, _ = load_set(folder / "train")
    return Lessons(pictures=pictures, depths=np.load(folder / "train" / "depths.npy", mmap_mode="r"))


def train(folder: Path, minutes: float, batch: int = 8) -> None:
    """Train for `minutes` in all, into depth.pt of the folder."""
    torch.manual_seed(0)
    lessons, model = load_lessons(folder), make_network()
    model.to(memory_format=torch.channels_last)

    def loss_of(rng: np.random.Generator) -> Tensor:
        pictures, metres = lessons.batch(rng, batch)
        return loss_between(log_depth(model, pictures.contiguous(memory_format=torch.channels_last)), metres)

    loop.train(model, loss_of, path=folder / "depth.pt", minutes=minutes, peak=6e-4, decay=0.995)


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
    """Command line: python -m training.sketch.depth runs/eyes --minutes 16 --out render/models/sketch/depth."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=16.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the finished network is written")
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.minutes)
    if args.out is not None:
        package(args.folder, args.out)


if __name__ == "__main__":
    main()
