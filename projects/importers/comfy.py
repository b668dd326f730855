"""ComfyUI graphs with FizzNodes' schedules as projects."""

from __future__ import annotations

from typing import Any

from keyframes import Clock, Problem, ProjectError, ScheduleError, parse_schedule

from .comfy_graph import PROMPTS, VALUES, WIDGETS, Node, consumers, literal, read_graph, upstream
from .common import MODEL_SAMPLER, clean, our_sampler, put_prompts, put_title
from .conversion import Conversion
from .fizz import LENGTH, TABLE, carry_schedule, read_keyed
from .report import as_number, plain_number
from .rewrite import AS_IT_IS, IN_RANGE

_SAMPLERS = ("KSampler", "KSamplerAdvanced")
_LANES = {"denoise": "strength", "cfg": "cfg_scale", "steps": "steps", "seed": "seed", "noise_seed": "seed"}
_RATES = ("VHS_VideoCombine", "ADE_AnimateDiffCombine")
_KNOWN = (*WIDGETS, *_RATES)


def from_graph(job: Conversion) -> None:
    """Fill the project from the nodes, and report on each.

    Raises ProjectError for a graph without a prompt schedule.
    """
    job.report.written_by = "ComfyUI, with FizzNodes"
    graph = _Graph(job)
    put_title(job)
    graph.frame()
    graph.prompts()
    graph.negative()
    graph.sampling()
    graph.values()
    graph.leave()
    job.settle(TABLE)


class _Graph:
    """The import of one graph: its nodes, and their inputs as the settings of the import."""

    def __init__(self, job: Conversion) -> None:
        self.job, self.report = job, job.report
        self.nodes = read_graph(job.values)
        self.active = [node for node in self.nodes.values() if not node.muted]
        kinds = [node.kind for node in self.nodes.values()]
        self.several = {kind for kind in kinds if kinds.count(kind) > 1}
        self.typed = {
            self.name(node, part): value
            for node in self.active
            if node.kind in _KNOWN
            for part, value in node.typed.items()
        }
        job.values = self.typed
        self.sampler = self.first(*_SAMPLERS)
        wired = self.sampler.wired.get("positive") if self.sampler else None
        prompt = upstream(self.nodes, wired, PROMPTS) or self.first(*PROMPTS)
        if prompt is None:
            what = "is a ComfyUI graph without a prompt schedule."
            raise ProjectError(Problem(what=what, hint=f"Looked for: {', '.join(PROMPTS)}."))
        self.prompt = prompt

    def first(self, *kinds: str) -> Node | None:
        """The first active node of one of these kinds."""
        return next((node for node in self.active if node.kind in kinds), None)

    def name(self, node: Node, part: str) -> str:
        """The name of an input in the report: class of the node, its id if there are several, name of the input."""
        return f"{node.kind}[{node.id}].{part}" if node.kind in self.several else f"{node.kind}.{part}"

    def value(self, node: Node | None, part: str, place: str) -> Any:
        """What an input holds; the report says that it went to `place`."""
        if node is None:
            return None
        found = literal(self.nodes, node, part)
        if found is not None:
            self.report.carried.setdefault(self.name(node, part), place)
        return found

    def frame(self) -> None:
        """Carry size, length, rate and seed."""
        length = as_number(self.value(self.prompt, "max_frames", "frames"))
        if length is None or not 1 <= length <= 100_000:
            length = LENGTH
            self.report.remarks.append(f"The graph gives no length; the film has {LENGTH} frames.")
        fps = as_number(self.value(self.first(*_RATES), "frame_rate", "fps")) or 12.0
        fps = fps if 0 < fps <= 240 else 12.0
        seeds = (self.value(self.sampler, part, "seed") for part in ("seed", "noise_seed"))
        number = as_number(next((seed for seed in seeds if seed is not None), None)) or 0.0
        seed = int(number) % 2**53
        if not 0 <= number <= 2**53:
            remark = f"Its seed {number:.0f} is too large; using the remainder after division by 2**53."
            self.report.remarks.append(remark)
        latent = next((node for node in self.nodes.values() if node.kind == "EmptyLatentImage"), None)
        sides = [as_number(self.value(latent, side, "size")) for side in ("width", "height")]
        if all(side is not None and 16 <= side <= 8192 for side in sides):
            self.job.put("size", [int(side or 0) // 8 * 8 for side in sides])
        self.job.put("fps", plain_number(fps))
        self.job.put("frames", int(length))
        self.job.put("seed", seed)
        self.job.clock = Clock(frames=int(length), fps=fps, seed=seed)

    def prompts(self) -> None:
        """Carry the prompt schedule, and the texts around each prompt."""
        node = self.prompt
        text = self.value(node, "text", "prompts")
        name = self.name(node, "text")
        keyed = read_keyed(self.job, str(text), name) if text is not None else {}
        before = str(self.value(node, "pre_text", "prompts.prefix") or "")
        after = str(self.value(node, "app_text", "prompts.suffix") or "")
        for part in ("pre_text", "app_text"):
            if part in node.wired and literal(self.nodes, node, part) is None:
                why = "comes from nodes whose text cannot be read."
                self.report.note(self.name(node, part), "missing", why)
        for letter in carry_schedule(self.job, keyed, before, after, self.weights(node)):
            why = "comes from nodes that are not one expression; using 0."
            self.report.note(self.name(node, letter), "missing", why)
        if not keyed:
            put_prompts(self.job, {}, name)

    def weights(self, node: Node) -> dict[str, str]:
        """Values of pw_a to pw_d: a number, or the only expression of a value schedule."""
        found: dict[str, str] = {}
        for letter in ("pw_a", "pw_b", "pw_c", "pw_d"):
            if letter not in node.wired:
                found[letter] = f"({as_number(self.value(node, letter, 'prompts')) or 0:g})"
                continue
            source = upstream(self.nodes, node.wired[letter], VALUES)
            text = str(literal(self.nodes, source, "text") if source else "")
            try:
                keys = parse_schedule(text, lane=letter, clock=self.job.clock, dialect="deforum").keys
            except ScheduleError:
                continue
            if len(keys) == 1 and source is not None:
                value = keys[0].value
                found[letter] = f"({value!r})" if isinstance(value, float) else f"({value.text})"
                self.job.carried("prompts", self.name(source, "text"))
        return found

    def negative(self) -> None:
        """Carry the negative prompt, if it does not come from the prompt schedule itself."""
        wired = self.sampler.wired.get("negative") if self.sampler else None
        node = upstream(self.nodes, wired, (*PROMPTS, "CLIPTextEncode"))
        if node is None or node is self.prompt:
            return
        text = self.value(node, "text", "prompts.negative")
        if node.kind != "CLIPTextEncode" and text is not None:
            name = self.name(node, "text")
            keyed = read_keyed(self.job, str(text), name)
            text = next(iter(keyed.values()), "")
            if len(set(keyed.values())) > 1:
                why = (
                    "negative prompts have no keys; using the first. For several, write --neg into the keys."
                )
                self.report.note(name, "changed", why)
        known = str(self.job.tables["prompts"].get("negative", ""))
        words = clean(f"{text or ''} {known}".replace("--neg", " "))
        if words:
            self.job.put("prompts.negative", words)

    def sampling(self) -> None:
        """Carry sampler, steps, guidance scale and strength, and note the checkpoint."""
        node = self.sampler
        if node is None:
            return
        word = self.value(node, "sampler_name", "diffusion.sampler")
        scheduler = str(self.value(node, "scheduler", "diffusion.sampler"))
        if word is not None:
            found = our_sampler(f"{word} karras" if scheduler.lower() == "karras" else str(word))
            if found is None or scheduler.lower() not in ("none", "karras", "normal", "simple"):
                why = f"Reverie has no {word} with {scheduler}; using {found or 'the sampler of the model'}."
                self.report.note(self.name(node, "sampler_name"), "changed", why)
            self.job.put("diffusion.sampler", found or MODEL_SAMPLER)
        steps = self.value(node, "steps", "diffusion.steps")
        cfg = self.value(node, "cfg", "diffusion.cfg_scale")
        if steps is not None:
            self.lane(self.name(node, "steps"), "steps", steps)
            self.job.put("diffusion.steps_mode", "exact")
        if cfg is not None:
            self.lane(self.name(node, "cfg"), "cfg_scale", cfg)
        denoise = as_number(literal(self.nodes, node, "denoise"))
        if denoise is not None and denoise < 1:
            self.lane(self.name(node, "denoise"), "strength", denoise)
        elif denoise is not None:
            why = "the graph paints every frame from noise; a film continues from the frame before."
            self.report.note(self.name(node, "denoise"), "off", why, denoise)
        checkpoint = self.value(self.first("CheckpointLoaderSimple"), "ckpt_name", "model")
        if checkpoint is not None:
            self.report.remarks.append(f"The file's model is {checkpoint}.")

    def lane(self, name: str, lane: str, value: object) -> None:
        self.typed[name] = value
        self.job.lane(lane, name, change=AS_IT_IS if lane == "seed" else IN_RANGE)

    def values(self) -> None:
        """Carry each value schedule to the lane of the input that it feeds."""
        for node in self.active:
            if node.kind not in VALUES:
                continue
            name, text = self.name(node, "text"), literal(self.nodes, node, "text")
            fed = [(other, part) for other, part in consumers(self.nodes, node) if not other.muted]
            lanes, rest = set[str](), set[str]()
            for other, part in fed:
                if other.kind in _SAMPLERS and part in _LANES:
                    lanes.add(_LANES[part])
                elif not part.startswith("pw_"):
                    rest.add(f"{other.kind}.{part}")
            for lane in sorted(lanes):
                self.lane(name, lane, text)
                if lane == "seed":
                    self.job.put("diffusion.seed_behavior", "schedule")
            if rest:
                why = f"feeds {', '.join(sorted(rest))}, which is not a lane."
                self.report.note(name, "missing", why, text)
            elif not fed:
                self.report.note(name, "off", "feeds nothing.", text)

    def leave(self) -> None:
        """Note what is left: further prompts and samplers, and nodes without a counterpart."""
        for node in self.nodes.values():
            name = f"{node.kind}[{node.id}]"
            if node.muted:
                self.report.note(name, "off", "muted or bypassed.")
            elif node.kind not in _KNOWN:
                fed = [self.name(other, part) for other, part in consumers(self.nodes, node)]
                read = bool(fed) and all(part in self.report.carried for part in fed)
                if node.typed and not read:
                    self.report.note(name, "missing", "Reverie has no such node.", node.typed)
                else:
                    self.report.note(name, "off", "has no settings.")
            elif node.kind in (*PROMPTS, *_SAMPLERS) and node not in (self.prompt, self.sampler):
                for part, value in node.typed.items():
                    why = "a film has one prompt schedule and one sampler."
                    if self.name(node, part) not in self.report.accounted:
                        self.report.note(self.name(node, part), "missing", why, value)
