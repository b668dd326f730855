"""A judge of pictures: names subject, ground, light and style. Trained on fresh paintings of its own seeds.

Its questions are those of a vocabulary; where several subjects are in a picture, the main one is asked for.
It sees nothing that `sketch` was trained on, and `sketch` never sees it: its verdict on sampled pictures is what the
model card reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor, nn

from . import checkpoint, loop
from .data import JUDGES, SIDE, load_set, paint_set
from .painter import FIRST, Painting, Scene, Vocabulary, paint

SEED = JUDGES.start
VAE = Path(__file__).parents[2] / "render" / "models" / "sketch" / "vae"
FAR = SIDE // 2  # the side at which it looks at what is in a picture; how it is painted, it sees at full size
COUNT, MINUTES = 5120, 20.0
SOFT = 3  # every third painting is shown as an autoencoder gives it back


class Judge(nn.Module):
    """Two plain convolutional networks: one sees the picture made small, one sees it as it is, stroke by stroke.

    Takes pictures (B, 3, 256, 256) in [-1, 1] and gives logits for each question of a world.
    """

    def __init__(self, world: Vocabulary = FIRST) -> None:
        super().__init__()
        self.world = world
        self.whole, self.strokes = _body((24, 48, 96, 128, 160)), _body((16, 32, 48, 64))
        told = 2 * 160 + 64
        self.heads = nn.ModuleDict(
            {name: nn.Linear(told, len(words)) for name, words in world.questions().items()}
        )

    def forward(self, picture: Tensor, cut: tuple[int, int] | None = None) -> dict[str, Tensor]:
        """Logits by question. cut: row and column of a piece, half the side, whose strokes stand for all (training)."""
        near = picture if cut is None else picture[..., cut[0] : cut[0] + FAR, cut[1] : cut[1] + FAR]
        whole = self.whole(F.interpolate(picture, (FAR, FAR), mode="area"))
        strokes = self.strokes(_fine(near)).mean((2, 3))
        told = torch.cat([whole.mean((2, 3)), whole.amax((2, 3)), strokes], 1)
        return {name: head(told) for name, head in self.heads.items()}


def _fine(picture: Tensor) -> Tensor:
    """What is finer than a stroke is wide: without the colours beneath it, strokes are learned ten times as fast."""
    return 4.0 * (picture - F.avg_pool2d(picture, 7, 1, 3, count_include_pad=False))


def _body(widths: Sequence[int]) -> nn.Sequential:
    """Levels of two convolutions, each half the size of the one before."""
    layers: list[nn.Module] = []
    width = 3
    for out in widths:
        layers += [nn.Conv2d(width, out, 3, stride=2, padding=1), nn.GroupNorm(8, out), nn.SiLU()]
        layers += [nn.Conv2d(out, out, 3, padding=1), nn.GroupNorm(8, out), nn.SiLU()]
        width = out
    return nn.Sequential(*layers)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Pictures uint8 (N, 256, 256, 3), and the right answers (N,) by question."""

    pictures: NDArray[np.uint8]
    answers: dict[str, Tensor]


def lesson_of(pictures: NDArray[np.uint8], scenes: Sequence[Scene], world: Vocabulary) -> Lesson:
    """What is asked about pictures (N, 256, 256, 3) of these scenes, each with its subject shown."""
    answers = {
        name: torch.tensor([words.index(getattr(scene, name)) for scene in scenes])
        for name, words in world.questions().items()
    }
    return Lesson(pictures=pictures, answers=answers)


def paintings(count: int, seed: int, world: Vocabulary = FIRST) -> Lesson:
    """Fresh paintings of a world with their subject shown."""
    shown: list[Painting] = []
    while len(shown) < count:
        painting = paint(seed, world=world)
        seed += 1
        if painting.scene.subject_shown:
            shown.append(painting)
    return lesson_of(np.stack([p.picture for p in shown]), [p.scene for p in shown], world)


def train_judge(folder: Path, world: Vocabulary = FIRST, minutes: float = MINUTES) -> Judge:
    """The judge of a world: what the folder has, trained on to `minutes` in all if it is not there yet."""
    torch.manual_seed(1)
    judge, kept = Judge(world), folder / f"judge-{world.name}.pt"
    state = checkpoint.load(kept)
    if state is None or state["spent"] < 60 * minutes:
        paint_set(folder / "judge", COUNT, SEED, 2, world)
        pictures, scenes = load_set(folder / "judge")
        shown = np.array([row for row, scene in enumerate(scenes) if scene.subject_shown])
        pictures = pictures[shown]
        pictures[::SOFT] = softened(pictures[::SOFT])
        lesson = lesson_of(pictures, [scenes[row] for row in shown], world)
        loop.train(judge, partial(_loss, judge, lesson), path=kept, minutes=minutes, peak=2e-3, decay=0.995)
        state = checkpoint.load(kept)
        assert state is not None  # just written
    judge.load_state_dict(state["average"])
    return judge.eval()


@torch.inference_mode()
def softened(pictures: NDArray[np.uint8], vae: Path = VAE) -> NDArray[np.uint8]:
    """Pictures uint8 (N, 256, 256, 3) as the autoencoder of `sketch` gives them back: no better can it paint."""
    model = AutoencoderTiny.from_pretrained(vae, torch_dtype=torch.float32, local_files_only=True).eval()
    made = np.empty_like(pictures)
    for first in range(0, len(pictures), 16):
        shown = to_judge(pictures[first : first + 16])
        with torch.autocast("cpu", torch.bfloat16):
            back = model.decode(model.encode(shown).latents).sample.float()
        pixels = ((back.clamp(-1, 1) + 1) * 127.5).round().byte()
        made[first : first + 16] = pixels.permute(0, 2, 3, 1).numpy()
    return made


def _loss(judge: Judge, lesson: Lesson, rng: np.random.Generator) -> Tensor:
    """The error on 32 pictures: mirrored, softened and grained a little by lot; more would hide the strokes."""
    at = rng.integers(0, len(lesson.pictures), 32)
    pictures = to_judge(lesson.pictures[at])
    pictures = pictures.flip(3) if rng.random() < 0.5 else pictures
    if rng.random() < 0.3:
        half = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")
        pictures = torch.lerp(pictures, half, float(rng.random()))
    pictures = pictures + 0.02 * float(rng.random()) * torch.randn_like(pictures)
    top, left = rng.integers(0, SIDE - FAR + 1, 2).tolist()
    said = judge(pictures, (top, left))
    return sum((F.cross_entropy(said[n], lesson.answers[n][at]) for n in said), torch.zeros(()))


def to_judge(pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures uint8 (B, 256, 256, 3) as the judge takes them."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0


@torch.inference_mode()
def verdicts(judge: Judge, pictures: Tensor) -> dict[str, Tensor]:
    """Answers (B,) by question for pictures (B, 3, 256, 256) in [0, 1]."""
    return {name: logits.argmax(1) for name, logits in judge(pictures * 2.0 - 1.0).items()}


def right(judge: Judge, pictures: Tensor, scenes: list[Scene]) -> dict[str, list[bool]]:
    """For each question, whether the judge names what the scene says, picture by picture."""
    said = verdicts(judge, pictures)
    return {
        name: [words[int(a)] == getattr(s, name) for a, s in zip(said[name], scenes, strict=True)]
        for name, words in judge.world.questions().items()
    }
