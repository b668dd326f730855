"""What is attached to a film's models: LoRAs, ControlNets, IP-Adapters, textual inversions, CLIP guidance.

Each is found, described and checked against the model before anything is loaded. A model has those that its frames use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keyframes import EnvironmentFault, FramePrompt, Problem, ProjectError, Timeline
from projects import Project, located
from projects.files import digest_of
from projects.lanes import lora_lane
from projects.pictures import adapter_keys
from projects.schema import ControlNet

from ..assets.find import Asset, find_asset
from ..assets.kinds import CLIP, CONTROL, DECODER
from ..depth import DepthSource
from ..diffusion import (
    AUTO,
    UNET,
    Inversion,
    ModelSpec,
    check_adapter,
    check_control,
    check_fit,
    check_inversion,
    check_vae,
    describe_inversion,
    describe_lora,
    find_adapter,
    find_for,
    layers_per_block,
    words_in,
)
from ..stages.model_use import AdapterUse, ControlUse, ModelUse
from ..stages.paint import PULLS
from .models import Span


@dataclass
class Attachments:
    """What a film attaches to its models, and what is wrong with it. described: see ResolvedProject."""

    project: Project
    timeline: Timeline
    depth: DepthSource
    size: tuple[int, int]
    vae: Asset | None
    alone: bool
    problems: list[Problem] = field(default_factory=list)
    described: dict[tuple[str, str], None] = field(default_factory=dict)

    def use(self, span: Span) -> ModelUse:
        """The model of some frames, with all that is attached to it."""
        loras = self._loras(span)
        embeddings = self._embeddings(span)
        controls = self._controls(span)
        adapters = self._adapters(span)
        clip_models, clip_decoder = self._clip(span)
        spec = ModelSpec(
            source=span.source,
            loras=tuple(file for _, file in loras),
            controls=tuple(use.asset for use in controls),
            adapters=tuple(file for _, file in adapters),
            embeddings=embeddings,
            vae=self.vae,
            clip_models=clip_models,
            clip_decoder=clip_decoder,
            size=self.size,
        )
        return ModelUse(
            frames=span.frames,
            spec=spec,
            loras=tuple(name for name, _ in loras),
            adapters=tuple(use for use, _ in adapters),
            controls=controls,
        )

    def _wrong(self, error: EnvironmentFault | str, where: str, hint: str = "") -> None:
        problem = Problem(what=str(error), where=where, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)

    def _describe(self, what: str, text: str) -> None:
        self.described[what, text] = None

    def _loras(self, span: Span) -> list[tuple[str, Any]]:
        """(name, file) of those that have a weight at one of the model's frames."""
        found: list[tuple[str, Any]] = []
        for name, path in self.project.loras.items():
            weights = self.timeline.numbers[lora_lane(name)]
            if not self.alone and not weights[span.frames.start : span.frames.stop].any():
                continue
            alpha = self.project.file.lora[name].alpha
            try:
                file = describe_lora(path, alpha=alpha, layers=layers_per_block(span.source))
                missing = check_fit(file, span.source)
            except EnvironmentFault as error:
                hint = f"{span.describe()}. Where a LoRA does not fit, its weight must be 0, with hold."
                self._wrong(error, f"lora.{name}.path", "" if self.alone else hint)
                continue
            more = f"; {missing} of them are not in this model" if missing else ""
            self._describe("lora", f"{name}: {file.describe()}{more}")
            found.append((name, file))
        return found

    def _embeddings(self, span: Span) -> tuple[tuple[str, Inversion], ...]:
        """(word, file) of those that the prompts of the model's frames have."""
        given = self.project.embeddings
        found: list[tuple[str, Inversion]] = []
        words = [*given] if self.alone else _read_in(span, [*given], self.timeline)
        for place, word in enumerate(words):
            where = f"embedding.{word}.path"
            if word.lower() in {other.lower() for other in words[:place]}:
                self._wrong("two words differ in capitals only.", where)
            try:
                file = describe_inversion(given[word])
                check_inversion(file, span.source)
            except EnvironmentFault as error:
                hint = f"{span.describe()}, and their prompts have the word."
                self._wrong(error, where, "" if self.alone else hint)
                continue
            many = f"{file.vectors} vector{'s' * (file.vectors != 1)}"
            self._describe("word", f"{word}: {many}, {' and '.join(map(str, file.widths))} wide")
            found.append((word, file))
        return tuple(found)

    def _controls(self, span: Span) -> tuple[ControlUse, ...]:
        found = []
        for number, (name, given) in enumerate(self.project.file.control.items()):
            self.problems += [one for one in self._unseen(name, given) if one not in self.problems]
            try:
                file = find_asset(CONTROL, given.model, folder=self.project.folder)
                check_control(file, span.source)
            except EnvironmentFault as error:
                self._wrong(error, f"control.{name}.model")
                continue
            if given.mode != "balanced" and file.class_name != UNET:
                what = f'mode = "{given.mode}" is for sd, sdxl and kolors models.'
                self._wrong(what, f"control.{name}.mode", 'Allowed here: mode = "balanced"')
            use = ControlUse(name=name, number=number, settings=given, asset=file)
            self._describe("control", use.describe())
            found.append(use)
        return tuple(found)

    def _unseen(self, name: str, given: ControlNet) -> Iterator[Problem]:
        """What a ControlNet is to see, and cannot."""
        if given.source == "video" and not self.project.file.video.input:
            what, hint = (
                "there is no clip in [video].",
                'Add [video] input = "clip.mp4", or source = "clip.mp4" here.',
            )
            yield Problem(what=what, where=f"control.{name}.source", hint=hint)
        if given.detect != "depth":
            return
        where = f"control.{name}.detect"
        if self.depth.kind == "flat":
            what, hint = 'motion.depth = "flat" has no depth to show.', 'Example: [motion] depth = "auto"'
            yield Problem(what=what, where=where, hint=hint)
        elif self.depth.kind != "network" and given.source != "frame":
            what = (
                "the depth of other pictures than the film's own needs a depth network, and motion.depth is "
                f'"{self.depth.name}".'
            )
            hint = 'Name one, as [motion] depth = "auto", or show depth that was made before with detect = "none".'
            yield Problem(what=what, where=where, hint=hint)

    def _adapters(self, span: Span) -> list[tuple[AdapterUse, Any]]:
        found: list[tuple[AdapterUse, Any]] = []
        for name, given in self.project.file.ip_adapter.items():
            keys = tuple(self._adapter_pictures(name))
            try:
                file = find_adapter(given.model, given.encoder, folder=self.project.folder)
                check_adapter(file, span.source)
            except EnvironmentFault as error:
                self._wrong(error, f"ip_adapter.{name}.model")
                continue
            kind = "whole pictures" if file.whole else "parts of pictures"
            self._describe("picture", f"{name}: {file.name} ({kind}), {len(keys)} pictures")
            found.append((AdapterUse(name=name, keys=keys), file))
        return found

    def _adapter_pictures(self, name: str) -> Iterator[tuple[int, Path, str]]:
        for frame, key in adapter_keys(self.project.file, self.project.clock, name):
            for path in list(self.project.pictures[key].values())[:1]:
                yield frame, path, digest_of(path)

    def _clip(self, span: Span) -> tuple[tuple[Asset, ...], Asset | None]:
        """The picture-text models and the decoder that guide; none where nothing pulls."""
        lanes, given = self.timeline.numbers, self.project.file.clip_guidance
        pulled = sum(((lanes[lane] > 0).astype(int) for lane in PULLS[1:]), (lanes[PULLS[0]] > 0).astype(int))
        if not pulled.any():
            return (), None
        models, decoder = [], None
        for name in given.models if (lanes[PULLS[0]] > 0).any() else ():
            try:
                models.append(find_for(CLIP, name, span.source, folder=self.project.folder))
            except EnvironmentFault as error:
                self._wrong(error, "clip_guidance.model")
        try:
            if given.decoder.strip() != AUTO:
                decoder = find_asset(DECODER, given.decoder, folder=self.project.folder)
                check_vae(decoder, span.source)
        except EnvironmentFault as error:
            self._wrong(error, "clip_guidance.decoder")
        names = ", ".join(found.name for found in models) or "no picture-text model"
        shown = f", shown by {decoder.name}" if decoder else ""
        self._describe("guided by", f"{names}{shown}; {int((pulled > 0).sum())} frames")
        return tuple(models), decoder


def attach(
    project: Project,
    spans: Sequence[Span],
    timeline: Timeline,
    depth: DepthSource,
    size: tuple[int, int],
    vae: Asset | None,
) -> tuple[tuple[ModelUse, ...], tuple[tuple[str, str], ...]]:
    """The models of a film with all that is attached to them, and a line for people on each thing.

    Raises ProjectError with everything that is not there, damaged, unsafe to open, or made for another model.
    """
    work = Attachments(project, timeline, depth, size, vae, alone=len(spans) == 1)
    models = tuple(work.use(span) for span in spans)
    if work.problems:
        raise ProjectError(located(project, work.problems))
    return models, tuple(work.described)


def _read_in(span: Span, words: list[str], timeline: Timeline) -> list[str]:
    """The words that the prompts of a model's frames have."""
    texts = {text for frame in span.frames for text in _texts(timeline.prompts.at(frame))}
    found = words_in(texts, words)
    return [word for word in words if word.lower() in found]


def _texts(prompt: FramePrompt) -> Iterator[str]:
    yield from (share.text for part in prompt.parts for share in part.mix)
    yield from (share.text for share in prompt.negative)
