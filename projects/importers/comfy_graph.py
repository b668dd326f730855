"""A graph of ComfyUI, from a saved workflow or the form that the API takes, as nodes with named inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MAX_STEPS = 64  # how far upstream a text or a prompt is looked for

# The order in which a saved workflow lists a node's widgets; older FizzNodes have no print_output.
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
_TYPES = {"print_output": bool, "text": str, "pre_text": str, "app_text": str}


class Link(NamedTuple):
    """Where an input comes from."""

    node: str
    slot: int


@dataclass(kw_only=True)
class Node:
    """One node: its class, its typed inputs by name, and its wired inputs by name."""

    id: str
    kind: str
    typed: dict[str, Any] = field(default_factory=dict)
    wired: dict[str, Link] = field(default_factory=dict)
    muted: bool = False


Graph = dict[str, Node]


def is_graph(values: Mapping[str, Any]) -> bool:
    """Whether the values are a saved workflow or what the API takes."""
    if isinstance(values.get("nodes"), list) and isinstance(values.get("links"), list):
        return True
    nodes = _api_nodes(values).values()
    return bool(nodes) and all(isinstance(node, Mapping) and "class_type" in node for node in nodes)


def read_graph(values: Mapping[str, Any]) -> Graph:
    """The nodes by their ids."""
    if isinstance(values.get("nodes"), list):
        return _workflow(values)
    graph: Graph = {}
    for key, described in _api_nodes(values).items():
        node = graph[str(key)] = Node(id=str(key), kind=str(described.get("class_type"))[:200])
        inputs = described.get("inputs")
        for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
            if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
                node.wired[name] = Link(str(value[0]), value[1])
            else:
                node.typed[name] = value
    return graph


def _api_nodes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = values.get("prompt")
    return inner if isinstance(inner, Mapping) else values


def upstream(graph: Graph, link: Link | None, kinds: tuple[str, ...]) -> Node | None:
    """The nearest active node of one of these kinds that a wire comes from, directly or through other nodes."""
    queue, seen = [link] if link else [], set[str]()
    while queue and len(seen) < _MAX_STEPS:
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
    """The value of an input: typed into it, or the only value typed into the node that it is wired to; else None."""
    if name in node.typed:
        return node.typed[name]
    source = graph.get(node.wired[name].node) if name in node.wired else None
    if source is None or source.wired or source.kind in WIDGETS:
        return None
    typed = [value for name, value in source.typed.items() if name != "control_after_generate"]
    return typed[0] if typed and (len(typed) == 1 or source.kind == "PrimitiveNode") else None


def _workflow(values: Mapping[str, Any]) -> Graph:
    links = _links(values["links"])
    graph: Graph = {}
    rerouted: dict[str, Link | None] = {}  # a Reroute node's id -> where its input comes from
    for described in values["nodes"]:
        if not isinstance(described, Mapping) or described.get("type") in ("Note", "MarkdownNote"):
            continue
        listed = described.get("inputs")
        inputs = [i for i in listed if isinstance(i, Mapping)] if isinstance(listed, list) else []
        id_, kind = str(described.get("id")), str(described.get("type"))[:200]
        if kind == "Reroute":
            rerouted[id_] = _source(inputs[-1], links) if inputs else None
            continue
        node = graph[id_] = Node(id=id_, kind=kind, muted=described.get("mode") in (2, 4))
        node.typed = _typed(kind, described.get("widgets_values"), inputs)
        for item in inputs:
            source = _source(item, links)
            if source is not None:
                node.wired[str(item.get("name"))] = source
                node.typed.pop(str(item.get("name")), None)  # a wire replaces what is typed
    for node in graph.values():
        node.wired = {name: _behind(link, rerouted) for name, link in node.wired.items()}
    return graph


def _links(listed: list[Any]) -> dict[int | str, Link]:
    """A link's id -> where it comes from."""
    links: dict[int | str, Link] = {}
    for link in listed:
        if isinstance(link, list) and len(link) >= 5:
            key, node, slot = link[:3]
        elif isinstance(link, Mapping):
            key, node, slot = link.get("id"), link.get("origin_id"), link.get("origin_slot")
        else:
            continue
        if isinstance(key, int | str):
            links[key] = Link(str(node), slot if isinstance(slot, int) else 0)
    return links


def _source(item: Mapping[str, Any], links: Mapping[int | str, Link]) -> Link | None:
    """Where an input of a saved workflow comes from."""
    key = item.get("link")
    return links.get(key) if isinstance(key, int | str) else None


def _behind(link: Link, rerouted: Mapping[str, Link | None]) -> Link:
    """Where a link comes from, through Reroute nodes."""
    for _ in range(_MAX_STEPS):
        source = rerouted.get(link.node)
        if source is None:
            break
        link = source
    return link


def _typed(kind: str, widgets: object, inputs: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The values typed into a node, by name."""
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
    """Whether values can be those of a layout, by their types."""
    for name, value in zip(names, values, strict=False):
        if not isinstance(value, _TYPES.get(name, object)):
            return False
        if name == "current_frame" and isinstance(value, bool | str):
            return False
    return len(values) <= len(names)
