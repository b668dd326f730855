"""Teach the UNet its own guidance, so that a frame costs half the evaluations.

Classifier-free guidance asks the network twice a step, with the words and without. The student learns to say in one
answer what the teacher (the trained model) says guided: v = v_without + scale * (v_with - v_without) (Meng et al. 2023,
arXiv 2210.03142, stage one). It is told the scale, as LCM's UNets are (`time_cond_proj_dim`), so that `cfg_scale` means
what it means for any model. Told 1 it answers without guidance; a negative prompt is then heard in the ordinary way.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from . import loop, team
from .text_to_image import Task, TextToImage, get_tokenizer, load_course, load_trained, make_scheduler
from .words import tokens

USUAL, MOST = 3.0, 8.0  # the scale that every second lesson has, and the largest


def train(folder: Path, minutes: float, batch: int = 32) -> None:
    """Train for `minutes` in all, into distilled.pt of the folder (the whole text-to-image model)."""
    torch.manual_seed(0)
    course, teacher = load_course(folder), load_trained(folder)
    student = make_student(folder, teacher)
    alphas = make_scheduler().alphas_cumprod
    empty = tokens(get_tokenizer(folder), [""])

    def loss_of(rng: np.random.Generator) -> torch.Tensor:
        task = course.task(rng, batch, alphas)
        scales = draw_scales(rng, len(task.times))
        said = student(task.noisy, task.times, task.ids, scales)
        return task.error(said, guided(teacher, task, empty, scales))

    loop.train(student, loss_of, path=folder / "distilled.pt", minutes=minutes, peak=3e-4, decay=0.99)


def make_student(folder: Path, teacher: TextToImage) -> TextToImage:
    """A model that is told the scale and does not heed it yet: it answers as the teacher does without guidance."""
    student = TextToImage(get_tokenizer(folder), told=True)
    student.load_state_dict({**student.state_dict(), **teacher.state_dict()})  # all but the new input
    student.text_encoder.requires_grad_(False)
    return student


def draw_scales(rng: np.random.Generator, count: int) -> list[float]:
    """Scales to learn: half the usual one, an eighth none (1), the others anything up to the largest."""
    lots = rng.random(count)
    others = 1.0 + (MOST - 1.0) * rng.random(count)
    return [float(x) for x in np.where(lots < 0.5, USUAL, np.where(lots < 0.625, 1.0, others))]


@torch.no_grad()
def guided(teacher: TextToImage, task: Task, empty: torch.Tensor, scales: Sequence[float]) -> torch.Tensor:
    """What the teacher says of a task under guidance, (B, C, h, w); empty: the token ids (1, LENGTH) of no words."""
    words = torch.cat([empty.expand_as(task.ids), task.ids])
    both = teacher(task.noisy.repeat(2, 1, 1, 1), task.times.repeat(2), words)
    without, with_words = both.chunk(2)
    mixed: torch.Tensor = without + torch.tensor(scales)[:, None, None, None] * (with_words - without)
    return mixed


def main() -> None:
    """Command line: python -m training.sketch.distill runs/sketch --minutes 20 --processes 2."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.minutes)


if __name__ == "__main__":
    main()
