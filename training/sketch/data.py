"""The paintings on disk: painted once by several processes, read as memory maps by the trainings.

A set is a folder: pictures.npy uint8 (N, 256, 256, 3), scenes-*.jsonl (one scene a line, a file a
block; every scene names its world) and, where it was asked for, depths.npy float16 (N, 256, 256), metres. Painting
resumes where it stopped: a block of 256 pictures is marked done only after it was flushed.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from .painter import FIRST, WORLDS, Scene, Vocabulary, load_scene, paint

BLOCK = 256
# Seeds of the judge's paintings, those that it learns from and those that it is tried on: no training sees them.
JUDGES = range(600_000_000, 700_000_000)
SIDE = 256


def paint_block(folder: Path, first: int, seed: int, world: str) -> list[str]:
    """Paint pictures first .. first + BLOCK - 1 of a set into its memory map; their scenes as JSON."""
    import cv2

    cv2.setNumThreads(1)
    pictures = np.load(folder / "pictures.npy", mmap_mode="r+")
    with_depth = (folder / "depths.npy").exists()
    depths = np.load(folder / "depths.npy", mmap_mode="r+") if with_depth else None
    scenes = []
    for index in range(first, first + BLOCK):
        painting = paint(seed + index, world=WORLDS[world])
        pictures[index] = painting.picture
        if depths is not None:
            depths[index] = painting.depth
        scenes.append(json.dumps(asdict(painting.scene)))
    pictures.flush()
    if depths is not None:
        depths.flush()
    return scenes


def paint_set(
    folder: Path, count: int, seed: int, workers: int, world: Vocabulary = FIRST, *, depth: bool = False
) -> None:
    """Fill a set of `count` pictures (a multiple of 256); pictures of another seed never repeat one here.

    depth: keep the depth maps as well.
    Raises ValueError for a count that is no multiple of 256, for a set begun in another world, and for depth in the
    first world, which has none.
    """
    if count % BLOCK:
        raise ValueError(f"count must be a multiple of {BLOCK}, got {count}")
    if depth and world == FIRST:
        raise ValueError("the world first was painted without depth: choose whole or small")
    folder.mkdir(parents=True, exist_ok=True)
    if (begun := world_of(folder)) not in (None, world):
        raise ValueError(
            f"{folder} was begun in the world {begun.name}, not {world.name}: choose another folder"
        )
    if depth and begun and not (folder / "depths.npy").exists():
        raise ValueError(f"{folder} was begun without depth: choose another folder")
    if depth and not (folder / "depths.npy").exists():
        open_memmap(folder / "depths.npy", mode="w+", dtype=np.float16, shape=(count, SIDE, SIDE)).flush()
    if not (folder / "pictures.npy").exists():
        open_memmap(folder / "pictures.npy", mode="w+", dtype=np.uint8, shape=(count, SIDE, SIDE, 3)).flush()
    with ProcessPoolExecutor(workers) as pool:
        jobs = {
            first: pool.submit(paint_block, folder, first, seed, world.name)
            for first in range(0, count, BLOCK)
            if not (folder / f"scenes-{first:06d}.jsonl").exists()
        }
        for first, job in jobs.items():
            part = folder / f"scenes-{first:06d}.jsonl"
            lines = job.result()
            part.with_suffix(".tmp").write_text("\n".join(lines) + "\n")
            part.with_suffix(".tmp").rename(part)
            print(f"painted {first + BLOCK} of {count}", flush=True)


def world_of(folder: Path) -> Vocabulary | None:
    """The world that a set (begun or complete) shows; None where nothing is painted yet."""
    for part in sorted(folder.glob("scenes-*.jsonl")):
        with part.open() as lines:
            return WORLDS[load_scene(json.loads(next(lines))).world]
    return None


def load_set(folder: Path) -> tuple[NDArray[np.uint8], list[Scene]]:
    """The pictures (memory map) and scenes of a set whose painting is complete."""
    pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    scenes = []
    for part in sorted(folder.glob("scenes-*.jsonl")):
        for line in part.read_text().splitlines():
            scenes.append(load_scene(json.loads(line)))
    if len(scenes) != len(pictures):
        raise ValueError(
            f"{folder} is half painted ({len(scenes)} of {len(pictures)}): run the painting again"
        )
    return pictures, scenes


def main() -> None:
    """Command line: python -m training.sketch.data runs/sketch/train --count 20480 --seed 0."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20480)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--world", choices=list(WORLDS), default=FIRST.name)
    parser.add_argument("--depth", action="store_true", help="keep the depth maps, for the depth network")
    args = parser.parse_args()
    if args.seed < JUDGES.stop and args.seed + args.count > JUDGES.start:
        parser.error(
            f"--seed {args.seed}: {JUDGES.start} to {JUDGES.stop - 1} are the judge's, and what it looks at is in no "
            "training; choose others, e.g. --seed 0"
        )
    paint_set(args.folder, args.count, args.seed, args.workers, WORLDS[args.world], depth=args.depth)


if __name__ == "__main__":
    main()
