"""What a block of a report shows, worked out once for the page and for the exported file."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import plotly.graph_objects as go
import streamlit as st
from markdown_it import MarkdownIt
from PIL import Image

from core.errors import UserError
from core.plots.curves import figure, omissions
from core.plots.style import run_colour, run_lines
from core.tracking import compare, read
from core.tracking.reports import Block, Chart, Content, Pictures, Table, Verdict, Words
from core.ui import curves, page, tables
from core.ui.chart import chart
from core.ui.comparing import verdict
from core.ui.comparing.choosing import labels

CHART_HEIGHT = 380  # pixels
SMALL = 250  # a picture of fewer pixels across is shown enlarged
# A person's words become no tags but these: HTML within them is shown as text, a picture from elsewhere would not be there
# without network, and links of another kind than http, https and mailto are not made.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


@dataclass(frozen=True)
class Cell:
    """A picture: its address with all its data within, what it shows, the colour of its run, and whether it is so `small`
    that its pixels are to be seen."""

    source: str
    title: str
    colour: str
    small: bool


@dataclass(frozen=True)
class Shown:
    """A block, ready to be drawn: one of `html`, `figure`, `rows` (the head first) or `pictures`, under a `title`, and what
    is to be said below it. `colours`: of the runs, row by row."""

    title: str = ""
    html: str = ""
    figure: go.Figure | None = None
    rows: list[list[str]] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    pictures: list[Cell] = field(default_factory=list)
    note: str = ""


def slides(content: Content) -> list[list[Block]]:
    """The blocks in slides: one for each heading of the first two levels and all that follows it, or, where there is no such
    heading, one for each block. A block of words with several headings is divided at them."""
    blocks = [part for block in content.blocks for part in (_divided(block) if isinstance(block, Words) else [block])]
    if not any(_opens(block) for block in blocks):
        return [[block] for block in blocks]
    found: list[list[Block]] = []
    for block in blocks:
        if _opens(block) or not found:
            found.append([])
        found[-1].append(block)
    return found


def shown(block: Block) -> Shown:
    """What a block shows now. Runs that are gone are named in its note."""
    if isinstance(block, Words):
        return Shown(html=_MARKDOWN.render(block.text))
    runs, notes = _runs(block.runs)
    if not runs:
        return Shown(note=" ".join(notes) or "No run is chosen yet.")
    names = labels(runs)
    made = {Chart: _chart, Table: _table, Pictures: _pictures, Verdict: _verdict}[type(block)](block, runs, names)
    return Shown(made.title, made.html, made.figure, made.rows, made.colours, made.pictures,
                 " ".join(filter(None, [made.note, *notes])))


def draw(what: Shown, key: str) -> None:
    """Draws a block on the page."""
    if what.title:
        st.markdown(f"**{page.plain(what.title)}**")
    if what.html:
        st.html(f'<div class="report-words">{what.html}</div>')
    if what.figure:
        chart(go.Figure(what.figure), height=CHART_HEIGHT, key=f"chart_{key}", alt=what.title)
    if what.rows or what.pictures:
        st.html(table_html(what) if what.rows else pictures_html(what))
    if what.note:
        st.caption(page.plain(what.note))


def table_html(what: Shown) -> str:
    head, *body = what.rows
    rows = "".join(
        f'<tr><td><i style="color:{colour}">●</i></td>' + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row, colour in zip(body, what.colours, strict=True)
    )
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return f'<div class="report-table"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def pictures_html(what: Shown) -> str:
    cells = "".join(
        f'<figure><figcaption><i style="color:{cell.colour}">●</i> {escape(cell.title)}</figcaption>'
        f'<img class="{"small" * cell.small}" src="{cell.source}" alt="{escape(cell.title)}"></figure>'
        for cell in what.pictures
    )
    return f'<div class="report-pictures">{cells}</div>'


def _divided(block: Words) -> list[Words]:
    """The block in parts that each begin with a heading of the first two levels."""
    lines = block.text.splitlines()
    starts = [token.map[0] for token in _MARKDOWN.parse(block.text)
              if token.type == "heading_open" and token.tag in ("h1", "h2") and token.level == 0]
    cuts = [0, *[start for start in starts if start], len(lines)]
    parts = ["\n".join(lines[low:high]) for low, high in pairwise(cuts)]
    return [Words(text=part) for part in parts if part.strip()]


def _opens(block: Block) -> bool:
    return isinstance(block, Words) and _MARKDOWN.render(block.text).startswith(("<h1>", "<h2>"))


def _runs(ids: tuple[str, ...]) -> tuple[list[read.Run], list[str]]:
    found, notes = [], []
    for run_id in ids:
        try:
            found.append(read.run(run_id))
        except UserError as error:
            notes.append(str(error).split(":")[0] + ".")
    return found, notes


def _chart(block: Chart, runs: list[read.Run], names: dict[str, str]) -> Shown:
    pens = run_lines(run.id for run in runs)
    drawn = {run.id: curve for run in runs if block.metric in run.metrics and (curve := curves.curve(
        run, block.metric, block.axis, name=names[run.id], colour=pens[run.id]["color"], dash=pens[run.id]["dash"],
        smoothing=block.smoothing))}
    title = page.measure_title(block.metric)
    if not drawn:
        return Shown(title, note="None of these runs has this measure along this axis.")
    made = figure(list(drawn.values()), axis=block.axis, log_y=block.log_y, legend=len(drawn) > 1,
                  percent=page.is_share(block.metric))
    without = [names[run.id] for run in runs if run.id not in drawn]
    notes = [omissions(list(drawn.values()), log_y=block.log_y),
             f"Smoothed by {block.smoothing:g}." if block.smoothing else "",
             f"Without {', '.join(without)}." if without else ""]
    return Shown(title, figure=made, note=" ".join(filter(None, notes)))


def _table(block: Table, runs: list[read.Run], names: dict[str, str]) -> Shown:
    if block.shows == "settings":
        columns = compare.differing(runs)
        titles = [tables.setting_title(name) for name in columns]
        rows = [[tables.setting_text(run.params.get(name)) for name in columns] for run in runs]
        note = "" if columns else "These runs have the same settings, seed included."
    else:
        measure, more = tables.best_measure(runs[0])
        columns = sorted({name for run in runs for name in run.metrics if name.startswith("test/")},
                         key=lambda name: (name != f"test/{measure}", name))
        columns += [f"validation/{measure}"] * any(f"validation/{measure}" in run.metrics for run in runs)
        titles = [page.measure_title(name) for name in columns]
        runs = sorted(runs, key=lambda run: _rank(compare.figure(run, columns[0]), more)) if columns else runs
        rows = [[page.measure(name, run.metrics[name]) if name in run.metrics else "–" for name in columns] for run in runs]
        note = "" if columns else "No final figures yet: they come at the end of a run."
    return Shown("What differs" if block.shows == "settings" else "Final figures", rows=[
        ["Run", *titles], *([names[run.id], *row] for run, row in zip(runs, rows, strict=True))
    ], colours=[run_colour(run.id) for run in runs], note=note)


def _rank(value: float, more: bool) -> tuple[bool, float]:
    return math.isnan(value), -value if more else value


def _verdict(block: Verdict, runs: list[read.Run], names: dict[str, str]) -> Shown:
    title = "Is it really better?"
    groups = verdict.grouped(runs, block.by or verdict.EXPERIMENTS, block.metric)
    if len(groups) < 2:
        return Shown(title, note=verdict.TOO_FEW)
    first = block.first if block.first in groups else next(name for name in groups if name != block.second)
    second = block.second if block.second in groups and block.second != first else next(
        name for name in groups if name != first)
    told = verdict.answer(groups, first, second, block.metric, tables.more_is_better(block.metric))
    warnings = [f"⚠ {sentence}" for sentence in told.unfair]
    return Shown(title, html=_MARKDOWN.render("\n\n".join([told.sentence, *warnings, told.method])))


def _pictures(block: Pictures, runs: list[read.Run], names: dict[str, str]) -> Shown:
    cells, without = [], []
    for run in runs:
        files = read.previews(run.id).get(block.preview, [])
        fitting = [file for file in files if block.step is None or file.step <= block.step]
        if not fitting:
            without.append(names[run.id])
            continue
        file = fitting[-1]
        png = read.preview_image(run.id, file)
        cells.append(Cell("data:image/png;base64," + base64.b64encode(png).decode(), f"{names[run.id]}, step {file.step:,}",
                          run_colour(run.id), Image.open(io.BytesIO(png)).width < SMALL))
    title = block.preview.replace("_", " ").capitalize()
    return Shown(title, pictures=cells, note=f"Not kept by {', '.join(without)}." if without else "")
