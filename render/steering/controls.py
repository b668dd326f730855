"""The ControlNets of a project: found, described and checked against its model, before anything is loaded.

Weight, start and end are lanes: `[control.NAME] weight` is `control.NAME` in the timeline, its start
`control.NAME.start`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keyframes import EnvironmentFault, Problem, ProjectError, Row
from projects import Project, located
from projects.lanes import control_lane
from projects.schema.networks import ControlNet

from ..assets.find import Asset, find_asset
from ..assets.kinds import CONTROL
from ..diffusion import ModelSource
from ..diffusion.control.files import UNET, check_control
from ..space.depths import DepthChoice


@dataclass(frozen=True, kw_only=True)
class ProjectControl:
    """A ControlNet of a project. number: its place among them."""

    name: str
    number: int
    given: ControlNet
    file: Asset

    def lane(self, row: Row, setting: str = "weight") -> float:
        """Its weight, start or end at a frame."""
        return row.numbers[control_lane(self.name, setting)]

    def acts(self, row: Row, *, pictured: bool) -> bool:
        """Whether it does something at a frame. pictured: whether there is a picture to paint over."""
        seen = pictured or self.given.source != "frame"
        return seen and self.lane(row) != 0 and self.lane(row, "start") < self.lane(row, "end")

    @property
    def where(self) -> str:
        """The name of the reel that its footage is in."""
        return f"control.{self.name}.source"

    def told(self) -> str:
        """What it is, in a line."""
        detected = "" if self.given.detect == "none" else f" by {self.given.detect}"
        return f"{self.name}: {self.file.name} ({self.file.class_name}), from {self.given.source}{detected}"


def find_controls(project: Project, source: ModelSource, depth: DepthChoice) -> tuple[ProjectControl, ...]:
    """Describe the project's ControlNets and check that they fit its model. Nothing is loaded.

    Raises ProjectError with every one that is not there, damaged, made for another family, or has nothing to see.
    """
    found: list[ProjectControl] = []
    problems: list[Problem] = []
    for number, (name, given) in enumerate(project.file.control.items()):
        problems += _sights(project, name, given, depth)
        try:
            file = find_asset(CONTROL, given.model, folder=project.folder)
            check_control(file, source)
        except EnvironmentFault as error:
            problems.append(Problem(what=str(error), where=f"control.{name}.model"))
            continue
        if given.mode != "balanced" and file.class_name != UNET:
            what = f'mode = "{given.mode}" is for sd, sdxl and kolors models.'
            hint = 'Allowed here: mode = "balanced"'
            problems.append(Problem(what=what, where=f"control.{name}.mode", hint=hint))
        found.append(ProjectControl(name=name, number=number, given=given, file=file))
    if problems:
        raise ProjectError(located(project, problems))
    return tuple(found)


def _sights(project: Project, name: str, given: ControlNet, depth: DepthChoice) -> Iterator[Problem]:
    """What a ControlNet is to see, and cannot."""
    if given.source == "video" and not project.file.video.input:
        yield Problem(
            what="there is no clip in [video].",
            where=f"control.{name}.source",
            hint='Say [video] input = "clip.mp4", or source = "clip.mp4" here.',
        )
    if given.detect != "depth":
        return
    if depth.kind == "flat":
        what, hint = 'motion.depth = "flat" has no depth to show.', 'Example: [motion] depth = "auto"'
        yield Problem(what=what, where=f"control.{name}.detect", hint=hint)
    elif depth.kind != "network" and given.source != "frame":
        yield Problem(
            what=f"the depth of other pictures than the film's own needs a depth network, and motion.depth is "
            f'"{depth.name}".',
            where=f"control.{name}.detect",
            hint='Name one, as [motion] depth = "auto", or show depth that was made before with detect = "none".',
        )
