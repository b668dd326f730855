"""A project's moving pictures: which file belongs to which setting, opened and counted as far as the film goes."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from keyframes import EnvironmentFault, Problem, ProjectError
from projects import Project
from projects.pictures import uses_depth
from projects.schema import Video
from projects.toml_lines import line_of

from ..assets.find import find_asset
from ..assets.kinds import RAFT
from ..video.clip import Cut
from ..video.containers import exact_rate
from ..video.sources import Source, open_pictures

VIDEO, MASK, DEPTH = "video.input", "video.mask", "motion.depth"
PACKAGE = "torchvision"
WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
SHA256 = "ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322"
_OTHERS = 'Or take "dis" or "farneback", which need neither.'


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
        placed = [
            replace(problem, file=project.file_name, line=line_of(project.lines, problem.where))
            for problem in error.problems
        ]
        raise ProjectError(placed) from error


def _source(project: Project, name: str, paths: tuple[Path, ...], size: tuple[int, int]) -> Source:
    video, needed = project.file.video, project.file.length
    if name not in (VIDEO, MASK):  # depth, masks, control pictures: the last one stays
        return Source(
            pictures=open_pictures(paths, size=size, needed=needed, cut=Cut(), where=name), end="hold"
        )
    cut = _cut(project, video)
    pictures = open_pictures(paths, size=size, needed=needed, cut=cut, where=name)
    count = len(pictures.digests)
    if name == MASK:  # one picture is a mask for all frames
        return Source(pictures=pictures, end="hold" if count == 1 or video.end == "stop" else video.end)
    if count < needed and video.end == "stop":
        raise ProjectError(_too_short(paths[0], count, needed))
    return Source(pictures=pictures, end=video.end)


def _cut(project: Project, video: Video) -> Cut:
    rate = exact_rate(project.file.fps) if video.sync == "time" else None
    return Cut(start=video.from_, stop=video.to, every=video.every, rate=rate)


def _too_short(path: Path, count: int, needed: int) -> Problem:
    what = f"{path.name} gives {count} pictures, and the film has {needed} frames."
    hint = f'Allowed: frames up to {count}, or video.end = "hold" (the last picture stays) or "loop".'
    return Problem(what=what, where=VIDEO, frame=count, hint=hint)


def check_flows(project: Project) -> None:
    """Raise EnvironmentFault if the project names RAFT and its package or its weights are not here.

    torch is not imported.
    """
    video, diffusion = project.file.video, project.file.diffusion
    used = {
        "[video] flow": video.flow if video.motion == "flow" else "",
        "[diffusion] cadence_flow": diffusion.cadence_flow,
    }
    named = [where for where, method in used.items() if method == "raft"]
    if not named:
        return
    setting = f'{named[0]} = "raft"'
    if find_spec(PACKAGE) is None:
        raise EnvironmentFault(
            f'{setting} needs the package {PACKAGE}, of the torch that is installed: pip install "reverie[raft]". '
            f"{_OTHERS}"
        )
    try:
        weights = find_asset(RAFT, WEIGHTS)
    except EnvironmentFault as error:
        raise EnvironmentFault(f"{setting} needs weights. {error} {_OTHERS}") from None
    if weights.digest != SHA256:
        raise EnvironmentFault(
            f"{setting}: {weights.path} is damaged. Delete it and fetch it again with: {RAFT.fetch}"
        )
