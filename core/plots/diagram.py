"""The diagram of a network, as SVG in the theme's colours, from the layers that a forward pass met.

Feature maps are stacked sheets as in LeCun et al. 1998, figure 2: as high as the picture, as many as log2 of the maps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from core.plots.parts import Part, parts
from core.plots.style import BLUE, FONT, GREEN, ORANGE, PURPLE, SKY
from core.training.summary import Layer

MOST = 24  # figures in one diagram
ROWS = ("generator", "discriminator")  # networks that are trained against each other stand below one another
LISTED = 6  # layers that a tooltip names one by one

HIGHEST = 104  # px, of a figure
BRACKET, HEADING, LABELS, GAP, MARGIN = 24, 22, 40, 14, 4  # px
SHEET = 5.5  # px between two maps
LETTER = 6.6  # px, of the labels' letters on average
NEURONS = 10  # circles in a column


@dataclass(frozen=True)
class _Figure:
    """A drawing that begins at x = 0, around y = 0. `left`, `right`: where its edges end, top and bottom."""

    svg: str
    width: float
    left: tuple[float, float]
    right: tuple[float, float]


def diagram(layers: Sequence[Layer], title: str, *, dark: bool, labels: bool = True) -> str:
    """The drawing of a network. `labels`: whether names and shapes stand below the figures; tooltips say them anyway."""
    rows = {name: [layer for layer in layers if layer.name.split(".")[0] == name] for name in ROWS}
    if not all(rows.values()):
        rows = {"": layers}
    found = {name: parts(mine, MOST // len(rows)) for name, mine in rows.items()}
    sides = [max(part.taken[1:] + part.shape[1:]) for row in found.values() for part in _flat(row) if len(part.shape) == 3]
    pen = _Pen(dark, labels, max(sides, default=1))
    svg, top, width = [], float(MARGIN), 0.0
    for name, row in found.items():
        if name:
            svg.append(pen.text(MARGIN, top + 13, name.capitalize(), anchor="start", weight=600))
            top += HEADING
        top += BRACKET * max(map(_brackets, row))
        drawn, right = pen.row(row, top + HIGHEST / 2)
        svg.append(drawn)
        top, width = top + HIGHEST + (LABELS if labels else GAP), max(width, right)
    width, height = math.ceil(width + MARGIN), math.ceil(top)
    said = ". ".join((f"{name.capitalize()}: " if name else "") + ", ".join(map(_said, row)) for name, row in found.items())
    key = "diagram-" + re.sub(r"\W+", "-", title.lower())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="--natural:{width}px" role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc" '
        f'font-family="{FONT}"><title id="{key}-title">{escape(f"Diagram of {title}")}</title>'
        f'<desc id="{key}-desc">{escape(said)}.</desc>{"".join(svg)}</svg>'
    )


def _flat(row: Sequence[Part]) -> Iterator[Part]:
    """The figures of a row."""
    for part in row:
        yield from _flat(part.parts) if part.parts else (part,)


def _brackets(part: Part) -> int:
    """How many brackets stand above a part."""
    return max(map(_brackets, part.parts), default=0) + (part.times > 1)


class _Pen:
    """Draws parts in the theme's colours. `side`: of the largest picture in the diagram."""

    def __init__(self, dark: bool, labels: bool, side: int):
        self.labels, self.side = labels, side
        self.ink, self.faint = ("#E4E8EC", "#98A2AD") if dark else ("#1B2026", "#5C6670")
        self.accent, self.green = (SKY, "#3CC49A") if dark else (BLUE, GREEN)

    def row(self, row: Sequence[Part], middle: float) -> tuple[str, float]:
        """Parts side by side around the height `middle`, joined, and how far they reach to the right."""
        under, over, x, before = [], [], float(MARGIN), None
        slots: dict[int, tuple[float, float]] = {}  # by the part's id: from where to where
        for part in _flat(row):
            figure = self.figure(part)
            names = self.names(part)
            slot = max(figure.width, *(LETTER * len(name) for name in names)) if self.labels else figure.width
            start = x + (slot - figure.width) / 2
            if before:
                (x0, top0, bottom0), (top1, bottom1) = before, figure.left
                under.append(
                    f'<path d="M{x0:.1f} {middle + top0:.1f}L{start:.1f} {middle + top1:.1f}V{middle + bottom1:.1f}'
                    f'L{x0:.1f} {middle + bottom0:.1f}z" fill="{self.ink}" opacity=".07"/>'
                )
            texts = [
                self.text(x + slot / 2, middle + HIGHEST / 2 + 16 + 15 * line, name, faint=bool(line))
                for line, name in enumerate(names) if self.labels and name
            ]
            over.append(
                f"<g><title>{escape(_tooltip(part))}</title>"
                f'<g transform="translate({start:.1f} {middle:.1f})">{figure.svg}</g>{"".join(texts)}</g>'
            )
            before = (start + figure.width, *figure.right)
            slots[id(part)] = (x, x + slot)
            x += slot + GAP
        brackets = [self.bracket(part, slots, middle - HIGHEST / 2) for part in row]
        return "".join(under + over + brackets), x - GAP

    def bracket(self, part: Part, slots: dict[int, tuple[float, float]], top: float) -> str:
        """How often a part comes, above it, and above those within it."""
        inner = "".join(self.bracket(one, slots, top) for one in part.parts)
        if part.times == 1:
            return inner
        mine = [slots[id(one)] for one in _flat([part])]
        left, right = mine[0][0], mine[-1][1]
        y = top - 4 - BRACKET * (_brackets(part) - 1)
        return inner + (
            f"<g><title>{escape(_tooltip(part))}</title>"
            f'<path d="M{left:.1f} {y:.1f}v-5H{right:.1f}v5" fill="none" stroke="{self.faint}"/>'
            f"{self.text((left + right) / 2, y - 9, f'×{part.times}', weight=600)}</g>"
        )

    def names(self, part: Part) -> tuple[str, str]:
        """What stands below a figure: its name, unless it stands within, and its shape."""
        return ("" if part.figure == "box" else part.word), _size(part.shape)

    def text(self, x: float, y: float, words: str, *, anchor: str = "middle", weight: int = 400, faint: bool = False) -> str:
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{self.faint if faint else self.ink}">{escape(words)}</text>'
        )

    # ---- the figures

    def figure(self, part: Part) -> _Figure:
        if part.figure == "box":
            return self.box(part.word)
        if part.figure == "pool":
            return self.pool(part)
        given = {3: self.maps, 2: self.sequence}.get(len(part.shape), self.column)
        return given(part.shape, self.faint if part.figure == "input" else "")

    def pixels(self, side: int) -> float:
        """A side of a picture as it is drawn: less than in proportion, so that the smallest maps are still seen."""
        return max(8.0, 0.86 * HIGHEST * (side / self.side) ** 0.6)

    def maps(self, shape: tuple[int, ...], colour: str) -> _Figure:
        """Sheets, one behind another, seen from their left."""
        colour = colour or self.accent
        maps, (height, width) = shape[0], map(self.pixels, shape[1:])
        sheets, wide, rise = 1 + round(math.log2(maps)), 0.32 * width, 0.16 * width
        top = (rise - height) / 2
        outline = f"v{height:.1f}l{wide:.1f} {-rise:.1f}v{-height:.1f}z"
        svg = "".join(
            f'<path d="M{SHEET * sheet:g} {top:.1f}{outline}" fill="{colour}" fill-opacity=".{1 if sheet else 4}" '
            f'stroke="{colour}" stroke-linejoin="round"/>'
            for sheet in reversed(range(sheets))
        )
        edge = (top, top + height)
        return _Figure(svg, SHEET * (sheets - 1) + wide, edge, (edge[0] - rise, edge[1] - rise))

    def pool(self, part: Part) -> _Figure:
        """A funnel from the side of the picture that comes to the side of the one that goes."""
        before, after = (self.pixels(shape[1]) / 2 for shape in (part.taken, part.shape))
        svg = (
            f'<path d="M0 {-before:.1f}L24 {-after:.1f}V{after:.1f}L0 {before:.1f}z" fill="{ORANGE}" fill-opacity=".45" '
            f'stroke="{ORANGE}" stroke-linejoin="round"/>'
        )
        return _Figure(svg, 24, (-before, before), (-after, after))

    def column(self, shape: tuple[int, ...], colour: str) -> _Figure:
        """Neurons below one another; where they are many, dots stand for those in the middle."""
        colour, count = colour or self.green, math.prod(shape)
        half = (14 + (HIGHEST - 18) * min(1.0, math.log2(count + 1) / 12)) / 2
        if count <= NEURONS:
            half = 3.5 * count + 2
        shown = count if count <= NEURONS else int((2 * half - 4) // 7)
        places = [(i - (shown - 1) / 2) * 7 for i in range(shown)]
        svg = f'<rect y="{-half:.1f}" width="16" height="{2 * half:.1f}" rx="7" fill="{colour}" fill-opacity=".18"/>'
        for i, y in enumerate(places):
            between = shown < count and abs(i - (shown - 1) / 2) < 1.6
            svg += f'<circle cx="8" cy="{y:.1f}" r="{1 if between else 2.6}" fill="{colour}"/>'
        return _Figure(svg, 16, (-half, half), (-half, half))

    def sequence(self, shape: tuple[int, ...], colour: str) -> _Figure:
        """A row of numbers for each token, below one another."""
        colour = colour or self.accent
        length, numbers = shape
        half, wide = (20 + (HIGHEST - 24) * min(1.0, math.log2(length + 1) / 10)) / 2, 8 + 5 * math.log2(numbers + 1)
        rows = min(length, int(2 * half // 8))
        svg = "".join(
            f'<rect y="{-half + 2 * half * i / rows:.1f}" width="{wide:.1f}" height="{2 * half / rows - 2:.1f}" rx="2" '
            f'fill="{colour}" fill-opacity=".35" stroke="{colour}" stroke-width=".8"/>'
            for i in range(rows)
        )
        return _Figure(svg, wide, (-half, half), (-half, half))

    def box(self, word: str) -> _Figure:
        wide = LETTER * len(word) + 28
        svg = (
            f'<rect y="-28" width="{wide:.1f}" height="56" rx="8" fill="{PURPLE}" fill-opacity=".22" stroke="{PURPLE}"/>'
            f"{self.text(wide / 2, 4, word, weight=600)}"
        )
        return _Figure(svg, wide, (-28, 28), (-28, 28))


# ---- in words


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "1"


def _said(part: Part) -> str:
    """A part for those who don't see the drawing."""
    said = f"a block of {' and '.join(map(_said, part.parts))}" if part.parts else f"{part.word} {_size(part.shape)}"
    return said if part.times == 1 else f"{said} ({part.times} times)"


def _tooltip(part: Part) -> str:
    """Layers, the shapes of their outputs, and parameters."""
    lines = [f"{part.word} · {_size(part.shape)}"] if len(part.layers) != 1 else []
    lines += [f"{layer.kind} · {_size(layer.shape)} · {layer.parameters:,} parameters" for layer in part.layers[:LISTED]]
    if len(part.layers) > LISTED:
        lines.append(f"and {len(part.layers) - LISTED:,} more layers")
    if len(part.layers) > 1:
        lines.append(f"{part.parameters:,} parameters in all")
    return "\n".join(lines)
