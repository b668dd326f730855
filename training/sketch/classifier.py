"""A judge of pictures: names subject, ground, light and style. Trained on fresh paintings of its own seeds.

Its questions are those of a vocabulary; where several subjects are in a picture, the main one is asked for.
It sees nothing that `sketch` was trained on, and `sketch` never sees it: its verdict on sampled pictures is what the
model card reports.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from . import checkpoint
from .painter import FIRST, Scene, Vocabulary, paint

SEED = 500_000_000
SIDE = 128


class Judge(nn.Module):
    """A plain convolutional network on pictures (B, 3, 128, 128) in [-1, 1]; logits for each question of a world."""

    def __init__(self, world: Vocabulary = FIRST) -> None:
        super().__init__()
        self.world = world
        layers: list[nn.Module] = []
        width = 3
        for out in (24, 48, 96, 128, 160):
            layers += [nn.Conv2d(width, out, 3, stride=2, padding=1), nn.GroupNorm(8, out), nn.SiLU()]
            layers += [nn.Conv2d(out, out, 3, padding=1), nn.GroupNorm(8, out), nn.SiLU()]
            width = out
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width * 2, len(words)) for name, words in world.questions().items()}
        )

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        """Logits by question."""
        seen = self.body(picture)
        told = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)
        return {name: head(told) for name, head in self.heads.items()}


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Pictures (N, 3, 128, 128) in [-1, 1] and the right answers (N,) by question."""

    pictures: Tensor
    answers: dict[str, Tensor]


def paintings(count: int, seed: int, world: Vocabulary = FIRST) -> Lesson:
    """Fresh paintings of a world with their subject shown."""
    questions = world.questions()
    pictures: list[Tensor] = []
    answers: dict[str, list[int]] = {name: [] for name in questions}
    at = seed
    while len(pictures) < count:
        painting = paint(at, world=world)
        at += 1
        if not painting.scene.subject_shown:
            continue
        pictures.append(
            small(torch.from_numpy(painting.picture).permute(2, 0, 1)[None].float() / 127.5 - 1.0)[0]
        )
        for name, words in questions.items():
            answers[name].append(words.index(getattr(painting.scene, name)))
    return Lesson(pictures=torch.stack(pictures), answers={n: torch.tensor(a) for n, a in answers.items()})


def small(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) at the judge's size."""
    return F.interpolate(pictures, (SIDE, SIDE), mode="area")


def train_judge(folder: Path, count: int = 8000, epochs: int = 8, world: Vocabulary = FIRST) -> Judge:
    """The judge of a world, trained once and kept in the folder."""
    torch.manual_seed(1)
    judge = Judge(world)
    kept = folder / ("judge.pt" if world == FIRST else f"judge-{world.name}.pt")
    if state := checkpoint.load(kept):
        judge.load_state_dict(state["model"])
        return judge.eval()
    lesson = paintings(count, SEED, world)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=0.05)
    rng = np.random.default_rng(0)
    steps = epochs * (count // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(count)[: count // 32 * 32], count // 32):
            loss = _loss(judge, lesson, rows, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    checkpoint.save(kept, {"model": judge.state_dict()})
    return judge.eval()


def _loss(judge: Judge, lesson: Lesson, rows: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
    pictures = lesson.pictures[rows]
    pictures = pictures.flip(3) if rng.random() < 0.5 else pictures
    pictures = pictures + 0.1 * float(rng.random()) * torch.randn_like(pictures)
    if rng.random() < 0.5:  # the judge must not live on fine detail that a small model cannot paint
        pictures = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")
    said = judge(pictures)
    return sum((F.cross_entropy(said[n], lesson.answers[n][rows]) for n in said), torch.zeros(()))


@torch.inference_mode()
def verdicts(judge: Judge, pictures: Tensor) -> dict[str, Tensor]:
    """Answers (B,) by question for pictures (B, 3, H, W) in [0, 1]."""
    return {name: logits.argmax(1) for name, logits in judge(small(pictures * 2.0 - 1.0)).items()}


def right(judge: Judge, pictures: Tensor, scenes: list[Scene]) -> dict[str, list[bool]]:
    """For each question, whether the judge names what the scene says, picture by picture."""
    said = verdicts(judge, pictures)
    return {
        name: [words[int(a)] == getattr(s, name) for a, s in zip(said[name], scenes, strict=True)]
        for name, words in judge.world.questions().items()
    }
