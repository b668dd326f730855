"""What all tests share: the devices there are, and an empty cache of the hub."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # two processes of two threads each wait for one another on two cores; programs that tests start take it on
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

# how long an example takes says more of the machine than of the code
settings.register_profile("reverie", deadline=None)
settings.load_profile("reverie")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return torch.device(request.param)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    return folder
