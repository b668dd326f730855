"""How well a picture-text model knows which words fit a picture: figures on fresh paintings.

The model and its processor are loaded as anybody would load them. Two things are asked: which of 32 captions (its own
and those of 31 other pictures, told as captions are, without fillers) belongs to a picture, and what its subject,
ground, light and style are called, among all that the world has, each named as "a painting, NAME".
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPModel, CLIPProcessor

from .measure_depth import SEED, fresh
from .painter import SMALL, Painting, Vocabulary

AMONG = 32
SHIPPED = Path(__file__).parents[2] / "render" / "models" / "sketch" / "picture_text"


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A loaded model; scores(pictures, texts) is its opinion."""

    model: CLIPModel
    processor: CLIPProcessor

    @torch.inference_mode()
    def scores(self, paintings: Sequence[Painting], texts: Sequence[str]) -> Tensor:
        """How well each text fits each painting, (paintings, texts): the model's logits."""
        rows = []
        for first in range(0, len(paintings), 64):
            shown = [painting.picture for painting in paintings[first : first + 64]]
            taken = self.processor(
                images=shown, text=list(texts), return_tensors="pt", padding="max_length", truncation=True
            )
            rows.append(self.model(**taken).logits_per_image)
        return torch.cat(rows)


def load_fit(folder: Path) -> Fit:
    """Load a picture-text model from its folder, in single precision."""
    return Fit(
        model=CLIPModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval(),
        processor=CLIPProcessor.from_pretrained(folder, local_files_only=True),
    )


def right_captions(fit: Fit, paintings: Sequence[Painting], among: int = AMONG) -> float:
    """The share of paintings whose own caption fits best among those of their group of `among`."""
    marks = []
    for first in range(0, len(paintings) - among + 1, among):
        group = paintings[first : first + among]
        scores = fit.scores(group, [painting.caption for painting in group])
        marks.append(scores.argmax(1) == torch.arange(among))
    return float(torch.cat(marks).float().mean())


def right_names(fit: Fit, paintings: Sequence[Painting], world: Vocabulary) -> dict[str, float]:
    """By question, the share of paintings that are named rightly; the subject is asked where it is shown."""
    shares = {}
    for question, answers in world.questions().items():
        phrases = getattr(world, f"{question}s")
        asked = [p for p in paintings if p.scene.subject_shown or question != "subject"]
        said = fit.scores(asked, [f"a painting, {phrases[noun][0]}" for noun in answers]).argmax(1)
        shares[question] = float(
            np.mean([answers[int(s)] == getattr(p.scene, question) for s, p in zip(said, asked, strict=True)])
        )
    return shares


def report(folder: Path = SHIPPED, count: int = 640, world: Vocabulary = SMALL) -> None:
    """Print the picture-text model's figures on fresh paintings of a world."""
    if not (folder / "config.json").is_file():
        print(f"\n{folder}: no picture-text model is trained yet: python -m training.sketch.picture_text")
        return
    fit, paintings = load_fit(folder), fresh(count, world, SEED + 10_000_000)
    print(f"\npicture and text, {count} fresh paintings of the world {world.name}")
    print(f"| the right caption of {AMONG} | **{right_captions(fit, paintings):.1%}** |\n|---|---|")
    for question, share in right_names(fit, paintings, world).items():
        print(f"| the {question}, of {len(world.questions()[question])} | **{share:.1%}** |")


def main() -> None:
    """Command line: python -m training.sketch.measure_picture_text."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, default=SHIPPED)
    parser.add_argument("--count", type=int, default=640)
    args = parser.parse_args()
    report(args.folder, args.count)


if __name__ == "__main__":
    main()
