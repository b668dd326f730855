"""What a project asks for and cannot have, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from keyframes import EnvironmentFault, Problem, ProjectError, Timeline
from projects import Project, located

from ..assets.find import find_asset
from ..assets.kinds import RAFT

PACKAGE = "torchvision"
WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
SHA256 = "ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322"
_OTHERS = 'Or take "dis" or "farneback", which need neither.'


def wrong(
    project: Project, what: str, where: str, *, hint: str = "", frame: int | None = None
) -> ProjectError:
    """The error for one setting or lane."""
    return ProjectError(located(project, [Problem(what=what, where=where, hint=hint, frame=frame)]))


@contextmanager
def named_in(project: Project, where: str) -> Iterator[None]:
    """Within this, what is not there, or does not fit, is a mistake of the setting that names it."""
    try:
        yield
    except EnvironmentFault as error:
        raise wrong(project, str(error), where) from None


def check_planes(project: Project, timeline: Timeline) -> None:
    """The near plane must be nearer than the far plane, at every frame."""
    near, far = timeline.numbers["near"], timeline.numbers["far"]
    beyond = (near >= far).nonzero()[0]
    if beyond.size:
        frame = int(beyond[0])
        what = f"the near plane ({near[frame]:g}) must be nearer than the far plane ({far[frame]:g})."
        raise wrong(project, what, "near", hint="Example: near = 200, far = 10000", frame=frame)


def check_stereo(project: Project) -> None:
    """A film for two eyes needs depth; half a sphere has no screen."""
    output = project.file.output
    if output.vr == "none":
        return
    if project.file.motion.mode != "3d":
        what, hint = (
            "Stereo output needs depth, and a 2D film has no depth.",
            'Write mode = "3d" in [motion].',
        )
        raise wrong(project, what, "output.vr", hint=hint)
    if output.vr == "equirect-180" and output.vr_screen:
        what = "half a sphere has no screen: its eyes look straight on."
        raise wrong(project, what, "output.vr_screen", hint="Take vr_screen out.")


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
