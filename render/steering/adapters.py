"""The IP-Adapters of a project: found, described and checked against its model, before anything is loaded.

Its weight is a lane: `[ip_adapter.NAME] weight` is `ip_adapter.NAME` in the timeline. Its pictures have keys; between
two keys their embeddings are mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keyframes import EnvironmentFault, Problem, ProjectError, Row
from projects import Project, located
from projects.adapters import adapter_keys
from projects.files import digest_of
from projects.lanes import adapter_lane

from ..diffusion import ModelSource
from ..diffusion.adapters.files import AdapterFile, check_adapter, find_adapter


@dataclass(frozen=True, kw_only=True)
class ProjectAdapter:
    """An IP-Adapter of a project. number: its place among them. keys: (frame, picture, digest), by frame."""

    name: str
    number: int
    file: AdapterFile
    keys: tuple[tuple[int, Path, str], ...]

    def weight(self, row: Row) -> float:
        """Its weight at a frame."""
        return row.numbers[adapter_lane(self.name)]

    def mix(self, frame: int) -> list[tuple[Path, str, float]]:
        """(picture, digest, share) at a frame: one key's alone, or two in a straight line between them."""
        before = [key for key in self.keys if key[0] <= frame] or [self.keys[0]]
        after = [key for key in self.keys if key[0] > frame]
        start, picture, digest = before[-1]
        if not after or start >= frame:
            return [(picture, digest, 1.0)]
        end, other, digest_after = after[0]
        share = (frame - start) / (end - start)
        return [(picture, digest, 1.0 - share), (other, digest_after, share)]

    def told(self) -> str:
        """What it is, in a line."""
        kind = "whole pictures" if self.file.whole else "parts of pictures"
        return f"{self.name}: {self.file.name} ({kind}), {len(self.keys)} pictures"


def find_adapters(project: Project, source: ModelSource) -> tuple[ProjectAdapter, ...]:
    """Describe the project's IP-Adapters and check that they fit its model. Nothing is loaded.

    Raises ProjectError with every one that is not there, damaged, made for another family, or shown nothing.
    """
    found: list[ProjectAdapter] = []
    problems: list[Problem] = []
    for number, (name, given) in enumerate(project.file.ip_adapter.items()):
        keys = tuple(
            (frame, path, digest_of(path))
            for frame, key in adapter_keys(project.file, project.clock, name)
            for path in list(project.pictures[key].values())[:1]
        )
        try:
            file = find_adapter(given.model, given.encoder, folder=project.folder)
            check_adapter(file, source)
        except EnvironmentFault as error:
            problems.append(Problem(what=str(error), where=f"ip_adapter.{name}.model"))
            continue
        found.append(ProjectAdapter(name=name, number=number, file=file, keys=keys))
    if problems:
        raise ProjectError(located(project, problems))
    return tuple(found)


def adapter_inputs(adapters: tuple[ProjectAdapter, ...], row: Row) -> list[tuple[object, ...]]:
    """What a frame is made from, of the IP-Adapters: files, weight and pictures of each that does something."""
    return [
        (
            adapter.file.digest,
            adapter.weight(row),
            [(digest, share) for _, digest, share in adapter.mix(row.frame)],
        )
        for adapter in adapters
        if adapter.weight(row) != 0
    ]
