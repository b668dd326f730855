"""The hub's cache on this machine: what is in it, and why a model could not be fetched.

Importable without torch or diffusers; nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_MODELS, _BETWEEN = "models--", "--"
_UNFINISHED = "*.incomplete"


def in_cache(name: str, file: str = "config.json") -> Path | None:
    """Return the path of a repository's file in the cache; None if it is not there, or `name` cannot be one."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def cached_names() -> list[str]:
    """Return the names, org/name, of the models of which something is in the cache."""
    cache = _cache()
    if not cache.is_dir():
        return []
    return sorted(
        path.name.removeprefix(_MODELS).replace(_BETWEEN, "/", 1)
        for path in cache.iterdir()
        if path.name.startswith(_MODELS) and path.is_dir()
    )


def unfinished(name: str) -> int:
    """Return how many downloads of a model were broken off."""
    return sum(1 for _ in _home(name).glob(f"blobs/{_UNFINISHED}"))


def fetching(name: str) -> str:
    """Return how a model is fetched."""
    return f"hf download {name}"


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


def _home(name: str) -> Path:
    return _cache() / f"{_MODELS}{name.replace('/', _BETWEEN)}"


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)
