"""Whether guidance by the picture-text model makes films follow their prompts: judged by a network that did not guide.

Films of two prompts each are rendered without guidance and with it, all else the same. After the change of prompt the
judge (training.sketch.classifier, which no model here was trained with or against) is asked for subject, ground, light
and style of every frame; what the second prompt says is right.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import render
from projects import Take, read_project

from .classifier import Judge, to_judge, train_judge
from .evaluate import ask, phrase
from .painter import Scene

FRAMES, CHANGE = 8, 2


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Of the frames after the change: the share of right answers and the mean chance given to them, by question; and
    seconds a painted frame took."""

    right: dict[str, float]
    chance: dict[str, float]
    seconds: float


def film_text(first: Scene, second: Scene, seed: int, lines: str) -> str:
    """A film from one scene's prompt to another's, slowly forward."""
    return (
        f"frames = {FRAMES}\nsize = [256, 256]\nseed = {seed}\n[prompts]\n0 = '{phrase(first)}'\n"
        f"{CHANGE} = '{phrase(second)}'\n[motion]\nzoom = 1.01\n{lines}\n"
    )


def measure(judge: Judge, scenes: Sequence[Scene], lines: str, folder: Path, studio: render.Studio) -> Marks:
    """Render the films of pairs of scenes into a folder, and mark them. lines: TOML put after each project."""
    right: dict[str, list[bool]] = {name: [] for name in judge.world.questions()}
    chance: dict[str, list[float]] = {name: [] for name in right}
    began = time.process_time()
    for index, (first, second) in enumerate(zip(scenes[::2], scenes[1::2], strict=True)):
        text = film_text(first, second, index, lines)
        project = read_project(text, name=f"film{index}.toml", folder=folder)
        render.render(project, take=folder / str(index), studio=studio, film=False)
    seconds = (time.process_time() - began) / (len(scenes) // 2 * FRAMES)
    for index, scene in enumerate(scenes[1::2]):
        take = Take(folder / str(index))
        frames = np.stack([take.read(frame) for frame in range(CHANGE, FRAMES)])
        with torch.inference_mode():
            said = judge(to_judge(frames))
        for name, words in judge.world.questions().items():
            wanted = words.index(getattr(scene, name))
            right[name] += (said[name].argmax(1) == wanted).tolist()
            chance[name] += said[name].softmax(1)[:, wanted].tolist()
    return Marks(
        right={name: float(np.mean(marks)) for name, marks in right.items()},
        chance={name: float(np.mean(marks)) for name, marks in chance.items()},
        seconds=seconds,
    )


def report(run: Path, films: int, ways: Sequence[str], folder: Path) -> None:
    """Print a row for each way of guiding: lines of [clip_guidance], or "" for none."""
    judge, studio = train_judge(run), render.Studio(device="cpu")
    scenes = ask(2 * films)
    np.random.default_rng(7).shuffle(scenes)
    names = list(judge.world.questions())
    print(f"{films} films of {FRAMES} frames, the prompt changes at {CHANGE}; right (mean chance), %")
    print(f"| guidance | {' | '.join(names)} | all | CPU s a frame |\n|---|{'---|' * (len(names) + 2)}")
    for number, way in enumerate(ways):
        lines = f"[clip_guidance]\n{way}" if way else ""
        marks = measure(judge, scenes, lines, folder / str(number), studio)
        cells = [f"{marks.right[name]:.1%} ({marks.chance[name]:.1%})" for name in names]
        both = [float(np.mean(list(kind.values()))) for kind in (marks.right, marks.chance)]
        said = ", ".join(way.splitlines()) or "none"
        print(
            f"| {said} | {' | '.join(cells)} | {both[0]:.1%} ({both[1]:.1%}) | {marks.seconds:.2f} |",
            flush=True,
        )


def main() -> None:
    """Command line: python -m training.sketch.measure_guidance --run runs/sketch --films 8 ..."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/sketch"), help="where the judge is kept")
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--way", action="append", help="lines of [clip_guidance], with ; between them")
    parser.add_argument("--folder", type=Path, help="where the films go; default: nowhere")
    args = parser.parse_args()
    given = args.way or ["clip_guidance_scale = 1000"]
    ways = ["", *(way.replace("; ", "\n") for way in given)]
    with tempfile.TemporaryDirectory() as spare:
        report(args.run, args.films, ways, args.folder or Path(spare))


if __name__ == "__main__":
    main()
