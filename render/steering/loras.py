"""The LoRAs of a project: found, described and checked against its model, before anything is loaded.

Its weight is a lane: `[lora.NAME] weight` is `lora.NAME` in the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import EnvironmentFault, Problem, ProjectError, Row, Timeline
from projects import Project, located
from projects.lanes import lora_lane

from ..diffusion import ModelSource
from ..diffusion.loras.lora import LoraFile, check_fit, describe, layers_per_block

if TYPE_CHECKING:
    from ..checkpoints import Span


@dataclass(frozen=True, kw_only=True)
class ProjectLora:
    """A LoRA of a project. homeless: how many of its modules the model does not have."""

    name: str
    file: LoraFile
    homeless: int = 0

    def weight(self, row: Row) -> float:
        """Its weight at a frame."""
        return row.numbers[lora_lane(self.name)]

    def told(self) -> str:
        """What it is, in a line."""
        more = f"; {self.homeless} of them are not in this model" if self.homeless else ""
        return f"{self.name}: {self.file.told()}{more}"


def find_loras(project: Project, spans: tuple[Span, ...], timeline: Timeline) -> tuple[Span, ...]:
    """Describe the project's LoRAs, check that they fit its models, and give each model its own. Nothing is loaded.

    Of several models each has the LoRAs that have a weight at one of its frames.
    Raises ProjectError with every LoRA that is damaged, unsafe to open, or made for another family.
    """
    problems: list[Problem] = []
    given: dict[int, list[ProjectLora]] = {number: [] for number in range(len(spans))}
    for name, path in project.loras.items():
        weights = timeline.numbers[lora_lane(name)]
        for number, span in enumerate(spans):
            if len(spans) > 1 and not weights[span.frames.start : span.frames.stop].any():
                continue
            try:
                given[number].append(_fitted(project, name, path, span.source))
            except EnvironmentFault as error:
                problems.append(_misfit(name, span, str(error), alone=len(spans) == 1))
    if problems:
        raise ProjectError(located(project, problems))
    return tuple(replace(span, loras=tuple(given[number])) for number, span in enumerate(spans))


def _fitted(project: Project, name: str, path: Path, source: ModelSource) -> ProjectLora:
    alpha = project.file.lora[name].alpha
    file = describe(path, alpha=alpha, layers=layers_per_block(source))
    return ProjectLora(name=name, file=file, homeless=check_fit(file, source))


def _misfit(name: str, span: Span, why: str, *, alone: bool) -> Problem:
    hint = "" if alone else f"{span.told()}. Where a LoRA does not fit, its weight must be 0, with hold."
    return Problem(what=why, where=f"lora.{name}.path", hint=hint)


def loras_of(spans: tuple[Span, ...]) -> tuple[ProjectLora, ...]:
    """The LoRAs of all models, each once."""
    return tuple({lora.name: lora for span in spans for lora in span.loras}.values())


def lora_inputs(loras: tuple[ProjectLora, ...], row: Row) -> list[tuple[str, float]]:
    """What a frame is made from, of the LoRAs: the digest and the weight of each that does something."""
    return [(lora.file.digest, lora.weight(row)) for lora in loras if lora.weight(row) != 0]
