"""How `sketch` keeps through hundreds of frames of feedback: a long film against the same prompts rendered fresh.

A slow zoom goes through four prompts, 75 frames each. For every window of 25 frames: mean luma, mean saturation
and high-frequency energy, as shares of those of the first 25 frames of films of the same prompt alone, started fresh
(three of them, since one that happens to have a moon in its sky has half as much detail again as one that has none).
A share of 1.0 everywhere is a film that neither fades nor burns in, neither blurs nor sharpens into mush. The held-out
judge says whether each stretch shows its subject once it had 25 frames to change.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

import render
from projects import Take, load_project
from render.exports import contact_sheet

from .classifier import Judge, train_judge, verdicts
from .painter import FIRST

Pictures = NDArray[np.uint8]
FRAMES, WINDOW = 300, 25
FRESH_SEEDS = (7, 8, 9)
STRETCHES = (
    ("lighthouse", "a lighthouse by the sea at sunset, oil painting"),
    ("castle", "a castle in the snow on a clear day, watercolor"),
    ("balloon", "a hot air balloon over a meadow on a clear day, flat illustration"),
    ("whale", "a whale on the sea at night under the stars, oil painting"),
)
LENGTH = FRAMES // len(STRETCHES)
NAMES = ("luma", "saturation", "detail")


@dataclass(frozen=True, kw_only=True)
class Look:
    """Means over frames: luma (Rec. 709) and saturation (HSV) in [0, 1]; detail: mean square of luma minus its blur."""

    luma: float
    saturation: float
    detail: float


def look_of(pictures: Pictures) -> Look:
    """The look of pictures, uint8 (N, H, W, 3)."""
    values = pictures.astype(np.float32) / 255.0
    luma = values @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    high, low = values.max(-1), values.min(-1)
    fine = np.stack([picture - cv2.GaussianBlur(picture, (0, 0), 2.0) for picture in luma])
    return Look(
        luma=float(luma.mean()),
        saturation=float(((high - low) / np.maximum(high, 1e-3)).mean()),
        detail=float(np.square(fine).mean()),
    )


def film(
    folder: Path, prompts: dict[int, str], frames: int, model: str, settings: str, seed: int
) -> Pictures:
    """The frames of a film at zoom 1.01, uint8 (frames, H, W, 3); it goes on where an earlier call stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = "\n".join(f'{frame} = "{prompt}"' for frame, prompt in prompts.items())
    text = f'frames = {frames}\nseed = {seed}\nmodel = "{model}"\n[prompts]\n{keys}\n[motion]\nzoom = 1.01\n{settings}'
    (folder / "film.toml").write_text(text, encoding="utf-8")
    project = load_project(folder / "film.toml", allow_outside=True)
    take = render.render(project, take=folder / "take", film=False).take
    kept = Take(take, project=project.name)
    return np.stack([kept.read(frame) for frame in range(frames)])


def measure(run: Path, model: str, sheet: Path | None, settings: str, seed: int) -> dict[str, float]:
    """Render, print the table; the furthest share of each figure, and the least share of frames that were named."""
    folder = run / "stability"
    judge = train_judge(run, world=FIRST)
    prompts = {LENGTH * at: prompt for at, (_, prompt) in enumerate(STRETCHES)}
    long = film(folder / f"long-{seed}", prompts, FRAMES, model, settings, seed)
    worst = dict.fromkeys(NAMES, 1.0)
    worst["named"] = 1.0
    print("| frames | prompt | luma | saturation | detail | named |\n|---|---|---|---|---|---|")
    for at, (subject, prompt) in enumerate(STRETCHES):
        starts = [
            film(folder / f"fresh-{at}-{other}", {0: prompt}, WINDOW, model, settings, other)
            for other in FRESH_SEEDS
        ]
        fresh = look_of(np.concatenate(starts))
        for first in range(LENGTH * at, LENGTH * (at + 1), WINDOW):
            part = long[first : first + WINDOW]
            shares = {name: getattr(look_of(part), name) / getattr(fresh, name) for name in NAMES}
            for name, share in shares.items():
                worst[name] = max(worst[name], share, key=lambda value: abs(np.log(value)))
            named = share_named(judge, part, subject)
            if first > LENGTH * at:
                worst["named"] = min(worst["named"], named)
            told = " | ".join(f"{shares[name]:.2f}" for name in NAMES)
            print(f"| {first}..{first + WINDOW - 1} | {subject} | {told} | {named:.0%} |")
    if sheet is not None:
        shown = range(0, FRAMES, 15)
        contact_sheet([long[i] for i in shown], 10, sheet, [str(i) for i in shown], width=128)
    return worst


def share_named(judge: Judge, pictures: Sequence[Pictures] | Pictures, subject: str) -> float:
    """The share of pictures in which the judge sees the subject."""
    made = torch.from_numpy(np.stack(list(pictures))).permute(0, 3, 1, 2).float() / 255.0
    return float(
        (verdicts(judge, made)["subject"] == list(judge.world.subjects).index(subject)).float().mean()
    )


def main() -> None:
    """Command line: python -m training.sketch.stability --sheet film.webp."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--model", default="sketch")
    parser.add_argument("--run", type=Path, default=Path("runs/sketch"))
    parser.add_argument("--sheet", type=Path, default=None)
    parser.add_argument(
        "--settings", default="", help="TOML to append, such as '[diffusion]\\nstrength = 0.4'"
    )
    parser.add_argument("--seed", type=int, default=FRESH_SEEDS[0], help="of the long film")
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    worst = measure(args.run, args.model, args.sheet, args.settings, args.seed)
    print("furthest from 1.00: " + ", ".join(f"{name} {value:.2f}" for name, value in worst.items()))


if __name__ == "__main__":
    main()
