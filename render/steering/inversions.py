"""The textual inversions of a project, `[embedding.NAME]`: found, described and checked before anything is loaded.

The name is a word of prompts and negative prompts. It is part of a frame's key where the frame's prompt has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyframes import EnvironmentFault, FramePrompt, Problem, ProjectError, Row, Timeline
from projects import Project
from projects.places import line_of

from ..diffusion.inversions import Inversion, check_inversion, describe_inversion, words_in

if TYPE_CHECKING:
    from ..checkpoints import Span


@dataclass(frozen=True, kw_only=True)
class ProjectInversion:
    """A word of a project and its vectors."""

    word: str
    file: Inversion

    def told(self) -> str:
        """What it is, in a line."""
        many = f"{self.file.vectors} vector{'s' * (self.file.vectors != 1)}"
        return f"{self.word}: {many}, {' and '.join(map(str, self.file.widths))} wide"


def find_inversions(project: Project, spans: tuple[Span, ...], timeline: Timeline) -> tuple[Span, ...]:
    """Describe the project's words, check that they fit its models, and give each model its own.

    Of several models each has the words that stand in the prompts of its frames.
    Raises ProjectError with every file that is damaged, unsafe to open, or made for another model.
    """
    given: dict[str, ProjectInversion] = {}
    problems: list[Problem] = []
    for word, path in project.embeddings.items():
        if word.lower() in {known.lower() for known in given}:
            problems.append(_problem(project, word, "two words differ in capitals only."))
        try:
            given[word] = ProjectInversion(word=word, file=describe_inversion(path))
        except EnvironmentFault as error:
            problems.append(_problem(project, word, str(error)))
    found = []
    for span in spans:
        words = [*given] if len(spans) == 1 else _read_in(span, [*given], timeline)
        for word in words:
            try:
                check_inversion(given[word].file, span.source)
            except EnvironmentFault as error:
                hint = "" if len(spans) == 1 else f"{span.told()}, and their prompts have the word."
                problems.append(_problem(project, word, str(error), hint))
        found.append(replace(span, inversions=tuple(given[word] for word in words)))
    if problems:
        raise ProjectError(problems)
    return tuple(found)


def inversions_of(spans: tuple[Span, ...]) -> tuple[ProjectInversion, ...]:
    """The words of all models, each once."""
    return tuple({known.word: known for span in spans for known in span.inversions}.values())


def inversion_inputs(inversions: tuple[ProjectInversion, ...], row: Row) -> list[tuple[str, str]]:
    """What a frame is made from, of the words: each that its prompt has, with its file's digest."""
    digests = {known.word.lower(): known.file.digest for known in inversions}
    return [(word, digests[word]) for word in words_in(_texts(row.prompt), [*digests])]


def _read_in(span: Span, words: list[str], timeline: Timeline) -> list[str]:
    """The words that the prompts of a model's frames have."""
    texts = {text for frame in span.frames for text in _texts(timeline.prompts.at(frame))}
    found = words_in(texts, words)
    return [word for word in words if word.lower() in found]


def _texts(prompt: FramePrompt) -> Iterator[str]:
    yield from (share.text for part in prompt.parts for share in part.mix)
    yield from (share.text for share in prompt.negative)


def _problem(project: Project, word: str, what: str, hint: str = "") -> Problem:
    where = f"embedding.{word}.path"
    return Problem(
        what=what, where=where, file=project.file_name, line=line_of(project.lines, where), hint=hint
    )
