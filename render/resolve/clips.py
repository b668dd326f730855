"""A project's moving pictures and its depth: found, and opened and counted as far as the film goes."""

from __future__ import annotations

from pathlib import Path

from keyframes import Problem, ProjectError
from projects import Project, located
from projects.files import digest_of
from projects.pictures import uses_depth

from ..assets.find import BUILT_IN
from ..assets.kinds import DEPTH as NETWORK
from ..depth import DepthSource
from ..diffusion import AUTO, ModelSource, find_for
from ..video.clip import Cut
from ..video.containers import exact_rate
from ..video.sources import Source, open_pictures

VIDEO, MASK, DEPTH = "video.input", "video.mask", "motion.depth"


def needs_depth(project: Project) -> bool:
    """Whether anything in the film uses depth: its camera, a mask, or a ControlNet."""
    file = project.file
    for_masks = uses_depth(project.masks.values()) or file.video.mask in ("depth", "video_depth")
    for_controls = any(control.detect == "depth" for control in file.control.values())
    return bool(file.motion.mode == "3d" or for_masks or for_controls)


def find_sources(project: Project, size: tuple[int, int]) -> dict[str, Source]:
    """Every source of a project by the setting that names it, opened and counted as far as the film goes.

    size: (width, height) of the pictures. Raises ProjectError for footage that cannot be read, and for a clip shorter
    than the film unless `video.end` says what follows.
    """
    deep = needs_depth(project)
    used = {name: paths for name, paths in project.footage.items() if name != DEPTH or deep}
    try:
        return {name: _source(project, name, paths, size) for name, paths in used.items()}
    except ProjectError as error:
        raise ProjectError(located(project, error.problems)) from error


def _source(project: Project, name: str, paths: tuple[Path, ...], size: tuple[int, int]) -> Source:
    video, needed = project.file.video, project.file.length
    if name not in (VIDEO, MASK):  # depth, masks, control pictures: the last one stays
        return Source(
            pictures=open_pictures(paths, size=size, needed=needed, cut=Cut(), where=name), end="hold"
        )
    rate = exact_rate(project.file.fps) if video.sync == "time" else None
    cut = Cut(start=video.from_, stop=video.to, every=video.every, rate=rate)
    pictures = open_pictures(paths, size=size, needed=needed, cut=cut, where=name)
    count = len(pictures.digests)
    if name == MASK:  # one picture is a mask for all frames
        return Source(pictures=pictures, end="hold" if count == 1 or video.end == "stop" else video.end)
    if count < needed and video.end == "stop":
        what = f"{paths[0].name} gives {count} pictures, and the film has {needed} frames."
        hint = f'Allowed: frames up to {count}, or video.end = "hold" (the last picture stays) or "loop".'
        raise ProjectError(Problem(what=what, where=VIDEO, frame=count, hint=hint))
    return Source(pictures=pictures, end=video.end)


def find_depth(project: Project, model: ModelSource) -> DepthSource:
    """What `[motion] depth` names. "auto" is the model's own depth network if it is built in and has one, open country
    if it is built in and has none, and the usual network for all others.
    """
    if not needs_depth(project):
        return DepthSource(kind="flat", name="flat")
    if DEPTH in project.footage:
        return DepthSource(kind="clip", name="clip")
    name, path = project.file.motion.depth, project.depth_picture
    if path is not None:
        return DepthSource(kind="picture", name=name, path=path, digest=digest_of(path))
    built_in = model.path is not None and model.path.parent == BUILT_IN
    if name == AUTO and built_in and model.path and not (model.path / NETWORK.own).is_dir():
        name = "ground"
    if name in ("flat", "ground"):
        return DepthSource(kind="flat" if name == "flat" else "ground", name=name)
    if name == AUTO and not built_in:
        name = NETWORK.usual
    network = find_for(NETWORK, name, model, folder=project.folder)
    return DepthSource(kind="network", name=network.name, path=network.path, digest=network.digest)
