"""A graph of ComfyUI, from a saved workflow or the form that the API takes, as nodes with named inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .report import table_rows

_MAX_STEPS = 64  # how far upstream a text or a prompt is looked for

_WEIGHTS = "pre_text app_text pw_a pw_b pw_c pw_d"
# The order in which a saved workflow lists a node's widgets; older FizzNodes have no print_output.
_LAYOUTS = f"""
PromptSchedule | text max_frames print_output | text max_frames current_frame {_WEIGHTS}
BatchPromptSchedule | text max_frames print_output start_frame end_frame | text max_frames {_WEIGHTS}
BatchPromptScheduleLatentInput | text print_output start_frame end_frame | text {_WEIGHTS}
StringSchedule | text max_frames current_frame print_output | text max_frames current_frame {_WEIGHTS}
BatchStringSchedule | text max_frames print_output | text max_frames {_WEIGHTS}
ValueSchedule | text max_frames current_frame print_output | text max_frames current_frame
BatchValueSchedule | text max_frames print_output | text max_frames
BatchValueScheduleLatentInput | text print_output | text
KSampler | seed control_after_generate steps cfg sampler_name scheduler denoise
KSamplerAdvanced | add_noise noise_seed control_after_generate steps cfg sampler_name scheduler start_at_step
    end_at_step return_with_leftover_noise
EmptyLatentImage | width height batch_size
CheckpointLoaderSimple | ckpt_name
CLIPTextEncode | text
SaveImage | filename_prefix
"""
WIDGETS = {kind: [layout.split() for layout in layouts] for kind, *layouts in table_rows(_LAYOUTS)}
PROMPTS = tuple(kind for kind in WIDGETS if "PromptSchedule" in kind or "StringSchedule" in kind)
VALUES = tuple(kind for kind in WIDGETS if "ValueSchedule" in kind)
_TYPES = {"print_output": bool, "text": str, "pre_text": str, "app_text": str}


@dataclass(kw_only=True)
class Node:
    """One node: its class, its typed inputs by name, and the ids of the nodes that its other inputs come from."""

    id: str
    kind: str
    typed: dict[str, Any] = field(default_factory=dict)
    wired: dict[str, str] = field(default_factory=dict)
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
                node.wired[name] = str(value[0])
            else:
                node.typed[name] = value
    return graph


def _api_nodes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = values.get("prompt")
    return inner if isinstance(inner, Mapping) else values


def upstream(graph: Graph, id_: str | None, kinds: tuple[str, ...]) -> Node | None:
    """The nearest active node of one of these kinds, from a node on, directly or through other nodes."""
    queue, seen = [id_] if id_ else [], set[str]()
    while queue and len(seen) < _MAX_STEPS:
        node = graph.get(queue.pop(0))
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
        for name, source in other.wired.items():
            if source == node.id:
                yield other, name


def literal(graph: Graph, node: Node, name: str) -> Any:
    """The value of an input: typed into it, or the only value typed into the node that it is wired to; else None."""
    if name in node.typed:
        return node.typed[name]
    source = graph.get(node.wired[name]) if name in node.wired else None
    if source is None or source.wired or source.kind in WIDGETS:
        return None
    typed = [value for name, value in source.typed.items() if name != "control_after_generate"]
    return typed[0] if typed and (len(typed) == 1 or source.kind == "PrimitiveNode") else None


def _workflow(values: Mapping[str, Any]) -> Graph:
    links = _links(values["links"])
    graph: Graph = {}
    rerouted: dict[str, str] = {}  # a Reroute node's id -> where its input comes from
    for described in values["nodes"]:
        if not isinstance(described, Mapping) or described.get("type") in ("Note", "MarkdownNote"):
            continue
        listed = described.get("inputs")
        inputs = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
        wired = {
            str(item.get("name")): links[key]
            for item in inputs
            if isinstance(key := item.get("link"), int | str) and key in links
        }
        id_, kind = str(described.get("id")), str(described.get("type"))[:200]
        if kind == "Reroute":
            for source in wired.values():
                rerouted[id_] = source
            continue
        typed = _typed(kind, described.get("widgets_values"), inputs)
        typed = {name: value for name, value in typed.items() if name not in wired}  # a wire replaces it
        muted = described.get("mode") in (2, 4)
        graph[id_] = Node(id=id_, kind=kind, typed=typed, wired=wired, muted=muted)
    for node in graph.values():
        node.wired = {name: _behind(source, rerouted) for name, source in node.wired.items()}
    return graph


def _links(listed: list[Any]) -> dict[int | str, str]:
    """A link's id -> the node that it comes from."""
    links: dict[int | str, str] = {}
    for link in listed:
        if isinstance(link, list) and len(link) >= 5:
            key, node = link[:2]
        elif isinstance(link, Mapping):
            key, node = link.get("id"), link.get("origin_id")
        else:
            continue
        if isinstance(key, int | str):
            links[key] = str(node)
    return links


def _behind(source: str, rerouted: Mapping[str, str]) -> str:
    """The node that a wire comes from, through Reroute nodes."""
    for _ in range(_MAX_STEPS):
        source = rerouted.get(source, source)
    return source


def _typed(kind: str, widgets: object, inputs: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The values typed into a node, by name."""
    if isinstance(widgets, Mapping):
        return {str(name): value for name, value in widgets.items()}
    if not isinstance(widgets, list):
        return {}
    named = [
        str(item["name"]) for item in inputs if isinstance(item.get("widget"), Mapping) and "name" in item
    ]
    layout = next((names for names in WIDGETS.get(kind, ()) if _fits(names, widgets)), None)
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
