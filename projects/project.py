"""A project that was read and checked: the file as given, its folder, and what keyframes needs of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from keyframes import Clock, LaneSpec, LaneValue, PromptSource, parse_position
from keyframes.clock import NoAudio

from .lanes import NETWORKS, TABLES, network_lane
from .masks import Mask, parse_mask
from .schema import ProjectFile


@dataclass(frozen=True, kw_only=True)
class Project:
    """One project.

    name: the file's stem, `dream` for dream.toml. folder: where its relative paths start. text: the TOML as read.
    lines: dotted key -> line of the file, for messages. pictures: dotted key -> the files of masks, guides and colours,
    by number (0 for a single file). footage: dotted key -> the video, or the pictures, of clips. draft: whether it is
    to be rendered small and quickly (render/resolve/draft.py).
    """

    name: str
    file_name: str
    folder: Path
    text: str
    file: ProjectFile
    lines: Mapping[str, int]
    init_image: Path | None = None
    audio: Path | None = None
    depth_picture: Path | None = None
    loras: Mapping[str, Path] = field(default_factory=dict)
    embeddings: Mapping[str, Path] = field(default_factory=dict)
    pictures: Mapping[str, Mapping[int, Path]] = field(default_factory=dict)
    footage: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    draft: bool = False

    @cached_property
    def clock(self) -> Clock:
        """Length, rate, tempo and seed; the sound track counts as silent until it is measured."""
        given = self.file
        audio = None if given.audio is None else NoAudio()
        return Clock(frames=given.length, fps=given.fps, bpm=given.bpm, seed=given.seed, audio=audio)

    @cached_property
    def given_lanes(self) -> dict[str, LaneValue]:
        """The lanes that the file names, as written there."""
        tables = (
            (spec, getattr(getattr(self.file, table), spec.name))
            for table, specs in TABLES.items()
            for spec in specs
        )
        given = {spec.name: value for spec, value in (*tables, *self._networks()) if value is not None}
        sampler = self.file.diffusion.sampler
        return given if sampler is None else {**given, "sampler": sampler}

    @property
    def own_lanes(self) -> tuple[LaneSpec, ...]:
        """The lanes that this project has besides every project's: of its LoRAs, ControlNets and IP-Adapters."""
        return tuple(spec for spec, _ in self._networks())

    def _networks(self) -> Iterator[tuple[LaneSpec, LaneValue | None]]:
        """The lanes of LoRAs, ControlNets and IP-Adapters, and what the file gives for each."""
        for kind, table in NETWORKS.items():
            for name, network in getattr(self.file, kind).items():
                for spec in table.lanes:
                    yield replace(spec, name=network_lane(kind, name, spec.name)), getattr(network, spec.name)

    @cached_property
    def prompts(self) -> PromptSource:
        """The prompts as keyframes takes them."""
        given = self.file.prompts
        if isinstance(given, str):
            return PromptSource(prompts=given)
        return PromptSource(
            prompts=given.schedule or given.keys,
            negative=given.negative,
            prefix=given.prefix,
            suffix=given.suffix,
            blend=given.blend,
        )

    @cached_property
    def masks(self) -> dict[str, Mask]:
        """The masks by their settings, "mask" and "noise_mask"; those that are not given are left out."""
        look = self.file.coherence
        texts = {"mask": look.mask, "noise_mask": look.noise_mask}
        return {name: parse_mask(text, self.file.masks) for name, text in texts.items() if text.strip()}

    @cached_property
    def guides(self) -> list[tuple[int, str]]:
        """(frame, dotted key) of each guide, by frame."""
        return self._by_frame("guide", self.file.guide.keys)

    def adapter_pictures(self, name: str) -> list[tuple[int, str]]:
        """(frame, dotted key) of each picture of an IP-Adapter, by frame."""
        return self._by_frame(f"ip_adapter.{name}.pictures", self.file.ip_adapter[name].pictures)

    def _by_frame(self, table: str, keys: Iterable[str]) -> list[tuple[int, str]]:
        return sorted((int(parse_position(key, clock=self.clock)), f"{table}.{key}") for key in keys)

    @property
    def take_folder(self) -> Path:
        """Where this project renders to by default."""
        return self.folder / "takes" / self.name
