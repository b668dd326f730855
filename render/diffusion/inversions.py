"""Textual inversion: vectors that a text encoder reads in place of a word (Gal et al. 2022, arXiv:2208.01618).

Files, safetensors only: A1111's (`emb_params`), diffusers' (one tensor, under any name), SDXL's (`clip_l`, `clip_g`).
A word with several vectors takes as many tokens of the model's window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyframes.errors import EnvironmentFault
from render.assets.files import read_header
from render.assets.find import asset_at
from render.assets.kinds import EMBEDDING
from render.diffusion.model_source import ModelSource

if TYPE_CHECKING:
    from torch import Tensor

WordTokens = Mapping[str, tuple[str, ...]]  # by a word in small letters, the tokens that stand for it
FAMILIES = ("sd", "sdxl")
ENCODERS = ("text_encoder", "text_encoder_2")
_SDXL = ("clip_l", "clip_g")
_SDXL_WIDTHS = (768, 1280)
_OF_SINGLE_FILES = (
    "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
    "cond_stage_model.model.token_embedding.weight",
)
_OLD_END = 2  # the end token that old CLIP configs name; see _fix_end_token


@dataclass(frozen=True, kw_only=True)
class Inversion:
    """A file of vectors: for each text encoder the tensor's name, its number of vectors and their width."""

    path: Path
    digest: str
    tensors: tuple[tuple[str, int, int], ...]

    @property
    def vectors(self) -> int:
        """How many tokens the word takes."""
        return self.tensors[0][1]

    @property
    def widths(self) -> tuple[int, ...]:
        """The width for each text encoder."""
        return tuple(width for _, _, width in self.tensors)


def describe_inversion(path: Path) -> Inversion:
    """Describe a file by its header. Raises EnvironmentFault for a pickle, and for files of other things."""
    digest = asset_at(EMBEDDING, path.name, path).digest
    header = read_header(path)
    names = _SDXL if set(header) == set(_SDXL) else tuple(header)
    shapes = [_two(header[name].shape) for name in names]
    if (len(names) != 1 and names != _SDXL) or None in shapes:
        raise EnvironmentFault(
            f"{path.name} is no textual inversion: it holds {len(header)} tensors, such as "
            f'"{next(iter(header), "")[:60]}". Allowed: emb_params, one tensor (diffusers), or clip_l and clip_g.'
        )
    tensors = tuple((name, *shape) for name, shape in zip(names, shapes, strict=True) if shape is not None)
    if len({count for _, count, _ in tensors}) != 1:
        raise EnvironmentFault(f"{path.name}: clip_l and clip_g differ in their number of vectors.")
    return Inversion(path=path, digest=digest, tensors=tensors)


def check_inversion(file: Inversion, source: ModelSource) -> None:
    """Check that vectors are as wide as a model's text encoders. Raises EnvironmentFault if they are not."""
    if not source.family:
        return
    if source.family not in FAMILIES:
        raise EnvironmentFault(
            f'{file.path.name} does not work with "{source.name}": textual inversion is for {" and ".join(FAMILIES)} '
            f"models here, and this one is of the family {source.family}."
        )
    wanted = _widths(source)
    if wanted and wanted != file.widths:
        raise EnvironmentFault(
            f'{file.path.name} does not fit "{source.name}": its vectors are {_joined(file.widths)} wide, and the '
            f"model's text encoders {_joined(wanted)}. Use one made for such {source.family} models."
        )


def expanded(text: str, tokens: WordTokens) -> str:
    """Return a text with its words replaced by their tokens."""
    if not tokens:
        return text
    return _pattern(tokens).sub(lambda found: " ".join(tokens[found[0].lower()]), text)


def words_in(texts: Iterable[str], words: Sequence[str]) -> list[str]:
    """Return the words that one of the texts contains, in small letters and sorted."""
    if not words:
        return []
    pattern = _pattern(words)
    return sorted({found.lower() for text in texts for found in pattern.findall(text)})


def attach_inversions(pipe: Any, files: Mapping[str, Inversion]) -> WordTokens:
    """Add the words' vectors to a pipeline's tokenizers and text encoders, each as a token of its own.

    Raises EnvironmentFault for vectors of another width.
    """
    tokens = {
        word.lower(): tuple(f"<{word.lower()}-{number}>" for number in range(file.vectors))
        for word, file in files.items()
    }
    for word, file in files.items():
        for (name, _, _), end in zip(file.tensors, ("", "_2"), strict=False):
            reader, encoder = getattr(pipe, f"tokenizer{end}"), getattr(pipe, f"text_encoder{end}")
            _add_words(reader, encoder, tokens[word.lower()], _read(file.path, name), file)
    return tokens


def _add_words(reader: Any, encoder: Any, tokens: Sequence[str], vectors: Tensor, file: Inversion) -> None:
    import torch
    from tokenizers import AddedToken

    width = encoder.get_input_embeddings().weight.shape[1]
    if vectors.shape[1] != width:
        raise EnvironmentFault(
            f"{file.path.name} does not fit: its vectors are {vectors.shape[1]} wide, the text encoder {width}."
        )
    reader.add_tokens([AddedToken(token, normalized=False, special=False) for token in tokens])
    numbers = reader.convert_tokens_to_ids(list(tokens))
    rows = max(encoder.get_input_embeddings().weight.shape[0], max(numbers) + 1)
    encoder.resize_token_embeddings(rows, mean_resizing=False)
    weight = encoder.get_input_embeddings().weight
    with torch.no_grad():
        weight[numbers] = vectors.to(weight)
    _fix_end_token(reader, encoder)


def _fix_end_token(reader: Any, encoder: Any) -> None:
    """Make CLIP take the pooled output at the end token.

    Old configs name a wrong end token. CLIP then takes the token of the highest number, and with words added that is no
    longer the end token.
    """
    for module in encoder.modules():
        if getattr(module, "eos_token_id", None) == _OLD_END:
            module.eos_token_id = reader.eos_token_id


def _read(path: Path, name: str) -> Tensor:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        found: Tensor = file.get_tensor(name)
    return found if found.ndim == 2 else found[None]


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)


def _two(shape: Sequence[int]) -> tuple[int, int] | None:
    """Return (vectors, width) of a tensor's shape; None for one of other dimensions."""
    if len(shape) == 1:
        return 1, int(shape[0])
    return (int(shape[0]), int(shape[1])) if len(shape) == 2 and shape[0] else None


def _widths(source: ModelSource) -> tuple[int, ...]:
    """Return the widths of a model's text encoders; () where its files do not say."""
    if source.path is None:
        return ()
    if source.kind == "single-file":
        if source.family == "sdxl":
            return _SDXL_WIDTHS
        header = read_header(source.path)
        return tuple(int(header[name].shape[1]) for name in _OF_SINGLE_FILES if name in header)[:1]
    configs = (source.config(encoder) for encoder in ENCODERS)
    return tuple(int(config.get("hidden_size", 0)) for config in configs if config)


def _joined(widths: Sequence[int]) -> str:
    return " and ".join(map(str, widths))
