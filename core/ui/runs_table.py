"""The table of runs: searched, ranked, grouped, edited and ticked, with only the rows in sight sent to the browser.

All that a person chose of it stands in the address, and a saved view is that part of an address.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.plots.style import run_colour
from core.tracking import edit, read, search
from core.ui import page, run_columns, tables
from core.ui.run_columns import Column, Group

VIEW = ("find", "task_is", "state_is", "grouped", "opened", "sort", "columns")  # what a saved view holds of the address
STARRED, ARCHIVED = "starred", "archived"
WINDOW = 80  # rows that are sent at once: more than any screen shows, so that a little scrolling asks for none
MOST_TICKED = 100  # that an address holds
_LOOKED_AT = 1000  # of the newest runs, for which of their settings differ: it decides only what is shown at first

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "glassbox_runs_table", css=(_HERE / "runs_table.css").read_text(),
    js="".join((_HERE / name).read_text() for name in ("runs_search.js", "runs_table.js")),
)


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    find: str = ""
    task: str | None = None
    state: str | None = None
    grouped: str | None = None
    opened: tuple[str, ...] = ()
    sort: str | None = None
    downward: bool = False
    columns: tuple[str, ...] = ()

    @classmethod
    def of_address(cls) -> Asked:
        told = st.query_params
        sort = told.get("sort", "")
        return cls(
            told.get("find", ""), told.get("task_is"), told.get("state_is"), told.get("grouped"),
            tuple(run_columns.named(told.get("opened", ""))), sort.removeprefix("-") or None, sort.startswith("-"),
            tuple(run_columns.named(told.get("columns", ""))),
        )


@dataclass(frozen=True)
class Found:
    """What is found for it: `runs` in their order, and `rows`, in which groups stand among or instead of them."""

    number: int  # another for each search: what the browser holds of the one before is old
    every: list[read.Run]
    among: int
    runs: list[read.Run]
    rows: list[read.Run | Group]
    columns: list[Column]


_numbers = itertools.count()


def found(asked: Asked, states: tuple[str, ...], shown: tuple[str, ...], settings: bool) -> Found:
    """Raises `search.Mistake` where the search can't be understood.

    Arguments: `states` of the runs that the table is for; `shown`, the columns where the address names none, after which,
    with `settings`, come those in which the runs differ.
    """
    every = read.runs()
    return _found(every, id(every), asked, states, shown, settings)


@st.cache_resource(max_entries=16, show_spinner=False)
def _found(_every: list[read.Run], look: int, asked: Asked, states: tuple[str, ...], shown: tuple[str, ...],
           settings: bool) -> Found:
    # The list is another one as soon as a run has changed; what is found holds it, so that its number stays its own.
    among = [run for run in _every if run.state in states and edit.archived(run) == (asked.state == ARCHIVED)]
    wanted = search.condition(asked.find)
    runs = [
        run for run in among
        if (not asked.task or run.params.get("task") == asked.task)
        and (asked.state in (None, ARCHIVED) or edit.starred(run) if asked.state in (None, ARCHIVED, STARRED)
             else run.state == asked.state)
        and wanted(run)
    ]
    names = asked.columns or shown[:-1] + tuple(
        run_columns.differing(runs[:_LOOKED_AT], 6) if settings else ()) + shown[-1:]
    columns = [column for name in names if (column := run_columns.column(name))]
    rank = run_columns.column(asked.sort) if asked.sort else None
    if rank:
        runs = run_columns.ranked(runs, rank, asked.downward)
    rows: list[read.Run | Group] = list(runs)
    if by := run_columns.column(asked.grouped or ""):
        rows = []
        for group in run_columns.grouped(runs, by, rank, asked.downward):
            rows.append(group)
            if group.text in asked.opened:
                rows += group.runs
    return Found(next(_numbers), _every, len(among), runs, rows, columns)


def runs_table(*, states: tuple[str, ...], shown: tuple[str, ...], settings: bool, ticks: bool) -> None:
    """The table with all that belongs to it. The address holds the ticked runs under `runs`.

    Arguments: as those of `found`; `ticks`, a click on a row ticks it, and the page follows, instead of opening it.
    """
    with st.container(key="runs_table_parts"):
        st.fragment(_parts)(states, shown, settings, ticks)


def _parts(states: tuple[str, ...], shown: tuple[str, ...], settings: bool, ticks: bool) -> None:
    key = "runs_table"
    go = st.session_state.pop(f"{key}_go", None)
    if go == "page":
        st.rerun()
    elif go:
        st.switch_page(f"pages/{go[0]}.py", query_params=go[1])
    asked = Asked.of_address()
    bar = st.container(horizontal=True, vertical_alignment="bottom", key="filters")
    mistake = None
    try:
        what = found(asked, states, shown, settings)
        st.session_state[f"{key}_valid"] = asked.find
    except search.Mistake as error:
        # While a person writes, what was found last stays.
        mistake = {"said": str(error), "start": error.start, "end": error.end}
        what = found(Asked(**{**vars(asked), "find": st.session_state.get(f"{key}_valid", "")}), states, shown, settings)
    with bar:
        _filters(what, states)
        _columns(what)
        _views()
        _export(what)
    told = (st.session_state.get(key) or {}).get("told") or {"n": 0, "window": 0, "typed": None}
    start = max(0, min(told["window"], len(what.rows) - WINDOW))
    _component(
        key=key, on_told_change=partial(_told, key, ticks, partial(found, asked, states, shown, settings)),
        data={
            "heard": told["n"], "number": what.number, "total": len(what.rows), "start": start,
            "find": st.query_params.get("find", ""), "mistake": mistake,
            "rows": [_row(row, what.columns) for row in what.rows[start:start + WINDOW]],
            "columns": [{"id": column.id, "title": column.title, "kind": column.kind, "down": column.more_first,
                         "metric": column.measure} for column in what.columns],
            "sort": asked.sort, "downward": asked.downward, "ticked": ticked(), "ticks": ticks,
            "completion": _completion(told["typed"], what.every),
            "refused": st.session_state.get(f"{key}_refused"), "archived": asked.state == ARCHIVED,
            "said": _said(what, asked),
        },
    )


def _said(what: Found, asked: Asked) -> str:
    count = f"{len(what.runs):,} of {what.among:,}" if len(what.runs) != what.among else f"{what.among:,}"
    groups = f" in {sum(isinstance(row, Group) for row in what.rows):,} groups" if asked.grouped else ""
    kind = "archived run" if asked.state == ARCHIVED else "run"
    return f"{count} {kind}{'' if what.among == 1 else 's'}{groups}"


def _completion(typed: dict | None, every: list[read.Run]) -> dict | None:
    return typed and {"for": typed, **vars(search.complete(typed["text"], typed["cursor"], every))}


def _row(row: read.Run | Group, columns: list[Column]) -> dict:
    if isinstance(row, Group):
        return {"group": row.text, "count": len(row.runs), "ids": [run.id for run in row.runs[:MOST_TICKED]],
                "cells": [row.cell(column) for column in columns]}
    return {
        "id": row.id, "colour": run_colour(row.id), "star": edit.starred(row), "state": page.STATES[row.state].colour,
        "cells": [column.text(row) for column in columns],
        "hints": [column.hint(row) if column.hint else "" for column in columns],
    }


def ticked() -> list[str]:
    """The ids of the ticked runs, which the address names, each once."""
    return list(dict.fromkeys(filter(None, st.query_params.get("runs", "").split(","))))


def tick(ids: Iterable[str]) -> None:
    """Writes the ticked runs into the address."""
    _into_address("runs", ",".join(ids))


def _into_address(name: str, text: str | None) -> None:
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)


# What the browser tells


def _told(key: str, ticks: bool, look: Callable[[], Found]) -> None:
    """Takes in what the person typed and did. Each act is done once: where no answer came, the browser tells it again."""
    told = st.session_state[key]["told"]
    if told["typed"]:
        _into_address("find", told["typed"]["text"])
    for act in told["acts"]:
        if act["n"] > st.session_state.get(f"{key}_done", 0):
            st.session_state[f"{key}_done"] = act["n"]
            st.session_state[f"{key}_refused"] = None
            try:
                go = ACTS[act["kind"]](act, look)
            except UserError as error:
                st.session_state[f"{key}_refused"] = str(error)
                continue
            if go or (ticks and act["kind"] in ("tick", "range", "archive", "run")):
                st.session_state[f"{key}_go"] = go or "page"


def _ticks(ids: Iterable[str], on: bool) -> None:
    now = ticked()
    wanted = list(dict.fromkeys([*now, *ids])) if on else [run_id for run_id in now if run_id not in set(ids)]
    if len(wanted) > MOST_TICKED:
        raise UserError(f"At most {MOST_TICKED} runs can be ticked: search for fewer first.")
    tick(wanted)


def _range(act: dict, look: Callable[[], Found]) -> None:
    first, last = sorted((act["from"], act["to"]))
    _ticks([row.id for row in look().rows[first:last + 1] if isinstance(row, read.Run)], act["on"])


def _sort(act: dict, look: Callable[[], Found]) -> None:
    _into_address("sort", act["id"] and ("-" if act["downward"] else "") + act["id"])


def _columns_chosen(act: dict, look: Callable[[], Found]) -> None:
    _into_address("columns", run_columns.written(act["ids"]))


def _toggle(act: dict, look: Callable[[], Found]) -> None:
    opened = dict.fromkeys(run_columns.named(st.query_params.get("opened", "")))
    if opened.pop(act["group"], 0) == 0:
        opened[act["group"]] = None
    _into_address("opened", run_columns.written(opened))


def _archive(act: dict, look: Callable[[], Found]) -> None:
    edit.archive(act["ids"], act["on"])
    _ticks(act["ids"], False)  # they are out of sight now


def _write_tags(act: dict, look: Callable[[], Found]) -> None:
    for run in read.some([act["id"]]):
        edit.write_tags(run, act["text"])


ACTS: dict[str, Callable[[dict, Callable[[], Found]], tuple | None]] = {
    "sort": _sort, "columns": _columns_chosen, "toggle": _toggle, "range": _range,
    "tick": lambda act, look: _ticks(act["ids"], act["on"]),
    "open": lambda act, look: ("runs", {"run": act["id"]}),
    "compare": lambda act, look: ("compare", {"runs": ",".join(ticked())}),
    "star": lambda act, look: edit.star(act["ids"], act["on"]),
    "archive": _archive,
    "note": lambda act, look: edit.write_note(act["id"], act["text"]),
    "run": lambda act, look: edit.rename(act["id"], act["text"]),
    "tags": _write_tags,
}


# What stands above the table


def _filters(what: Found, states: tuple[str, ...]) -> None:
    tasks = sorted({run.params.get("task", "") for run in what.every})
    _select("Task", "task_is", tasks, "Every task", tables.task_title, 165)
    _select("State", "state_is", [*states, STARRED, ARCHIVED], "Every state",
            lambda state: page.STATES[state].label if state in page.STATES else state, 140)
    names = [name for name in run_columns.offered(what.every) if name.startswith(("params.", "tags."))]
    first = ["params.architecture", "params.dataset", "params.task", "state"]
    _select("Group by", "grouped", [*first, *(name for name in names if name not in first)], "Not grouped",
            lambda name: run_columns.column(name).title + (f" ({name})" if "." in name.partition(".")[2] else ""), 170)


def _select(label: str, key: str, options: list[str], nothing: str, words: Callable[[str], str], width: int) -> None:
    named = st.query_params.get(key)
    st.session_state[key] = named if named in options else None
    st.selectbox(label, options, index=None, key=key, placeholder=nothing, format_func=words, width=width,
                 label_visibility="collapsed", on_change=lambda: _into_address(key, st.session_state[key]))


def _columns(what: Found) -> None:
    box = st.popover("Columns", icon=":material/view_column:", on_change="rerun", key="columns_box")
    if not box.open:
        return
    with box:
        shown = [column.id for column in what.columns]
        st.session_state["columns_chosen"] = shown
        st.multiselect(
            "Shown, from left to right", [*shown, *(name for name in run_columns.offered(what.every) if name not in shown)],
            key="columns_chosen", format_func=_column_words, width=440,
            on_change=lambda: _into_address("columns", run_columns.written(st.session_state["columns_chosen"])),
        )
        st.caption("In the table, drag a column's name to move it. Its menu ranks, moves and hides it, and shows a metric's "
                   "newest value, its best one, or that of a step.")
        if "columns" in st.query_params:
            st.button("As at first", icon=":material/restart_alt:", key="columns_reset",
                      on_click=lambda: _into_address("columns", None))


_KINDS = {"params": "setting", "metrics": "metric", "tags": "tag"}


def _column_words(name: str) -> str:
    if name in run_columns.PLAIN:
        return run_columns.PLAIN[name].title
    kind, _, key = name.partition(".")
    return f"{key} ({_KINDS[kind]})"


def _views() -> None:
    box = st.popover("Views", icon=":material/bookmark:", on_change="rerun", key="views_box")
    if not box.open:
        return
    here = {name: st.query_params[name] for name in VIEW if name in st.query_params}
    others = {name: value for name, value in st.query_params.to_dict().items() if name not in VIEW}
    with box:
        saved = edit.named("view")
        for name, address in saved.items():
            with st.container(horizontal=True, vertical_alignment="center", width=320):
                st.button(name, key=f"view_{name}", type="tertiary", icon=":material/bookmark:", width="stretch",
                          on_click=_open_view, args=(others | dict(parse_qsl(address)),))
                st.button("", key=f"delete_view_{name}", type="tertiary", icon=":material/delete:", help=f"Delete {name}",
                          on_click=_change_views, args=(partial(edit.forget_named, "view", name),))
        st.caption("An open view is this page's address: send that to share it." if saved else
                   "A view is what you search for, the columns, their order and the groups, kept under a name for everybody "
                   "who uses this store.")
        st.text_input("Save what is shown as", key="view_name", placeholder="Name of the view", width=320)
        st.button("Save", icon=":material/bookmark_add:", key="save_view", on_click=_change_views,
                  args=(lambda: edit.keep_named("view", st.session_state["view_name"], urlencode(here)),))
        if refused := st.session_state.pop("view_refused", None):
            st.error(refused, icon=":material/error:")


def _change_views(change: Callable[[], None]) -> None:
    try:
        change()
    except UserError as error:
        st.session_state["view_refused"] = str(error)


def _open_view(address: dict[str, str]) -> None:
    st.query_params.from_dict(address)


def _export(what: Found) -> None:
    box = st.popover("Export", icon=":material/download:", on_change="rerun", key="export_box")
    if not box.open:
        return
    with box:
        st.caption(f"The {len(what.runs):,} runs that are found, with the columns that are shown.")
        with st.container(horizontal=True):
            for kind, mime in (("CSV", "text/csv"), ("Parquet", "application/vnd.apache.parquet"),
                               ("JSON", "application/json")):
                st.download_button(kind, partial(exported, what, kind), f"runs.{kind.lower()}", mime, key=f"export_{kind}",
                                   on_click="ignore")


def exported(what: Found, kind: str) -> bytes:
    """The runs found, with the shown columns, as a file: `CSV`, `Parquet` or `JSON`. Figures as logged, moments in UTC."""
    frame = pd.DataFrame({"run_id": [run.id for run in what.runs]})
    for column in what.columns:
        values = [column.value(run) for run in what.runs]
        if column.kind == "moment":
            frame[column.id] = pd.to_datetime(pd.Series(values, dtype="float64"), unit="s", utc=True)
        elif any(isinstance(value, str) for value in values):
            frame[column.id] = pd.Series([None if value is None else str(value) for value in values], dtype="str")
        else:
            frame[column.id] = pd.Series(values, dtype="float64")
    if kind == "Parquet":
        held = io.BytesIO()
        frame.to_parquet(held, index=False)
        return held.getvalue()
    text = frame.to_csv(index=False) if kind == "CSV" else frame.to_json(orient="records", date_format="iso")
    return text.encode()
