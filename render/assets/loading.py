"""One way to load what a library reads: its exceptions become one kind of error, and ours pass.

Importable without torch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from keyframes.errors import EnvironmentFault, ReverieError, quoted

_MEMORY = "OutOfMemoryError"  # torch's, by its name: torch is not imported here


@contextmanager
def loading(what: str, hint: str = "Fetch it again.") -> Iterator[None]:
    """Within this, an exception of a library raises EnvironmentFault: `{what} could not be loaded: ... {hint}`.

    `what` names the kind, the name and the path: 'model "sketch" (/models/sketch)'. `hint` says what to do. Errors of
    Reverie pass as they are, and so do Stopped and KeyboardInterrupt, which are no Exceptions.
    """
    try:
        yield
    except ReverieError:
        raise
    except Exception as error:  # libraries raise too many kinds to list
        if isinstance(error, MemoryError) or type(error).__name__ == _MEMORY:
            hint = "Memory ran out: end other programs that use it, or use a smaller model."
        raise EnvironmentFault(f"{what} could not be loaded: {first_line(error)} {hint}") from error


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's message, with the next if it ends in a colon, as a quoted sentence.

    An error without a message is named by its class.
    """
    lines = str(error).strip().splitlines() if error else []
    text = " ".join(line.strip() for line in lines[: 2 if lines and lines[0].endswith(":") else 1])
    return f"{quoted(text or type(error).__name__, 160)}."


def quiet_libraries() -> None:
    """Silence the progress bars and remarks of transformers and diffusers; their errors still come through."""
    for name in ("torchao", "bitsandbytes", "torch.utils._pytree"):  # what they say when diffusers finds them
        logging.getLogger(name).setLevel(logging.ERROR)
    for library in ("transformers", "diffusers"):  # in this order: diffusers imports the rest of transformers
        logs: Any = import_module(f"{library}.utils.logging")
        logs.set_verbosity_error()
        logs.disable_progress_bar()
