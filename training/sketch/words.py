"""The words of `sketch`: a CLIP tokenizer of its own (byte-pair merges learned from captions) and its captions.

People write words that the painted world lacks. Captions therefore carry filler words now and then, so that the
text encoder learns to read over what it does not know instead of stumbling.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from .painter import FIRST, WORLDS, Scene, Vocabulary, caption, draw_scene

LENGTH = 48
START, END = "<|startoftext|>", "<|endoftext|>"

FILLERS = tuple(
    [
        "beautiful",
        "detailed",
        "dreamy",
        "calm",
        "quiet",
        "wide",
        "distant",
        "masterpiece",
        "highly",
        "soft",
        "light",
        "dark",
        "warm",
        "cold",
        "golden",
        "silver",
        "misty",
        "lovely",
        "epic",
        "cinematic",
        "trending",
        "artstation",
        "painted",
        "picture",
        "scene",
        "landscape",
        "view",
        "tiny",
        "huge",
        "ancient",
        "magic",
        "cliff",
        "rocks",
        "waves",
        "shore",
        "harbor",
        "island",
        "valley",
        "river",
        "forest",
        "path",
        "road",
        "garden",
        "hill",
        "horizon",
        "sky",
        "sun",
        "moon",
        "wind",
        "of",
        "a",
        "the",
        "with",
        "in",
        "on",
        "at",
        "by",
        "and",
        "above",
        "below",
        "near",
        "far",
        "behind",
        "over",
        "under",
        "between",
        "through",
        "very",
        "some",
        "many",
        "one",
        "two",
        "red",
        "blue",
        "green",
        "yellow",
        "purple",
        "white",
        "black",
        "grey",
        "colorful",
        "bright",
        "deep",
        "gentle",
        "wild",
        "silent",
        "lonely",
        "old",
        "new",
        "style",
    ]
)

# words that captions use and that mean little by themselves: they stay fillers in every world
_SMALL = set(
    [
        "a",
        "of",
        "the",
        "with",
        "in",
        "on",
        "at",
        "by",
        "and",
        "above",
        "near",
        "far",
        "behind",
        "over",
        "under",
        "very",
        "some",
    ]
)


def train_tokenizer(captions: Iterable[str], folder: Path, size: int = 1400) -> CLIPTokenizer:
    """Learn byte-pair merges from captions and save a CLIPTokenizer into `folder`."""
    plain = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>", unk_token=END))
    plain.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    plain.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=sorted(alphabet),
        special_tokens=[START, END],
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    plain.train_from_iterator([*captions, *FILLERS * 20], trainer)
    learned = json.loads(plain.to_str())["model"]
    vocab = learned["vocab"]
    for letter in sorted(alphabet):  # every byte may also end a word; CLIP's vocabulary has both forms
        vocab.setdefault(letter + "</w>", len(vocab))
    merges = [tuple(merge) for merge in learned["merges"]]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=LENGTH)
    tokenizer.save_pretrained(folder)
    return tokenizer


def sample_captions(count: int, seed: int, world: Vocabulary = FIRST) -> list[str]:
    """Captions of scenes of a world drawn by lot, to learn the tokenizer from; nothing is painted."""
    rng = np.random.default_rng(seed)
    return [caption(draw_scene(rng, world), rng) for _ in range(count)]


@cache
def fillers(world: str) -> tuple[str, ...]:
    """The words that say nothing in a world: those that a caption may mean are left out.

    The first world keeps them all, as its model was trained.
    """
    if world == FIRST.name:
        return FILLERS
    meant = {word for phrase in WORLDS[world].phrases() for word in phrase.split()} - _SMALL
    meant |= {"one", "two", "many"}
    return tuple(word for word in FILLERS if word not in meant)


def tell(scene: Scene, rng: np.random.Generator) -> str:
    """A caption of the scene, sometimes with fillers strewn in."""
    words = caption(scene, rng)
    if rng.random() < 0.35:
        pieces = words.split(" ")
        for _ in range(int(rng.integers(1, 5))):
            pieces.insert(int(rng.integers(len(pieces) + 1)), str(rng.choice(fillers(scene.world))))
        words = " ".join(pieces)
    if rng.random() < 0.1:
        made_up = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), int(rng.integers(3, 9))))
        words = f"{words}, {made_up}"
    return words


def tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """Token ids (len(texts), LENGTH), padded and cut as the diffusers pipelines do."""
    ids: torch.Tensor = tokenizer(
        texts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    ).input_ids
    return ids
