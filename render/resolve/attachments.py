"""What is attached to a film's models: LoRAs, ControlNets, IP-Adapters, textual inversions, CLIP guidance.

Each is found, described and checked against the model before anything is loaded. A model has those that its frames use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keyframes import EnvironmentFault, Problem, ProjectError, Timeline
from projects import Project, located
from projects.files import digest_of
from projects.lanes import network_lane
from projects.schema import ControlNet

from ..assets.find import Asset, find_asset
from ..assets.kinds import CLIP, CONTROL, DECODER
from ..depth import DepthSource
from ..diffusion import (
    AUTO,
    UNET,
    AdapterFile,
    Inversion,
    LoraFile,
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
    """What a film attaches to its models, and what is wrong with it. alone: whether one model paints all frames.
    described: see ResolvedProject.
    """

    project: Project
    timeline: Timeline
    depth: DepthSource
    size: tuple[int, int]
    vae: Asset | None
    alone: bool
    problems: list[Problem] = field(default_factory=list)
    described: dict[tuple[str, str], None] = field(default_factory=dict)

    def models(self, spans: Sequence[Span]) -> tuple[ModelUse, ...]:
        """The models of a film with all that is attached to them.

        Raises ProjectError with everything that is not there, damaged, unsafe to open, or made for another model.
        """
        models = tuple(self._use(span) for span in spans)
        if self.problems:
            raise ProjectError(located(self.project, self.problems))
        return models

    def _use(self, span: Span) -> ModelUse:
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

    def _wrong(self, what: str, where: str, hint: str = "") -> None:
        problem = Problem(what=what, where=where, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)

    @contextmanager
    def _named_in(self, where: str, hint: str = "") -> Iterator[None]:
        """Note what is not there, or does not fit, as wrong with the setting that names it."""
        try:
            yield
        except EnvironmentFault as error:
            self._wrong(str(error), where, hint)

    def _describe(self, what: str, text: str) -> None:
        self.described[what, text] = None

    def _loras(self, span: Span) -> list[tuple[str, LoraFile]]:
        """(name, file) of those that have a weight at one of the model's frames."""
        found: list[tuple[str, LoraFile]] = []
        hint = f"{span.describe()}. Where a LoRA does not fit, its weight must be 0, with hold."
        for name, path in self.project.loras.items():
            weights = self.timeline.numbers[network_lane("lora", name)]
            if not self.alone and not weights[span.frames.start : span.frames.stop].any():
                continue
            with self._named_in(f"lora.{name}.path", "" if self.alone else hint):
                alpha = self.project.file.lora[name].alpha
                file = describe_lora(path, alpha=alpha, layers=layers_per_block(span.source))
                missing = check_fit(file, span.source)
                more = f"; {missing} of them are not in this model" if missing else ""
                self._describe("lora", f"{name}: {file.describe()}{more}")
                found.append((name, file))
        return found

    def _embeddings(self, span: Span) -> tuple[tuple[str, Inversion], ...]:
        """(word, file) of those that the prompts of the model's frames have."""
        given = self.project.embeddings
        found: list[tuple[str, Inversion]] = []
        hint = f"{span.describe()}, and their prompts have the word."
        words = [*given] if self.alone else _read_in(span, [*given], self.timeline)
        for place, word in enumerate(words):
            where = f"embedding.{word}.path"
            if word.lower() in {other.lower() for other in words[:place]}:
                self._wrong("two words differ in capitals only.", where)
            with self._named_in(where, "" if self.alone else hint):
                file = describe_inversion(given[word])
                check_inversion(file, span.source)
                many = f"{file.vectors} vector{'s' * (file.vectors != 1)}"
                self._describe("word", f"{word}: {many}, {' and '.join(map(str, file.widths))} wide")
                found.append((word, file))
        return tuple(found)

    def _controls(self, span: Span) -> tuple[ControlUse, ...]:
        found = []
        for number, (name, given) in enumerate(self.project.file.control.items()):
            self._check_shown(name, given)
            with self._named_in(f"control.{name}.model"):
                file = find_asset(CONTROL, given.model, folder=self.project.folder)
                check_control(file, span.source)
                if given.mode != "balanced" and file.class_name != UNET:
                    what = f'mode = "{given.mode}" is for sd, sdxl and kolors models.'
                    self._wrong(what, f"control.{name}.mode", 'Allowed here: mode = "balanced"')
                use = ControlUse(name=name, number=number, settings=given, asset=file)
                self._describe("control", use.describe())
                found.append(use)
        return tuple(found)

    def _check_shown(self, name: str, given: ControlNet) -> None:
        """Note what a ControlNet is to be shown, and cannot."""
        if given.source == "video" and not self.project.file.video.input:
            hint = 'Add [video] input = "clip.mp4", or source = "clip.mp4" here.'
            self._wrong("there is no clip in [video].", f"control.{name}.source", hint)
        if given.detect != "depth":
            return
        if self.depth.kind == "flat":
            what, hint = 'motion.depth = "flat" has no depth to show.', 'Example: [motion] depth = "auto"'
            self._wrong(what, f"control.{name}.detect", hint)
        elif self.depth.kind != "network" and given.source != "frame":
            what = (
                "the depth of other pictures than the film's own needs a depth network, and motion.depth is "
                f'"{self.depth.name}".'
            )
            hint = 'Name one, as [motion] depth = "auto", or show depth that was made before with detect = "none".'
            self._wrong(what, f"control.{name}.detect", hint)

    def _adapters(self, span: Span) -> list[tuple[AdapterUse, AdapterFile]]:
        found: list[tuple[AdapterUse, AdapterFile]] = []
        for name, given in self.project.file.ip_adapter.items():
            keys = tuple(self._adapter_pictures(name))
            with self._named_in(f"ip_adapter.{name}.model"):
                file = find_adapter(given.model, given.encoder, folder=self.project.folder)
                check_adapter(file, span.source)
                kind = "whole pictures" if file.whole else "parts of pictures"
                self._describe("picture", f"{name}: {file.name} ({kind}), {len(keys)} pictures")
                found.append((AdapterUse(name=name, keys=keys), file))
        return found

    def _adapter_pictures(self, name: str) -> Iterator[tuple[int, Path, str]]:
        for frame, key in self.project.adapter_pictures(name):
            for path in list(self.project.pictures[key].values())[:1]:
                yield frame, path, digest_of(path)

    def _clip(self, span: Span) -> tuple[tuple[Asset, ...], Asset | None]:
        """The picture-text models and the decoder that guide; none where nothing pulls."""
        lanes, given = self.timeline.numbers, self.project.file.clip_guidance
        pulled = np.any([lanes[lane] > 0 for lane in PULLS], axis=0)
        if not pulled.any():
            return (), None
        models, decoder = [], None
        for name in given.models if (lanes[PULLS[0]] > 0).any() else ():
            with self._named_in("clip_guidance.model"):
                models.append(find_for(CLIP, name, span.source, folder=self.project.folder))
        with self._named_in("clip_guidance.decoder"):
            if given.decoder.strip() != AUTO:
                decoder = find_asset(DECODER, given.decoder, folder=self.project.folder)
                check_vae(decoder, span.source)
        names = ", ".join(found.name for found in models) or "no picture-text model"
        shown = f", shown by {decoder.name}" if decoder else ""
        self._describe("guided by", f"{names}{shown}; {int(pulled.sum())} frames")
        return tuple(models), decoder


def _read_in(span: Span, words: list[str], timeline: Timeline) -> list[str]:
    """The words that the prompts of a model's frames have."""
    prompts = [timeline.prompts.at(frame) for frame in span.frames]
    mixes = (mix for prompt in prompts for mix in (*(part.mix for part in prompt.parts), prompt.negative))
    found = words_in({share.text for mix in mixes for share in mix}, words)
    return [word for word in words if word.lower() in found]
