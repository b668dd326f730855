"""Teach the UNet its own guidance, so that a frame costs half the evaluations.

Classifier-free guidance asks the network twice a step, with the words and without. The student learns to say in one
answer what the teacher (the trained model) says guided: v = v_without + scale * (v_with - v_without) (Meng et al. 2023,
arXiv 2210.03142, stage one, at one fixed scale). What ships then runs at `cfg_scale = 1`; more still works on top.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from . import loop, team
from .text_to_image import Task, TextToImage, load_lessons, load_trained, make_scheduler
from .words import tokens

SCALE = 3.0


def train(folder: Path, minutes: float, scale: float, batch: int = 32) -> None:
    """Train for `minutes` in all, into distilled.pt of the folder (the whole text-to-image model)."""
    torch.manual_seed(0)
    lessons = load_lessons(folder)
    teacher, student = load_trained(folder), load_trained(folder)
    student.unet.requires_grad_(True).train()
    alphas = make_scheduler().alphas_cumprod
    empty = tokens(lessons.tokenizer, [""])

    def loss_of(rng: np.random.Generator) -> torch.Tensor:
        task = lessons.task(rng, batch, alphas)
        return task.error(student(task.noisy, task.times, task.ids), guided(teacher, task, empty, scale))

    loop.train(student, loss_of, path=folder / "distilled.pt", minutes=minutes, peak=3e-4, decay=0.99)


@torch.no_grad()
def guided(teacher: TextToImage, task: Task, empty: torch.Tensor, scale: float) -> torch.Tensor:
    """What the teacher says of a task under guidance, (B, C, h, w); empty: the token ids (1, LENGTH) of no words."""
    words = torch.cat([empty.expand_as(task.ids), task.ids])
    both = teacher(task.noisy.repeat(2, 1, 1, 1), task.times.repeat(2), words)
    without, with_words = both.chunk(2)
    mixed: torch.Tensor = without + scale * (with_words - without)
    return mixed


def main() -> None:
    """Command line: python -m training.sketch.distill runs/sketch --minutes 8 --processes 2."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--scale", type=float, default=SCALE)
    args = parser.parse_args()
    team.run(train, args.processes, args.folder, args.minutes, args.scale)


if __name__ == "__main__":
    main()
