"""One way to load and fetch what a library reads: its exceptions become one kind of error, and ours pass.

Importable without torch.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from keyframes.errors import EnvironmentFault, ReverieError
from render.assets.files import first_line, weights_variant
from render.assets.find import Asset, fetching, unfinished

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


def load_part(asset: Asset, dtype: Any, *, half: bool = False) -> Any:
    """Load an asset of the class in diffusers that its config names. half: whether files in half precision are wanted.

    Raises EnvironmentFault where diffusers cannot read it.
    """
    with loading(str(asset)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of config files, which nobody here can change
        return getattr(import_module("diffusers"), asset.class_name).from_pretrained(
            str(asset.path),
            dtype=dtype,
            variant=weights_variant(asset.path, half=half),
            use_safetensors=True,
            local_files_only=True,
        )


def quiet_libraries() -> None:
    """Silence the progress bars and remarks of transformers and diffusers; their errors still come through."""
    for name in ("torchao", "bitsandbytes", "torch.utils._pytree"):  # what they say when diffusers finds them
        logging.getLogger(name).setLevel(logging.ERROR)
    for library in ("transformers", "diffusers"):  # in this order: diffusers imports the rest of transformers
        logs: Any = import_module(f"{library}.utils.logging")
        logs.set_verbosity_error()
        logs.disable_progress_bar()


def why_not_fetched(name: str, error: BaseException | None) -> str:
    """Say in a line why a model could not be fetched, and what to do: it is gated, it is not there, the machine is
    offline, or the network fails.
    """
    from huggingface_hub import errors

    causes = list(_causes(error))
    page = f"https://huggingface.co/{name}"
    left = f" ({unfinished(name)} of its files half downloaded)" if unfinished(name) else ""
    if any(isinstance(cause, errors.GatedRepoError) for cause in causes):
        return (
            f"it is gated. Accept its terms at {page}, log in with: hf auth login, and fetch it with: "
            f"{fetching(name)}"
        )
    if any(isinstance(cause, errors.RepositoryNotFoundError) for cause in causes):
        return f"the hub has no such model, or it is private. Look at {page}; if it is private: hf auth login"
    if any(isinstance(cause, errors.OfflineModeIsEnabled) for cause in causes):
        return (
            f"this machine is offline (HF_HUB_OFFLINE is set) and it is not in the cache{left}. Fetch it once "
            f"with: HF_HUB_OFFLINE=0 {fetching(name)}"
        )
    if any(isinstance(cause, ConnectionError | errors.LocalEntryNotFoundError) for cause in causes) or any(
        "onnect" in type(cause).__name__ or "Timeout" in type(cause).__name__ for cause in causes
    ):
        return (
            f"the hub cannot be reached and it is not in the cache{left}. With a network, fetch it with: "
            f"{fetching(name)}"
        )
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it: diffusers wraps the hub's own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
