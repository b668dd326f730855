"""Several processes, one core each, training one model: gradients are averaged after each backward pass.

On few shared cores this scales better than threads inside one process, which wait for each other at every operation.
"""

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn

_spawn: Callable[..., object] = spawn  # torch leaves it untyped


def run(work: Callable[..., None], processes: int, *arguments: Any) -> None:
    """Call work(*arguments) in `processes` processes; one is called right here."""
    if processes == 1:
        work(*arguments)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _spawn(_member, args=(work, processes, port, arguments), nprocs=processes)


def _member(
    rank: int, work: Callable[..., None], processes: int, port: int, arguments: Sequence[Any]
) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[rank % len(cores)]})
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=processes)
    try:
        work(*arguments)
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Which process this is; 0 alone or first."""
    return dist.get_rank() if dist.is_initialized() else 0


def average_gradients(weights: Sequence[nn.Parameter]) -> None:
    """Make the gradients of all processes their mean."""
    if not dist.is_initialized():
        return
    grads = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([grad.reshape(-1) for grad in grads])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    at = 0
    for grad in grads:
        grad.copy_(flat[at : at + grad.numel()].view_as(grad))
        at += grad.numel()


def agree(value: float) -> float:
    """The first process's value, so that all stop at the same step."""
    if not dist.is_initialized():
        return value
    shared: Tensor = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, 0)
    return float(shared)
