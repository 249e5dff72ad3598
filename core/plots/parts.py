"""A network's layers as the parts of its diagram: what a person would name, repetitions folded, never too many."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.training.summary import Layer

_WORDS = {
    "Conv": "Convolution", "ConvTranspose": "Up-convolution", "MaxPool": "Max pooling", "AvgPool": "Mean pooling",
    "AdaptiveMaxPool": "Max pooling", "AdaptiveAvgPool": "Mean pooling", "MultiheadAttention": "Attention",
}


@dataclass(frozen=True)
class Part:
    """One figure, or a group of them (`parts`), that comes `times` times in a row.

    `layers`: all that it stands for, its repetitions too; `taken` and `shape`: of its input and output for one example.
    """

    word: str
    figure: str
    layers: tuple[Layer, ...]
    taken: tuple[int, ...]
    shape: tuple[int, ...]
    parts: tuple[Part, ...] = ()
    times: int = 1

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def likeness(self) -> tuple:
        """What is equal in two parts that look the same."""
        return self.word, self.figure, self.shape, self.times, tuple(part.likeness for part in self.parts)


def parts(layers: Sequence[Layer], most: int) -> list[Part]:
    """At most `most` figures and their input, in order. Blocks that repeat are one group; where that is still too much,
    blocks become single figures, then equal neighbours, and at last the middle."""
    found = _fold(_tree(layers))
    if not found:  # nothing in it changes the size or learns
        found = [Part("Network", "box", tuple(layers), layers[0].taken, layers[-1].shape)]
    while _count(found) > most and (depth := max(map(_depth, found))):
        found = _merge(_collapse(found, depth))
    if _count(found) > most:
        found = _merge(found)
    if len(found) > most:
        left, rest, right = found[: most // 2], found[most // 2 : 1 - most // 2], found[1 - most // 2 :]
        layers_of_rest = tuple(layer for part in rest for layer in part.layers)
        found = [*left, Part(f"{len(rest)} more", "box", layers_of_rest, rest[0].taken, rest[-1].shape), *right]
    return [Part("Input", "input", (), (), layers[0].taken), *_opened(found)]


def _tree(layers: Sequence[Layer], depth: int = 0) -> list[Part]:
    """The parts of a module, from its layers, whose names share the first `depth` steps. A layer that only bends,
    normalises or reshapes goes with the part before it, or with the next where there is none."""
    found: list[Part] = []
    waiting: tuple[Layer, ...] = ()
    for step, group in groupby(layers, lambda layer: _step(layer, depth)):
        mine = tuple(group)
        inner = [] if all(map(_is_minor, mine)) or (step is None and len(layers) > 1) else _inner(mine, step or "", depth)
        if not inner:
            if found:
                found[-1] = replace(found[-1], layers=found[-1].layers + mine)
            else:
                waiting += mine
            continue
        first, last = inner[0], inner[-1]
        part = first if len(inner) == 1 else Part("Block", "", mine, first.taken, last.shape, tuple(inner))
        found.append(replace(part, layers=waiting + part.layers))
        waiting = ()
    return _feed_forward(found) if any(part.word == "Attention" for part in found) else found


def _inner(layers: tuple[Layer, ...], step: str, depth: int) -> list[Part]:
    main = [layer for layer in layers if not _is_minor(layer)]
    if "attention" in step or "attn" in step:
        return [Part("Attention", "box", layers, main[0].taken, main[-1].shape)]
    if len(layers) == 1:
        return [_leaf(main[0])]
    return _fold(_tree(layers, depth + 1))


def _leaf(layer: Layer) -> Part:
    stem = re.sub(r"\dd$", "", layer.kind)
    word = _WORDS.get(stem) or re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", stem).capitalize()
    if stem.isupper():
        word = stem  # LSTM
    if not layer.name or word == "Attention":
        figure = "box"  # the whole network is one layer, as a classical learner's is
    elif len(layer.shape) == 3:
        figure = "maps" if layer.parameters else "pool"
    else:
        figure = _figure_of(layer.shape)
    return Part(word, figure, (layer,), layer.taken, layer.shape)


def _feed_forward(found: list[Part]) -> list[Part]:
    """Linear layers beside attention are what each token passes by itself: one box."""
    joined = []
    for linear, group in groupby(found, lambda part: all(inner.word == "Linear" for inner in part.parts or [part])):
        mine = list(group)
        if linear:
            layers = tuple(layer for part in mine for layer in part.layers)
            mine = [Part("Feed-forward", "box", layers, mine[0].taken, mine[-1].shape)]
        joined += mine
    return joined


def _fold(found: list[Part]) -> list[Part]:
    """Neighbouring groups that look the same become one that comes several times."""
    folded = []
    for _, alike in groupby(found, lambda part: part.likeness):
        alike = list(alike)
        if not alike[0].parts:
            folded += alike
        else:
            layers = tuple(layer for part in alike for layer in part.layers)
            folded.append(replace(alike[0], layers=layers, times=alike[0].times * len(alike)))
    return folded


def _opened(found: Sequence[Part]) -> list[Part]:
    """The parts without the groups that come once; what only such a group has goes with its last part."""
    opened = []
    for part in found:
        inner = _opened(part.parts)
        if part.parts and part.times == 1:
            shown = {layer.name for one in inner for layer in one.layers}
            rest = tuple(layer for layer in part.layers if layer.name not in shown)
            opened += [*inner[:-1], replace(inner[-1], layers=inner[-1].layers + rest)]
        else:
            opened.append(replace(part, parts=tuple(inner)))
    return opened


def _merge(found: list[Part]) -> list[Part]:
    """Neighbouring figures that look the same become one, however often each came."""
    merged = []
    for _, alike in groupby(found, lambda part: replace(part, times=1).likeness):
        alike = list(alike)
        layers = tuple(layer for part in alike for layer in part.layers)
        merged.append(replace(alike[0], layers=layers, times=sum(part.times for part in alike)))
    return merged


def _collapse(found: Sequence[Part], depth: int) -> list[Part]:
    """The groups at the greatest depth as single figures of what they give."""
    collapsed = []
    for part in found:
        if part.parts and depth > 1:
            inner = _merge(_collapse(part.parts, depth - 1))
            only = replace(inner[0], layers=part.layers, times=inner[0].times * part.times)
            part = only if len(inner) == 1 else replace(part, parts=tuple(inner))
        elif part.parts:
            part = replace(part, figure=_figure_of(part.shape), parts=())
        collapsed.append(part)
    return collapsed


def _figure_of(shape: tuple[int, ...]) -> str:
    return {0: "column", 1: "column", 2: "sequence", 3: "maps"}.get(len(shape), "box")


def _step(layer: Layer, depth: int) -> str | None:
    """The step of its name at that depth; None for the module itself, which has weights beside its children's."""
    steps = layer.name.split(".") if layer.name else []
    return steps[depth] if depth < len(steps) else None


def _is_minor(layer: Layer) -> bool:
    reshapes = not layer.parameters and math.prod(layer.shape) == math.prod(layer.taken)
    return reshapes or "Norm" in layer.kind or layer.kind == "PReLU"


def _count(found: Sequence[Part]) -> int:
    return sum(_count(part.parts) if part.parts else 1 for part in found)


def _depth(part: Part) -> int:
    """How deep its groups are nested."""
    return 1 + max(map(_depth, part.parts)) if part.parts else 0
