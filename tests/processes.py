"""Processes of their own for tests that send signals: forked from a server that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "torch",
        "diffusers.pipelines.pipeline_utils",
        "peft",
        "transformers",
        "render.frame",
        "render.film",
        "render.cli.rendering",
        "render.diffusion.pipeline",
        "tests.fakes",
        "rich.console",
    ]
)


def become_a_command(log: Path, cache: Path) -> None:
    """Within a forked process: messages go to a file, caches into a folder, and torch runs on one thread."""
    import torch

    torch.set_num_threads(1)
    os.environ["XDG_CACHE_HOME"] = str(cache)
    for number, descriptor in ((1, sys.stdout), (2, sys.stderr)):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
        descriptor.reconfigure(line_buffering=True)  # type: ignore[union-attr]
