"""Optical flow by a network: whether what it needs is here, told by `plan` before anything is loaded."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from keyframes import EnvironmentFault
from projects import Project
from projects.files import digest_of

PACKAGE = "torchvision"
WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
SHA256 = "ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322"
_OTHERS = 'Or take "dis" or "farneback", which need neither.'
_FETCH = (
    'python -c "from torchvision.models.optical_flow import Raft_Large_Weights as w; '
    'w.C_T_SKHT_V2.get_state_dict()"'
)


def check_flows(project: Project) -> None:
    """Raise EnvironmentFault if the project names RAFT and its package or its weights are not here."""
    video, diffusion = project.file.video, project.file.diffusion
    used = {
        "[video] flow": video.flow if video.motion == "flow" else "",
        "[diffusion] cadence_flow": diffusion.cadence_flow,
    }
    named = [where for where, method in used.items() if method == "raft"]
    if not named:
        return
    told = f'{named[0]} = "raft"'
    if find_spec(PACKAGE) is None:
        raise EnvironmentFault(
            f'{told} needs the package {PACKAGE}, of the torch that is installed: pip install "reverie[raft]". '
            f"{_OTHERS}"
        )
    file = weights_place()
    if not file.is_file():
        raise EnvironmentFault(
            f"{told} needs RAFT's weights, {file}. Fetch them once with: {_FETCH}. {_OTHERS}"
        )
    if digest_of(file) != SHA256:
        raise EnvironmentFault(f"{told}: {file} is damaged. Delete it and fetch it again with: {_FETCH}")


def weights_place() -> Path:
    """Where torch keeps what it fetches (torch.hub.get_dir), found without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints" / WEIGHTS
