"""The LoRAs of a project: found, described and checked against its model, before anything is loaded.

Its weight is a lane: `[lora.NAME] weight` is `lora.NAME` in the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyframes import EnvironmentFault, Problem, ProjectError, Row
from projects import Project, located
from projects.lanes import lora_lane

from .diffusion import ModelSource
from .diffusion.loras.fit import check_fit, layers_per_block
from .diffusion.loras.lora import LoraFile, describe


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


def find_loras(project: Project, source: ModelSource) -> tuple[ProjectLora, ...]:
    """Describe the project's LoRAs and check that they fit its model. Nothing is loaded.

    Raises ProjectError with every LoRA that is damaged, unsafe to open, or made for another family.
    """
    found: list[ProjectLora] = []
    problems: list[Problem] = []
    for name, path in project.loras.items():
        try:
            alpha = project.file.lora[name].alpha
            file = describe(path, alpha=alpha, layers=layers_per_block(source))
            found.append(ProjectLora(name=name, file=file, homeless=check_fit(file, source)))
        except EnvironmentFault as error:
            problems.append(Problem(what=str(error), where=f"lora.{name}.path"))
    if problems:
        raise ProjectError(located(project, problems))
    return tuple(found)


def lora_inputs(loras: tuple[ProjectLora, ...], row: Row) -> list[tuple[str, float]]:
    """What a frame is made from, of the LoRAs: the digest and the weight of each that does something."""
    return [(lora.file.digest, lora.weight(row)) for lora in loras if lora.weight(row) != 0]
