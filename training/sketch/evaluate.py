"""How well `sketch` paints what it is told: a held-out judge names what is in sampled pictures.

The prompts are phrased in ways that no training caption was. Prints a table with per-class figures; the model card
holds the last one.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from keyframes import FramePrompt, PromptPart, TextShare
from render.diffusion import ModelSpec, Sampling, find_model
from render.diffusion.pipeline import load_model
from render.diffusion.sampling import Painting, paint

from . import measure_depth, measure_picture_text
from .classifier import SEED, paintings, right, to_judge, train_judge
from .data import world_of
from .painter import FIRST, WORLDS, Scene, Vocabulary, draw_scene

_SUBJECTS = {"balloon": "hot air balloon", "boat": "sailing boat"}
_GROUNDS = {"sea": "the sea", "meadow": "a meadow", "desert": "the desert", "snow": "the snow"}
_LIGHTS = {"day": "a clear day", "sunset": "sunset", "night": "night with stars", "storm": "a storm"}
_STYLES = {"oil": "oil painting", "watercolor": "watercolor", "flat": "flat illustration"}


def phrase(scene: Scene) -> str:
    """A prompt for the scene, in a word order that no caption has."""
    if scene.world != FIRST.name:
        world = WORLDS[scene.world]
        style, light = world.styles[scene.style][0], world.lights[scene.light][0]
        return f"{style} showing {light}, and {world.subjects[scene.subject][0]}, {world.grounds[scene.ground][0]}"
    subject = _SUBJECTS.get(scene.subject, scene.subject)
    return f"{_STYLES[scene.style]} showing {_LIGHTS[scene.light]} and a {subject}, {_GROUNDS[scene.ground]} around it"


def ask(count: int, world: Vocabulary = FIRST) -> list[Scene]:
    """Scenes of a world to ask for: seeded, and even over subjects and lights."""
    rng = np.random.default_rng(SEED + 77)
    wanted = [(s, li) for s in world.subjects for li in world.lights]
    if len(wanted) > count:  # a part of them, by lot, so that a short list is even too
        wanted = [wanted[i] for i in rng.permutation(len(wanted))]
    scenes = []
    for index in range(count):
        while True:
            scene = draw_scene(rng, world)
            if scene.subject_shown and (scene.subject, scene.light) == wanted[index % len(wanted)]:
                break
        scenes.append(scene)
    return scenes


def evaluate(
    model: str, run: Path, count: int, sheet: Path | None, world: Vocabulary = FIRST
) -> dict[str, float]:
    """Sample, judge, print; the shares that were right by question."""
    judge = train_judge(run, world=world)
    fresh = paintings(200, SEED + 10_000_000, world)
    with torch.inference_mode():
        said = judge(to_judge(fresh.pictures))
    for name in said:
        share = float((said[name].argmax(1) == fresh.answers[name]).float().mean())
        print(f"the judge on fresh paintings, {name}: {share:.1%}")
    loaded = load_model(ModelSpec(source=find_model(model)))
    known = loaded.source.defaults
    settings = Sampling(steps=known.steps, cfg_scale=known.cfg_scale, sampler=known.sampler)
    scenes, pictures = ask(count, world), []
    for seed, scene in enumerate(scenes):
        prompt = FramePrompt(parts=(PromptPart(mix=(TextShare(text=phrase(scene)),)),))
        work = Painting(size=(known.size, known.size), prompt=prompt, settings=settings, seed=seed)
        pictures.append(paint(loaded, work))
    made = torch.cat(pictures)
    if sheet is not None:
        _sheet(made, sheet)
    return _table(right(judge, made, scenes), scenes)


def _table(marks: dict[str, list[bool]], scenes: list[Scene]) -> dict[str, float]:
    shares = {}
    print(f"\n{len(scenes)} samples")
    for name, got in marks.items():
        shares[name] = float(np.mean(got))
        by_class: dict[str, list[bool]] = defaultdict(list)
        for scene, mark in zip(scenes, got, strict=True):
            by_class[getattr(scene, name)].append(mark)
        print(f"| {name} | **{shares[name]:.0%}** | {_listed(by_class.items())} |")
    return shares


def _listed(classes: Iterable[tuple[str, list[bool]]]) -> str:
    return ", ".join(f"{name} {np.mean(marks):.0%}" for name, marks in sorted(classes))


def _sheet(pictures: torch.Tensor, out: Path) -> None:
    from PIL import Image

    rows = [torch.cat(list(pictures[i : i + 8]), 2) for i in range(0, min(len(pictures), 48), 8)]
    pixels = (torch.cat(rows, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(out)


def main() -> None:
    """Command line: python -m training.sketch.evaluate [--model sketch] [--count 400]."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--model", default="sketch")
    parser.add_argument("--run", type=Path, default=Path("runs/sketch"))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--sheet", type=Path, default=None)
    parser.add_argument("--world", choices=list(WORLDS), help="default: the world of the run's set, or first")
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    world = WORLDS[args.world] if args.world else world_of(args.run / "train") or FIRST
    evaluate(args.model, args.run, args.count, args.sheet, world)
    measure_depth.report()
    measure_picture_text.report()


if __name__ == "__main__":
    main()
