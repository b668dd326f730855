"""Train the picture-text model of `sketch`: a small CLIP (Radford et al. 2021, arXiv 2103.00020) that tells how well a
picture fits a prompt.

Two errors are added. Pictures and captions of a batch must find each other (InfoNCE, both ways); and each picture must
find its subject, ground, light and style among all that its world has, each said in one of its phrases. The second
gives every picture a word with many wrong ones, which a small batch of captions does not.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
)

from . import checkpoint, loop, team
from .data import load_set, world_of
from .painter import FIRST, Scene, Vocabulary
from .words import LENGTH, sample_captions, tell, tokens, train_tokenizer

SEEN, PATCH = 64, 8
KEPT = 72  # side at which the paintings are kept in memory: cut to SEEN by lot
WIDTH = 128
OF_NAMES = 0.5


def make_model(tokenizer: CLIPTokenizer) -> CLIPModel:
    """The untrained model for a tokenizer."""
    size = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_attention_heads": 4}
    return CLIPModel(
        CLIPConfig(
            text_config=CLIPTextConfig(
                **size,
                num_hidden_layers=2,
                vocab_size=len(tokenizer),
                max_position_embeddings=LENGTH,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            ).to_dict(),
            vision_config=CLIPVisionConfig(
                **size, num_hidden_layers=4, image_size=SEEN, patch_size=PATCH
            ).to_dict(),
            projection_dim=WIDTH,
        )
    )


def look(model: CLIPModel, pictures: Tensor) -> Tensor:
    """Unit vectors (B, WIDTH) of pictures (B, 3, SEEN, SEEN) in [-1, 1]."""
    return F.normalize(model.visual_projection(model.vision_model(pictures).pooler_output).float(), dim=1)


def read(model: CLIPModel, ids: Tensor) -> Tensor:
    """Unit vectors (B, WIDTH) of token ids (B, L), L at most LENGTH."""
    return F.normalize(model.text_projection(model.text_model(ids).pooler_output).float(), dim=1)


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """pictures: uint8 (N, KEPT, KEPT, 3) of the scenes of one world."""

    pictures: NDArray[np.uint8]
    scenes: Sequence[Scene]
    tokenizer: CLIPTokenizer
    world: Vocabulary

    def batch(self, rng: np.random.Generator, size: int) -> tuple[Tensor, list[Scene]]:
        """Pictures (size, 3, SEEN, SEEN) in [-1, 1], mirrored, cut and lit by lot, and their scenes."""
        rows = rng.integers(0, len(self.pictures), size)
        pictures = []
        for row, (top, left) in zip(rows, rng.integers(0, KEPT - SEEN + 1, (size, 2)), strict=True):
            cut = self.pictures[row, top : top + SEEN, left : left + SEEN]
            pictures.append(cut[:, :: -1 if rng.random() < 0.5 else 1])
        seen = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255.0
        gamma = torch.from_numpy(rng.uniform(0.85, 1.18, (size, 1, 1, 1)).astype(np.float32))
        return seen.clamp(min=1e-4) ** gamma * 2.0 - 1.0, [self.scenes[row] for row in rows]

    def captions(self, scenes: Sequence[Scene], rng: np.random.Generator) -> Tensor:
        """Token ids (B, L) of freshly told captions."""
        return trimmed(tokens(self.tokenizer, [tell(scene, rng) for scene in scenes]))

    def names(self, rng: np.random.Generator) -> Tensor:
        """Token ids (K, L) of all answers to all questions of the world, one after the other, in phrases by lot."""
        nouns = [getattr(self.world, f"{question}s").values() for question in self.world.questions()]
        said = [_said(str(rng.choice(phrases)), rng) for answers in nouns for phrases in answers]
        return trimmed(tokens(self.tokenizer, said))


def _said(phrase: str, rng: np.random.Generator) -> str:
    return str(rng.choice(["{}", "a picture of {}", "a painting, {}"])).format(phrase)


def trimmed(ids: Tensor) -> Tensor:
    """Token ids (B, L) without the columns that pad every row: they come last, and nothing looks ahead to them."""
    return ids[:, : int((ids != ids[:, -1:]).sum(1).max()) + 1]


def get_tokenizer(folder: Path, world: Vocabulary) -> CLIPTokenizer:
    """The run's tokenizer, learned at the first call."""
    if not (folder / "picture_text_tokenizer").exists():
        captions = sample_captions(10_000, 20_000_000, world)
        train_tokenizer(captions, folder / "picture_text_tokenizer", 1400 if world == FIRST else 2000)
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder / "picture_text_tokenizer")
    return tokenizer


def load_lessons(folder: Path, paintings: Path) -> Lessons:
    """The lessons of a painted set; the tokenizer is the run folder's."""
    import cv2

    pictures, scenes = load_set(paintings)
    small = np.stack([cv2.resize(one, (KEPT, KEPT), interpolation=cv2.INTER_AREA) for one in pictures])
    world = world_of(paintings) or FIRST
    return Lessons(
        pictures=small.astype(np.uint8), scenes=scenes, tokenizer=get_tokenizer(folder, world), world=world
    )


def matched(pictures: Tensor, texts: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE: each picture's own text among the batch's and each text's own picture, (B, D) unit vectors."""
    logits, own = scale * pictures @ texts.T, torch.arange(len(pictures))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def loss_of_batch(model: CLIPModel, lessons: Lessons, rng: np.random.Generator, batch: int) -> Tensor:
    """Both errors of one fresh batch."""
    shown, scenes = lessons.batch(rng, batch)
    captions, names = lessons.captions(scenes, rng), lessons.names(rng)
    with torch.autocast("cpu", torch.bfloat16):
        pictures, told, named = look(model, shown), read(model, captions), read(model, names)
    scale = model.logit_scale.exp().clamp(max=100.0)
    loss = matched(pictures, told, scale)
    questions = lessons.world.questions()
    parts = torch.split(named, [len(answers) for answers in questions.values()])
    for (question, answers), vectors in zip(questions.items(), parts, strict=True):
        true = torch.tensor([_answer(scene, question, answers) for scene in scenes])
        loss = loss + OF_NAMES * F.cross_entropy(scale * pictures @ vectors.T, true)
    return loss


def _answer(scene: Scene, question: str, answers: Sequence[str]) -> int:
    """Which answer is right; none (-100, as cross entropy has it) to what the subject is where none is shown."""
    if question == "subject" and not scene.subject_shown:
        return -100
    return answers.index(getattr(scene, question))


def train(folder: Path, paintings: Path, minutes: float, batch: int = 32) -> None:
    """Train for `minutes` in all, into picture_text.pt of the folder."""
    torch.manual_seed(0)
    lessons = load_lessons(folder, paintings)
    model = make_model(lessons.tokenizer)
    loop.train(
        model,
        lambda rng: loss_of_batch(model, lessons, rng, batch),
        path=folder / "picture_text.pt",
        minutes=minutes,
        peak=1e-3,
        decay=0.995,
    )


def package(folder: Path, out: Path) -> None:
    """Write what ships, from the averaged weights of a run: CLIP's format with its processor, half precision."""
    state = checkpoint.load(folder / "picture_text.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'picture_text.pt'}: train the picture-text model first")
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder / "picture_text_tokenizer")
    model = make_model(tokenizer)
    model.load_state_dict(state["average"])
    model.half().save_pretrained(out)
    processor = CLIPImageProcessorPil(
        size={"height": SEEN, "width": SEEN},
        do_center_crop=False,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    CLIPProcessor(image_processor=processor, tokenizer=tokenizer).save_pretrained(out)
    for file in out.glob("*.json"):
        if str(folder) in file.read_text():
            raise ValueError(f"{file} names a folder of this machine")


def main() -> None:
    """Command line: python -m training.sketch.picture_text runs/eyes --out render/models/sketch/picture_text."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--paintings", type=Path, help="a painted set; default: train/ of the folder")
    parser.add_argument("--minutes", type=float, default=14.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the finished model is written")
    args = parser.parse_args()
    paintings = args.paintings or args.folder / "train"
    get_tokenizer(args.folder, world_of(paintings) or FIRST)  # before there are several processes
    team.run(train, args.processes, args.folder, paintings, args.minutes)
    if args.out is not None:
        package(args.folder, args.out)


if __name__ == "__main__":
    main()
