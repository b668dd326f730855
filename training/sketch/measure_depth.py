"""How well a depth network sees the painted world: figures on fresh paintings, and a sheet to look at.

A network is loaded and asked as a film asks it (`render.depth`). Its numbers (camera heights) are brought to metres
by one factor a picture, the median of truth over word: a film uses proportions alone, and no picture tells the factor.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from motion import ground
from render.depth import DepthNetwork, load_depth

from .depth import SKY
from .painter import SMALL, WHOLE, Painting, Vocabulary, paint

SEED = 800_000_000
CLEAR = 1.2  # pairs of points are asked about where one is this many times as far as the other
PAIRS = 2000
SHIPPED = Path(__file__).parents[2] / "render" / "models" / "sketch" / "depth"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of all pictures together.

    error: median over the pixels that are no sky of |factor * said - true| / true; hard: the same median picture by
    picture, at the tenth of the pictures that are hardest; order: share of point pairs told apart rightly, whose depths
    differ by CLEAR at least (the sky counts); solid: the same of pairs without sky; sky: share of the sky's pixels said
    to be farther than nine tenths of what else is in the picture.
    """

    error: float
    hard: float
    order: float
    solid: float
    sky: float


def fresh(count: int, world: Vocabulary, seed: int = SEED) -> list[Painting]:
    """Paintings that no training and no judge has seen."""
    return [paint(seed + index, world=world) for index in range(count)]


def seen_by(network: DepthNetwork, painting: Painting) -> NDArray[np.float32]:
    """What a network says to a painting, (S, S)."""
    picture = torch.from_numpy(painting.picture).permute(2, 0, 1)[None].float() / 255.0
    said: NDArray[np.float32] = network(picture)[0, 0].numpy()
    return said


def measure(said: Sequence[NDArray[np.float32]], true: Sequence[NDArray[np.float32]]) -> Figures:
    """The figures of depths `said` against metres `true`, (S, S) each; points are drawn by lot, always the same."""
    rng = np.random.default_rng(0)
    aligned, middles, right, solid, sky = [], [], [], [], []
    for guess, truth in zip(said, true, strict=True):
        below = truth < SKY
        if below.any():
            one, two = guess[below], truth[below]
            aligned.append(np.abs(one * np.median(two / one) - two) / two)
            middles.append(float(np.median(aligned[-1])))
            sky.append(guess[~below] > np.quantile(one, 0.9))
        a, b = rng.integers(0, truth.size, (2, PAIRS))
        ratio, answer = truth.flat[a] / truth.flat[b], guess.flat[a] > guess.flat[b]
        clear = (ratio > CLEAR) | (ratio < 1 / CLEAR)
        right.append((answer == (ratio > 1))[clear])
        solid.append((answer == (ratio > 1))[clear & (truth.flat[a] < SKY) & (truth.flat[b] < SKY)])
    return Figures(
        error=float(np.median(np.concatenate(aligned))),
        hard=float(np.quantile(middles, 0.9)),
        order=float(np.concatenate(right).mean()),
        solid=float(np.concatenate(solid).mean()),
        sky=float(np.concatenate(sky).mean()),
    )


def milliseconds(network: DepthNetwork, size: int = 256, times: int = 10) -> float:
    """The processor's time for a picture of this size, all threads together: the best of some."""
    picture, best = torch.rand(1, 3, size, size), float("inf")
    for _ in range(times):
        began = time.process_time()
        network(picture)
        best = min(best, time.process_time() - began)
    return best * 1000


def report(folder: Path = SHIPPED, count: int = 200, sheet: Path | None = None) -> None:
    """Print the depth network's figures on fresh paintings of the small and of the whole world."""
    if not (folder / "config.json").is_file():
        print(f"\n{folder}: no depth network is trained yet: python -m training.sketch.depth")
        return
    network = load_depth(folder, torch.device("cpu"))
    if network.measure != "metric":
        raise ValueError(f"{folder} says inverse depth; the figures are for networks that say depth itself")
    spent = milliseconds(network)
    print(f"\ndepth, {count} fresh paintings a world, {spent:.0f} ms of one core a picture of 256x256")
    print("| world | median error | hardest tenth from | order | order without sky | sky |")
    print("|---|---|---|---|---|---|")
    for world in (SMALL, WHOLE):
        paintings = fresh(count, world)
        said = [seen_by(network, one) for one in paintings]
        true = [one.depth for one in paintings if one.depth is not None]
        guess = ground((true[0].shape[1], true[0].shape[0]), near=1, far=50)[0, 0].numpy()
        _row(world.name, measure(said, true))
        _row(f"{world.name}, open country instead", measure([guess] * count, true))
    told = []
    for style in WHOLE.styles:
        rows = [row for row, one in enumerate(paintings) if one.scene.style == style]
        if rows:
            told.append(f"{style} {measure([said[r] for r in rows], [true[r] for r in rows]).error:.0%}")
    print(f"\nmedian error by style, whole world: {', '.join(told)}")
    if sheet is not None:
        draw_sheet(network, fresh(12, SMALL), sheet)


def _row(name: str, f: Figures) -> None:
    print(f"| {name} | **{f.error:.1%}** | {f.hard:.1%} ", end="")
    print(f"| **{f.order:.1%}** | {f.solid:.1%} | {f.sky:.1%} |", flush=True)


def draw_sheet(network: DepthNetwork, paintings: Sequence[Painting], out: Path) -> None:
    """A picture of picture, true depth and word side by side, two a row; near is bright, on the true depth's scale."""
    from PIL import Image

    cells = []
    for painting in paintings:
        assert painting.depth is not None
        said, below = seen_by(network, painting), painting.depth < SKY
        said = said * np.median(painting.depth[below] / said[below])
        near, far = np.log(np.quantile(painting.depth[below], (0.01, 0.99)))
        shades = [((far + 0.5 - np.log(z)) / (far + 0.5 - near)).clip(0, 1) for z in (painting.depth, said)]
        greys = [np.repeat((shade * 255).astype(np.uint8)[..., None], 3, 2) for shade in shades]
        cells.append(np.concatenate([painting.picture, *greys], 1))
    rows = [np.concatenate(cells[i : i + 2], 1) for i in range(0, len(cells) - 1, 2)]
    Image.fromarray(np.concatenate(rows)).save(out)


def main() -> None:
    """Command line: python -m training.sketch.measure_depth [--sheet depth.png]."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, default=SHIPPED)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    report(args.folder, args.count, args.sheet)


if __name__ == "__main__":
    main()
