"""A graph of ComfyUI, in either of the two forms that it is saved in, as nodes with named inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_LOOK = 64  # how far upstream a text or a prompt is looked for

# The order in which a saved workflow lists what is typed into a node; the older FizzNodes have no print_output.
_SAMPLER = "seed control_after_generate steps cfg sampler_name scheduler denoise"
_WEIGHTS = "pre_text app_text pw_a pw_b pw_c pw_d"
WIDGETS: dict[str, tuple[str, ...]] = {
    "PromptSchedule": ("text max_frames print_output", f"text max_frames current_frame {_WEIGHTS}"),
    "BatchPromptSchedule": (
        "text max_frames print_output start_frame end_frame",
        f"text max_frames {_WEIGHTS}",
    ),
    "BatchPromptScheduleLatentInput": ("text print_output start_frame end_frame", f"text {_WEIGHTS}"),
    "StringSchedule": (
        "text max_frames current_frame print_output",
        f"text max_frames current_frame {_WEIGHTS}",
    ),
    "BatchStringSchedule": ("text max_frames print_output", f"text max_frames {_WEIGHTS}"),
    "ValueSchedule": ("text max_frames current_frame print_output", "text max_frames current_frame"),
    "BatchValueSchedule": ("text max_frames print_output", "text max_frames"),
    "BatchValueScheduleLatentInput": ("text print_output", "text"),
    "KSampler": (_SAMPLER,),
    "KSamplerAdvanced": (
        "add_noise noise_seed control_after_generate steps cfg sampler_name scheduler start_at_step end_at_step "
        "return_with_leftover_noise",
    ),
    "EmptyLatentImage": ("width height batch_size",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CLIPTextEncode": ("text",),
    "SaveImage": ("filename_prefix",),
}


class Link(NamedTuple):
    """Where an input comes from."""

    node: str
    slot: int


@dataclass(kw_only=True)
class Node:
    """One node: its class, what is typed into it by name, and what is wired to it by name."""

    id: str
    kind: str
    typed: dict[str, Any] = field(default_factory=dict)
    wired: dict[str, Link] = field(default_factory=dict)
    muted: bool = False


Graph = dict[str, Node]


def is_graph(values: Mapping[str, Any]) -> bool:
    """Whether it is a workflow of ComfyUI, or what its API takes."""
    if isinstance(values.get("nodes"), list) and isinstance(values.get("links"), list):
        return True
    inner = values.get("prompt")
    api = inner if isinstance(inner, Mapping) else values
    return bool(api) and all(isinstance(node, Mapping) and "class_type" in node for node in api.values())


def read_graph(values: Mapping[str, Any]) -> Graph:
    """The nodes by their ids."""
    if isinstance(values.get("nodes"), list):
        return _workflow(values)
    inner = values.get("prompt")
    api = inner if isinstance(inner, Mapping) else values
    graph: Graph = {}
    for key, given in api.items():
        node = Node(id=str(key), kind=str(given.get("class_type"))[:200])
        inputs = given.get("inputs")
        for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
            if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
                node.wired[name] = Link(str(value[0]), value[1])
            else:
                node.typed[name] = value
        graph[node.id] = node
    return graph


def upstream(graph: Graph, link: Link | None, kinds: tuple[str, ...]) -> Node | None:
    """The nearest node of one of these kinds that a wire comes from, through whatever lies between."""
    queue, seen = [link] if link else [], set[str]()
    while queue and len(seen) < _LOOK:
        node = graph.get(queue.pop(0).node)
        if node is None or node.id in seen:
            continue
        if node.kind in kinds and not node.muted:
            return node
        seen.add(node.id)
        queue += node.wired.values()
    return None


def consumers(graph: Graph, node: Node) -> Iterator[tuple[Node, str]]:
    """Every input that is wired to `node`."""
    for other in graph.values():
        for name, link in other.wired.items():
            if link.node == node.id:
                yield other, name


def literal(graph: Graph, node: Node, name: str) -> Any:
    """What an input holds: typed there, or the one thing typed into the node that is wired to it; None if neither."""
    if name in node.typed:
        return node.typed[name]
    source = graph.get(node.wired[name].node) if name in node.wired else None
    if source is None or source.wired or source.kind in WIDGETS:
        return None
    typed = [value for name, value in source.typed.items() if name != "control_after_generate"]
    return typed[0] if typed and (len(typed) == 1 or source.kind == "PrimitiveNode") else None


def _workflow(values: Mapping[str, Any]) -> Graph:
    sources: dict[object, Link] = {}
    for link in values["links"]:
        if isinstance(link, list) and len(link) >= 5:
            sources[link[0]] = Link(str(link[1]), link[2] if isinstance(link[2], int) else 0)
        elif isinstance(link, Mapping):
            slot = link.get("origin_slot")
            sources[link.get("id")] = Link(str(link.get("origin_id")), slot if isinstance(slot, int) else 0)
    graph: Graph = {}
    for given in values["nodes"]:
        if not isinstance(given, Mapping) or given.get("type") in ("Note", "MarkdownNote", "Reroute"):
            continue
        node = Node(
            id=str(given.get("id")), kind=str(given.get("type"))[:200], muted=given.get("mode") in (2, 4)
        )
        listed = given.get("inputs")
        inputs = [i for i in listed if isinstance(i, Mapping)] if isinstance(listed, list) else []
        node.typed = _typed(node.kind, given.get("widgets_values"), inputs)
        for item in inputs:
            if item.get("link") is not None and item["link"] in sources:
                node.wired[str(item.get("name"))] = sources[item["link"]]
                node.typed.pop(str(item.get("name")), None)  # a wire goes before what is typed
        graph[node.id] = node
    return _unrouted(graph, values, sources)


def _typed(kind: str, widgets: object, inputs: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What is typed into a node, by name."""
    if isinstance(widgets, Mapping):
        return {str(name): value for name, value in widgets.items()}
    if not isinstance(widgets, list):
        return {}
    named = [
        str(item["name"]) for item in inputs if isinstance(item.get("widget"), Mapping) and "name" in item
    ]
    layouts = [layout.split() for layout in WIDGETS.get(kind, ())]
    layout = next((names for names in layouts if _fits(names, widgets)), None)
    if layout is None and len(named) == len(widgets):
        layout = named
    names = layout or [f"widget_{i}" for i in range(len(widgets))]
    return dict(zip(names, widgets, strict=False))


def _fits(names: list[str], values: list[Any]) -> bool:
    """Whether values can be those of a layout: texts where it has texts, truth values where it has these."""
    if len(values) > len(names):
        return False
    for name, value in zip(names, values, strict=False):
        wanted = (
            bool if name == "print_output" else str if name in ("text", "pre_text", "app_text") else object
        )
        if not isinstance(value, wanted) or (name == "current_frame" and isinstance(value, bool | str)):
            return False
    return True


def _unrouted(graph: Graph, values: Mapping[str, Any], sources: Mapping[object, Link]) -> Graph:
    """Wires through Reroute nodes lead to what is behind these."""
    through: dict[str, Link | None] = {}
    for node in values["nodes"]:
        if isinstance(node, Mapping) and node.get("type") == "Reroute":
            inputs = node.get("inputs")
            for item in inputs if isinstance(inputs, list) else []:
                if isinstance(item, Mapping):
                    through[str(node.get("id"))] = sources.get(item.get("link"))
    for wired in (node.wired for node in graph.values()):
        for name, link in wired.items():
            for _ in range(_LOOK):
                behind = through.get(link.node)
                if behind is None:
                    break
                link = behind
            wired[name] = link
    return graph
