"""Graphs of ComfyUI with FizzNodes' schedules in them as projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock, Problem, ProjectError, ScheduleError, parse_schedule

from .common import title_of
from .draft import Draft
from .fizz import LENGTH, carry_schedule, read_keyed
from .fizz_table import TABLE
from .graph import Graph, Node, consumers, literal, read_graph, upstream
from .report import Report
from .samplers import OWN, our_sampler
from .settings import Given, as_number

PROMPTS = (
    "PromptSchedule",
    "BatchPromptSchedule",
    "BatchPromptScheduleLatentInput",
    "StringSchedule",
    "BatchStringSchedule",
)
VALUES = ("ValueSchedule", "BatchValueSchedule", "BatchValueScheduleLatentInput")
SAMPLERS = ("KSampler", "KSamplerAdvanced")
_LANES = {"denoise": "strength", "cfg": "cfg_scale", "steps": "steps", "seed": "seed", "noise_seed": "seed"}
_RATES = ("VHS_VideoCombine", "ADE_AnimateDiffCombine")
_AROUND = ("EmptyLatentImage", "CheckpointLoaderSimple", "CLIPTextEncode", "SaveImage")
_KNOWN = (*PROMPTS, *VALUES, *SAMPLERS, *_RATES, *_AROUND)


def from_graph(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """Fill `draft` with what the nodes say, and account for every node.

    Raises ProjectError for a graph without a prompt schedule.
    """
    return _Import(read_graph(values), name, draft).report


class _Import:
    """One graph on its way into a project."""

    def __init__(self, graph: Graph, name: str, draft: Draft) -> None:
        self.graph, self.draft = graph, draft
        kinds = [node.kind for node in graph.values()]
        self.several = {kind for kind in kinds if kinds.count(kind) > 1}
        flat = {
            self.name(node, part): value
            for node in graph.values()
            if node.kind in _KNOWN and not node.muted
            for part, value in node.typed.items()
        }
        self.given = Given(flat, {}, Report(source=name, written_by="ComfyUI, with FizzNodes"))
        self.report = self.given.report
        samplers = [node for node in graph.values() if node.kind in SAMPLERS and not node.muted]
        self.sampler = samplers[0] if samplers else None
        self.prompt = self.find_prompt(name)
        draft.put("title", title_of(None, name))
        self.clock = self.frame()
        self.write_prompts()
        self.write_sampler()
        self.write_values()
        self.leave()

    def name(self, node: Node, part: str) -> str:
        """The name of an input in the report: the node's class, its id if there are several, the input's own."""
        return f"{node.kind}[{node.id}].{part}" if node.kind in self.several else f"{node.kind}.{part}"

    def value(self, node: Node | None, part: str, place: str) -> Any:
        """What an input holds, told of as carried to `place`."""
        if node is None:
            return None
        found = literal(self.graph, node, part)
        if found is not None:
            self.report.carried.setdefault(self.name(node, part), place)
        return found

    def find_prompt(self, name: str) -> Node:
        wired = self.sampler.wired.get("positive") if self.sampler else None
        schedules = [node for node in self.graph.values() if node.kind in PROMPTS and not node.muted]
        found = upstream(self.graph, wired, PROMPTS) or (schedules[0] if schedules else None)
        if found is None:
            hint = f"Looked for: {', '.join(PROMPTS)}."
            raise ProjectError(
                Problem(what="is a graph of ComfyUI without a prompt schedule.", file=name, hint=hint)
            )
        return found

    def frame(self) -> Clock:
        frames = as_number(self.value(self.prompt, "max_frames", "frames"))
        if frames is None or not 1 <= frames <= 100_000:
            frames = LENGTH
            self.report.remarks.append(
                f"The graph does not say how long the film is: {LENGTH} frames are taken."
            )
        rate = next((node for node in self.graph.values() if node.kind in _RATES and not node.muted), None)
        fps = as_number(self.value(rate, "frame_rate", "fps")) or 12.0
        fps = fps if 0 < fps <= 240 else 12.0
        seeded = next((part for part in ("seed", "noise_seed") if self.sampler and self.holds(part)), "seed")
        seed = as_number(self.value(self.sampler, seeded, "seed")) or 0.0
        if not 0 <= seed <= 2**53:
            self.report.remarks.append(
                f"Its seed {seed:.0f} is larger than any here: the rest after 2**53 is taken."
            )
        size = next((node for node in self.graph.values() if node.kind == "EmptyLatentImage"), None)
        sides = [as_number(self.value(size, side, "size")) for side in ("width", "height")]
        if all(side is not None and 16 <= side <= 8192 for side in sides):
            self.draft.put("size", [int(side or 0) // 8 * 8 for side in sides])
        self.draft.put("fps", int(fps) if fps.is_integer() else fps)
        self.draft.put("frames", int(frames))
        self.draft.put("seed", int(seed) % (2**53))
        return Clock(frames=int(frames), fps=fps, seed=int(seed) % (2**53))

    def holds(self, part: str) -> bool:
        return self.sampler is not None and literal(self.graph, self.sampler, part) is not None

    def write_prompts(self) -> None:
        node = self.prompt
        text = self.value(node, "text", "prompts")
        name = self.name(node, "text")
        keyed = read_keyed(str(text), self.clock, self.given, name) if text is not None else {}
        before = str(self.value(node, "pre_text", "prompts.prefix") or "")
        after = str(self.value(node, "app_text", "prompts.suffix") or "")
        for part in ("pre_text", "app_text"):
            if part in node.wired and literal(self.graph, node, part) is None:
                self.report.note(
                    self.name(node, part), "missing", "comes from nodes that no text can be read from."
                )
        lost = carry_schedule(self.draft, keyed, before, after, self.weights(node))
        for letter in lost:
            why = "comes from nodes that cannot be written as one expression: 0 is taken."
            self.report.note(self.name(node, letter), "missing", why)
        if not keyed:
            self.draft.put("prompts.0", "")
            self.report.note(
                name, "missing", "there is no prompt that can be read: the project has an empty one."
            )
        self.write_negative()

    def write_negative(self) -> None:
        """What feeds the sampler's negative input, where that is not the schedule itself."""
        wired = self.sampler.wired.get("negative") if self.sampler else None
        node = upstream(self.graph, wired, (*PROMPTS, "CLIPTextEncode"))
        if node is None or node is self.prompt:
            return
        text = self.value(node, "text", "prompts.negative")
        if node.kind != "CLIPTextEncode" and text is not None:
            keyed = read_keyed(str(text), self.clock, self.given, self.name(node, "text"))
            text = next(iter(keyed.values()), "")
            if len(set(keyed.values())) > 1:
                why = "negative prompts have no keys of their own: the first is taken. Write --neg into the keys."
                self.report.note(self.name(node, "text"), "changed", why)
        known = str(self.draft.tables["prompts"].get("negative", ""))
        words = f"{text or ''} {known}".replace("--neg", " ").replace("\0", " ").strip()
        if words:
            self.draft.put("prompts.negative", words)

    def weights(self, node: Node) -> dict[str, str]:
        """What pw_a to pw_d stand for: a number, or the one expression of a value schedule."""
        found: dict[str, str] = {}
        for letter in ("pw_a", "pw_b", "pw_c", "pw_d"):
            if letter not in node.wired:
                number = as_number(self.value(node, letter, "prompts"))
                found[letter] = f"({number or 0:g})"
                continue
            source = upstream(self.graph, node.wired[letter], VALUES)
            try:
                keys = parse_schedule(
                    str(literal(self.graph, source, "text") if source else ""),
                    lane=letter,
                    clock=self.clock,
                    dialect="deforum",
                ).keys
            except ScheduleError:
                continue
            if len(keys) == 1 and source is not None:
                value = keys[0].value
                found[letter] = f"({value!r})" if isinstance(value, float) else f"({value.text})"
                self.given.carried("prompts", self.name(source, "text"))
        return found

    def write_sampler(self) -> None:
        node = self.sampler
        if node is None:
            return
        word, scheduler = (
            self.value(node, part, "diffusion.sampler") for part in ("sampler_name", "scheduler")
        )
        if word is not None:
            karras = " karras" if str(scheduler).lower() == "karras" else ""
            found = our_sampler(f"{word}{karras}")
            if found is None or str(scheduler).lower() not in ("none", "karras", "normal", "simple"):
                why = f"{word} with {scheduler}: {found or 'the model' + chr(39) + 's own sampler'} is used."
                self.report.note(self.name(node, "sampler_name"), "changed", why)
            self.draft.put("diffusion.sampler", found or OWN)
        steps, cfg = (
            self.value(node, "steps", "diffusion.steps"),
            self.value(node, "cfg", "diffusion.cfg_scale"),
        )
        if steps is not None:
            self.lane(self.name(node, "steps"), "steps", steps)
            self.draft.put("diffusion.steps_mode", "exact")
        if cfg is not None:
            self.lane(self.name(node, "cfg"), "cfg_scale", cfg)
        denoise = as_number(literal(self.graph, node, "denoise"))
        if denoise is not None and denoise < 1:
            self.lane(self.name(node, "denoise"), "strength", denoise)
        elif denoise is not None:
            why = "paints every frame from noise alone there; here a film goes on from the frame before."
            self.report.note(self.name(node, "denoise"), "off", why, denoise)
        model = next(
            (n for n in self.graph.values() if n.kind == "CheckpointLoaderSimple" and not n.muted), None
        )
        checkpoint = self.value(model, "ckpt_name", "model")
        if checkpoint is not None:
            self.report.remarks.append(f"Its checkpoint was {checkpoint}.")

    def lane(self, name: str, lane: str, value: object) -> None:
        self.given.values = {**self.given.values, name: value}
        self.given.lane(
            self.draft, name, lane, clock=self.clock, dialect="deforum", keep_in_range=lane != "seed"
        )

    def write_values(self) -> None:
        """Value schedules, each to the lane of what it feeds."""
        for node in self.graph.values():
            if node.kind not in VALUES or node.muted:
                continue
            name, text = self.name(node, "text"), literal(self.graph, node, "text")
            fed = [(other, part) for other, part in consumers(self.graph, node) if not other.muted]
            lanes = {_LANES[part] for other, part in fed if other.kind in SAMPLERS and part in _LANES}
            for lane in sorted(lanes):
                self.lane(name, lane, text)
                if lane == "seed":
                    self.draft.put("diffusion.seed_behavior", "schedule")
            rest = sorted(
                {f"{other.kind}.{part}" for other, part in fed if not part.startswith("pw_")}
                - {f"{other.kind}.{part}" for other, part in fed if other.kind in SAMPLERS and part in _LANES}
            )
            if rest or not fed:
                why = f"feeds {', '.join(rest)}, which is no lane here." if rest else "feeds nothing."
                self.report.note(name, "missing" if rest else "off", why, text)

    def leave(self) -> None:
        """Tell of what is left: other prompts and samplers, and every node that has no counterpart."""
        for node in self.graph.values():
            if node.muted or node.kind not in _KNOWN:
                name = f"{node.kind}[{node.id}]"
                if node.muted:
                    self.report.note(name, "off", "is muted or bypassed.")
                elif node.typed and not self.only_feeds(node):
                    self.report.note(name, "missing", "there is no such node here.", node.typed)
                else:
                    self.report.note(name, "off", "holds no setting of its own.")
                continue
            for part, value in node.typed.items():
                name = self.name(node, part)
                one = (*PROMPTS, *SAMPLERS)
                if (
                    name not in self.report.accounted
                    and node.kind in one
                    and node not in (self.prompt, self.sampler)
                ):
                    self.report.note(
                        name, "missing", "a film has one prompt schedule and one sampler here.", value
                    )
        self.given.settle(TABLE)

    def only_feeds(self, node: Node) -> bool:
        """Whether what is typed into a node was read where it is wired to."""
        fed = [name for other, part in consumers(self.graph, node) for name in (self.name(other, part),)]
        return bool(fed) and all(name in self.report.carried for name in fed)
