"""Which runs are compared: all of them as a table to tick, the chosen ones as a legend. The address holds the choice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.tracking import compare, read
from core.ui import page, tables

MOST_RUNS = 50  # that colours and dashes tell apart
MOST_LISTED = 500
DASHES = {"solid": "", "dash": "6 3", "dot": "2 2", "dashdot": "6 2 2 2", "longdash": "10 3", "2px,7px": "2 6",
          "longdashdot": "9 2 2 2", "9px,3px,2px,3px,2px,3px": "7 2 1 2 1 2"}



def chosen_ids() -> list[str]:
    """The ids that the address names, each once."""
    return list(dict.fromkeys(filter(None, st.query_params.get("runs", "").split(","))))


def chosen() -> list[read.Run]:
    """The runs that the address names; those that can't be had are said."""
    found, ids = [], chosen_ids()
    for run_id in ids[:MOST_RUNS]:
        try:
            found.append(read.run(run_id))
        except UserError as error:
            st.warning(str(error), icon=":material/search_off:")
    if len(ids) > MOST_RUNS:
        st.warning(f"Only the first {MOST_RUNS} runs are shown: more can't be told apart.", icon=":material/filter_alt:")
    return found


def choose(runs: list[read.Run]) -> None:
    """Writes the chosen runs into the address."""
    if runs:
        st.query_params["runs"] = ",".join(run.id for run in runs)
    else:
        st.query_params.pop("runs", None)


def picker(picked: list[read.Run]) -> None:
    """All runs as a table that can be filtered, sorted, and ticked."""
    every = [run for run in read.runs()[:MOST_LISTED] if run.state != "SCHEDULED"]
    if not every:
        with st.container(border=True):
            st.markdown("#### Nothing to compare yet\nTrain two runs that differ in one setting, or one from several seeds: "
                        "their curves, results and pictures will stand side by side here.")
            st.page_link("pages/launch.py", label="Launch runs", icon=":material/rocket_launch:")
        return
    label = f"Change the choice of {len(picked)} runs" if len(picked) > 1 else "Choose the runs to compare"
    with st.expander(label, expanded=len(picked) < 2, key="choose", icon=":material/checklist:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            find = st.text_input("Find", key="find", bind="query-params", live=True, icon=":material/search:", width=280,
                                 placeholder="Name, data set, setting, id", label_visibility="collapsed")
            tasks = sorted({run.params.get("task", "") for run in every})
            task = st.selectbox("Task", tasks, index=None, key="task_is", bind="query-params", placeholder="Every task",
                                format_func=tables.task_title, label_visibility="collapsed", width=220)
        shown = [run for run in every if (not task or run.params.get("task") == task) and tables.matches(run, find)]
        if not shown:
            st.caption("No run is like that. Take a filter away to see more.")
            return
        table(shown, picked)


def table(shown: list[read.Run], picked: list[read.Run]) -> None:
    told = [name for name in compare.differing(shown) if "." in name and all(name in run.params for run in shown)]
    frame = pd.DataFrame({
        "Run": [run.name for run in shown],
        "State": [page.STATES[run.state].label for run in shown],
        "Result": [tables.result(run)[1] for run in shown],
        **{tables.setting_title(name): [tables.setting_text(run.params[name]) for run in shown] for name in told[:6]},
        "Launched": pd.to_datetime([run.created for run in shown], unit="s", utc=True),
    })
    ids = [run.id for run in shown]
    key = "table_" + hashlib.sha1(",".join(ids).encode()).hexdigest()[:12]  # rows are told by number
    rows = [ids.index(run.id) for run in picked if run.id in ids]
    if key not in st.session_state or sorted(st.session_state[key]["selection"]["rows"]) != sorted(rows):
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def keep() -> None:
        ticked = set(st.session_state[key].selection.rows)
        stay = [run for run in picked if run.id not in ids or ids.index(run.id) in ticked]
        known = {run.id for run in stay}
        choose(stay + [run for i, run in enumerate(shown) if i in ticked and run.id not in known])

    st.dataframe(
        tables.coloured(frame, shown), hide_index=True, on_select=keep, selection_mode="multi-row", key=key, placeholder="",
        height="content" if len(shown) <= 10 else 392, column_config={"": tables.DOT_COLUMN, "Launched": tables.WHEN_COLUMN},
    )


def legend(picked: list[read.Run], names: dict[str, str], pens: dict[str, dict[str, str]]) -> None:
    """The chosen runs with their lines; each can be opened or taken away."""
    with st.container(horizontal=True, gap="small", key="legend"):
        for run in picked:
            pen = pens[run.id]
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap=None, key=f"in_{run.id}"):
                st.image(LINE.format(colour=pen["color"], dash=DASHES[pen["dash"]]), width=24, alt="")
                st.page_link("pages/runs.py", label=names[run.id], query_params={"run": run.id}, width="content")
                if run.state != "FINISHED":
                    st.markdown(page.badge_text(run.state), width="content")
                st.button("", icon=":material/close:", type="tertiary", key=f"without_{run.id}", help="Take this run away",
                          on_click=choose, args=([other for other in picked if other.id != run.id],))


LINE = ('<svg xmlns="http://www.w3.org/2000/svg" width="24" height="8" viewBox="0 0 24 8">'
        '<path d="M1 4h22" stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}"/></svg>')


def labels(runs: Sequence[read.Run]) -> dict[str, str]:
    """A name for each run that tells it from the others: what differs in its settings where the names are the same."""
    names = {run.id: run.name for run in runs}
    settings = [name for name in compare.differing(runs) if "." in name]
    for run in runs:
        if sum(other.name == run.name for other in runs) > 1:
            names[run.id] += "".join(f", {tables.setting_words(name, run.params.get(name))}" for name in settings[:2])
    twice = Counter(names.values())
    return {run.id: names[run.id] if twice[names[run.id]] == 1 else f"{names[run.id]} ({run.id[:6]})" for run in runs}
