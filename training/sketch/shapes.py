"""Pictures of other sizes than the native one: painted, cut, encoded at once, and kept as latents.

A wide or tall picture is a piece of a large square painting, with the whole subject in it, which is as large beside the
shorter side as in a native picture. So words and shapes are the same at every size, and only what is around them is
more. A run folder's shapes/WIDTHxHEIGHT/ holds files of BLOCK paintings: what is there is kept.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from .autoencoder import Inside, load_trained
from .painter import Scene, load_scene, paint, subject_box

SHAPES = ((512, 384), (384, 640), (640, 384), (320, 192))  # width, height in pixels
SEED = 300_000_000
BLOCK = 32
FOCUS = 4.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A piece of a painting: picture uint8 (H, W, 3) RGB, its scene, and where its subject stands in the piece (left,
    top, right, bottom in fractions of it)."""

    picture: NDArray[np.uint8]
    scene: Scene
    box: Box


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All lessons of a size: latents (N, C, h, w), scaled; their scenes; how much each place counts (N, h, w)."""

    latents: NDArray[np.float16]
    scenes: list[Scene]
    weights: NDArray[np.float32]


def paint_cut(seed: int, width: int, height: int) -> Cut:
    """The first world's picture of a seed, (height, width): the same seed always gives the same."""
    side = max(width, height)
    across, down = width / side, height / side
    drawn = paint(seed, size=16).scene
    scene = replace(drawn, scale=drawn.scale * min(across, down))
    left, top, right, bottom = subject_box(scene)
    rng = np.random.default_rng([seed, 7927])
    x = round(side * _start(rng, left, right, across))
    y = round(side * _start(rng, top, bottom, down))
    whole = paint(seed, size=side, scene=scene).picture
    box = tuple(
        (edge * side - at) / extent
        for edge, at, extent in zip((left, top, right, bottom), (x, y) * 2, (width, height) * 2, strict=True)
    )
    return Cut(
        picture=whole[y : y + height, x : x + width], scene=scene, box=(box[0], box[1], box[2], box[3])
    )


def _start(rng: np.random.Generator, first: float, last: float, extent: float) -> float:
    """Where a piece of `extent` begins, by lot, so that it holds first to last; fractions of the whole."""
    low, high = max(0.0, last - extent), min(first, 1.0 - extent)
    return float(np.clip(rng.uniform(min(low, high), max(low, high)), 0.0, 1.0 - extent))


def weights_of(
    scene: Scene, box: Box | None = None, shape: tuple[int, int] = (16, 16)
) -> NDArray[np.float32]:
    """How much the error counts at each place of a picture (h, w), 1 on average: FOCUS times more where the subject
    stands (`box`, in fractions; where the scene says it by default)."""
    height, width = shape
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height)[:, None] + 0.5) / height
    left, top, right, bottom = box or subject_box(scene)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    weights = np.where(inside & scene.subject_shown, FOCUS, 1.0).astype(np.float32)
    return np.asarray(weights / weights.mean(), np.float32)


@torch.inference_mode()
def make_block(folder: Path, shape: tuple[int, int], first: int) -> None:
    """Paint, cut and encode paintings first .. first + BLOCK - 1 of a shape, and their mirror images, into a file."""
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    inside = load_trained(folder, "outside").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    seed = SEED + SHAPES.index(shape) * 1_000_000 + first
    cuts = [paint_cut(seed + index, *shape) for index in range(BLOCK)]
    latents = [_encode(inside, cut.picture[:, ::turn]) for turn in (1, -1) for cut in cuts]
    weights = np.stack([weights_of(cut.scene, cut.box, latents[0].shape[-2:]) for cut in cuts])
    kept = _file(folder, shape, first)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".tmp.npz")
    np.savez(
        beside,
        latents=np.stack(latents),
        weights=np.concatenate([weights, weights[:, :, ::-1]]),
        scenes=json.dumps([asdict(cut.scene) for cut in cuts]),
    )
    beside.rename(kept)


def _encode(inside: Inside, picture: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Latents (C, h, w) of one picture (H, W, 3), unscaled."""
    whole = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1.0
    with torch.autocast("cpu", torch.bfloat16):
        return np.asarray(inside.encode(F.avg_pool2d(whole, 2))[0].numpy(), np.float16)


def _file(folder: Path, shape: tuple[int, int], first: int) -> Path:
    return folder / "shapes" / f"{shape[0]}x{shape[1]}" / f"{first:06d}.npz"


def load_shapes(folder: Path) -> list[Shape]:
    """What a run folder has of each shape; an empty list where there is nothing yet."""
    shapes, factor = [], json.loads((folder / "latents.json").read_text())["scaling_factor"]
    for width, height in SHAPES:
        blocks = [np.load(file) for file in sorted(folder.glob(f"shapes/{width}x{height}/??????.npz"))]
        if not blocks:
            continue
        latents = np.concatenate([block["latents"] for block in blocks]).astype(np.float32) * factor
        scenes = [[load_scene(scene) for scene in json.loads(str(block["scenes"]))] * 2 for block in blocks]
        shapes.append(
            Shape(
                latents=latents.astype(np.float16),
                scenes=[scene for block in scenes for scene in block],
                weights=np.concatenate([block["weights"] for block in blocks]),
            )
        )
    return shapes


def main() -> None:
    """Command line: python -m training.sketch.shapes runs/sketch --count 768."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--count", type=int, default=768, help=f"paintings of each shape, a multiple of {BLOCK}"
    )
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    missing = [
        (shape, first)
        for first in range(0, args.count, BLOCK)
        for shape in SHAPES
        if not _file(args.folder, shape, first).exists()
    ]
    with ProcessPoolExecutor(args.workers) as pool:
        jobs = [pool.submit(make_block, args.folder, shape, first) for shape, first in missing]
        for done, job in enumerate(jobs, 1):
            job.result()
            print(f"made {done} of {len(jobs)} blocks", flush=True)


if __name__ == "__main__":
    main()
