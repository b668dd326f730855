"""The training loop that every part shares: time instead of steps, resuming, averaged weights, several processes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from . import checkpoint, team

Loss = Callable[[np.random.Generator], Tensor]


def train(
    model: nn.Module,
    loss_of: Loss,
    *,
    path: Path,
    minutes: float,
    peak: float,
    decay: float,
    on_save: Callable[[checkpoint.Average], None] | None = None,
) -> None:
    """Train `model` for `minutes` of work in all; a restart with the same path goes on where the last one stopped.

    loss_of: the loss of one fresh batch. peak: highest learning rate. decay: of the average of weights. A checkpoint is
    written every two minutes and at the end (by the first process), then `on_save` is called with the average.
    """
    average = checkpoint.Average(model, decay)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=peak, betas=(0.9, 0.99), weight_decay=0.01)
    step, spent = 0, 0.0
    if state := checkpoint.load(path):
        model.load_state_dict(state["model"])
        if "optimizer" in state:  # not in one made from shipped weights
            optimizer.load_state_dict(state["optimizer"])
        average.weights, step, spent = state["average"], state["step"], state["spent"]
    torch.manual_seed(1000 + 10 * step + team.rank())
    rng = np.random.default_rng([step, team.rank()])
    budget, saved, losses = checkpoint.Budget(minutes, spent), spent, [0.0]

    def save() -> None:
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average.weights}
        checkpoint.save(path, {**state, "step": step, "spent": budget.spent})
        if on_save is not None:
            on_save(average)

    while (share := team.agree(budget.share)) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = checkpoint.rate(share, step, peak)
        loss = loss_of(rng)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        team.average_gradients(learned)
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        average.update(model, step)
        losses, step = [*losses[-99:], loss.item()], step + 1
        if team.rank() == 0 and step % 50 == 0:
            print(f"{path.stem} {budget.spent:.0f}s step {step} loss {np.mean(losses):.4f}", flush=True)
        if team.rank() == 0 and budget.spent - saved > 120:
            saved = budget.spent
            save()
    if team.rank() == 0:
        save()
