"""Loading models for tests: the parts of a ModelSpec as keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from render.diffusion import Inversion, ModelSource, ModelSpec
from render.diffusion.embeddings import Notice
from render.diffusion.model import Model
from render.diffusion.pipeline import load_model as load_spec


def load_model(
    source: ModelSource,
    *,
    notice: Notice | None = None,
    inversions: Mapping[str, Inversion] | None = None,
    **parts: Any,
) -> Model:
    """Load a model; sequences among `parts` become tuples."""
    given = {
        name: tuple(part) if isinstance(part, Sequence) and not isinstance(part, str) else part
        for name, part in parts.items()
    }
    return load_spec(ModelSpec(source=source, embeddings=tuple((inversions or {}).items()), **given), notice)
