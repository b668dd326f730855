"""What is imported is declared in pyproject.toml, and what is declared is imported."""

from __future__ import annotations

import re
import sys
import tomllib

from tests.rules import imports_of
from tests.test_structure import MAY_IMPORT, OUTSIDE, ROOT, files

# distributions with another name than their module
PACKAGE_OF = {"cv2": "opencv-python-headless", "PIL": "pillow", "skimage": "scikit-image"}
UNSEEN = {"sentencepiece"}  # transformers imports it
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra_lines(extra))]
    return {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in lines}


def extra_lines(extra: str) -> list[str]:
    lines: list[str] = PROJECT["optional-dependencies"][extra]
    return lines


def imported(*rooms: str) -> dict[str, str]:
    """Package -> a place that imports it, of what is neither Python's own nor ours."""
    found = {}
    for path in files(*rooms):
        for line, name in imports_of(path):
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and top not in (*MAY_IMPORT, *OUTSIDE):
                package = PACKAGE_OF.get(top, top.replace("_", "-"))
                found[package] = f"{path.relative_to(ROOT)}:{line}"
    return found


def test_what_is_imported_is_declared() -> None:
    extras = [extra for extra in PROJECT["optional-dependencies"] if extra != "dev"]
    known = declared(*extras)
    assert {package: place for package, place in imported(*MAY_IMPORT).items() if package not in known} == {}


def test_what_is_declared_is_imported() -> None:
    assert declared() - set(imported(*MAY_IMPORT)) == UNSEEN


def test_what_tests_and_tools_import_is_declared() -> None:
    known = declared(*PROJECT["optional-dependencies"])
    assert {package: place for package, place in imported(*OUTSIDE).items() if package not in known} == {}
