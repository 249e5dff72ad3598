"""Runs: the queue, what is running, what has ended, and the live view of one run (`?run=`)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.tracking import read
from core.ui import page, run_view, start, tables

MOST = 500  # runs in the table


def overview() -> None:
    with page.opening("Runs", "What trains now, what waits for its turn, and how everything before it ended."):
        if st.button("Launch a run", type="primary", icon=":material/rocket_launch:"):
            st.switch_page("pages/launch.py")
    runs = read.runs()[:MOST]
    if not runs:
        empty()
        return
    active = [run.id for state in ("RUNNING", "SCHEDULED") for run in read.runs_in_state(state)]
    with st.container(key="live"):
        st.fragment(queue_now, run_every=run_view.LIVE_SECONDS)(active)
    table([run for run in runs if run.state in read.ENDED])


def empty() -> None:
    with st.container(border=True, key="empty"):
        st.markdown("#### No runs yet\nEvery run that you launch will be here: how far it is, its curves and pictures as it "
                    "learns, and how it ended. LeNet-5 on the digits is done in less than a minute.")
        if st.button("Train LeNet-5 on the digits", type="primary", icon=":material/play_arrow:"):
            start.train(*start.FIRST)


def queue_now(known: list[str]) -> None:
    """What is running and waiting. When a run comes, starts or goes, the whole page follows."""
    running, waiting = read.runs_in_state("RUNNING"), read.runs_in_state("SCHEDULED")
    if not known:
        st.caption("Nothing is running, and nothing waits.")
    for run in running:
        with st.container(border=True, key=f"running_{run.id}"):
            top = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
            with top:
                st.page_link("pages/runs.py", label=f"**{run.name}**", query_params={"run": run.id}, width="stretch")
                run_view.stop_button(run)
            run_view.progress(run)
            st.caption(" · ".join(facts(run)))
    for place, run in enumerate(waiting, start=1):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"waiting_{run.id}"):
            st.page_link("pages/runs.py", label=run.name, query_params={"run": run.id}, width="stretch")
            st.markdown(f"{page.badge_text(run.state)} :gray[{'next' if place == 1 else f'place {place}'} in the queue]",
                        width="content")
            run_view.stop_button(run)
    if [run.id for run in running + waiting] != known:
        st.rerun()  # last: it would forget a click on a button that is yet to be drawn


def facts(run: read.Run) -> list[str]:
    """Speed, newest loss and device, as far as they are known."""
    known = []
    if speed := run.metrics.get("train/samples_per_second"):
        known.append(f"{page.count(speed)} samples/s")
    known += [f"{name.split('/')[1].replace('_', ' ')} {page.number(value)}" for name, value in sorted(run.metrics.items())
              if name.startswith("train/") and "loss" in name]
    return known + ([run.device] if run.device else [])


def table(ended: list[read.Run]) -> None:
    """The runs that have ended: filtered, sorted by a click on a column, opened by a click on a row."""
    if not ended:
        return
    st.subheader("Ended", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        find = st.text_input("Find", key="find", bind="query-params", live=True, placeholder="Name, data set, cause, id",
                             icon=":material/search:", label_visibility="collapsed", width=280)
        tasks = sorted({run.params.get("task", "") for run in ended})
        task = st.selectbox("Task", tasks, index=None, key="task_is", bind="query-params", placeholder="Every task",
                            format_func=tables.task_title, label_visibility="collapsed", width=220)
        states = st.pills("State", read.ENDED, selection_mode="multi", key="state_is", bind="query-params",
                          format_func=lambda state: page.STATES[state].label, label_visibility="collapsed")
    shown = [
        run for run in ended
        if (not states or run.state in states) and (not task or run.params.get("task") == task) and tables.matches(run, find)
    ]
    if not shown:
        st.caption("No ended run is like that. Take a filter away to see more.")
        return
    frame = pd.DataFrame({
        "Run": [run.name for run in shown],
        "State": [page.STATES[run.state].label for run in shown],
        "Result": [tables.result(run)[1] for run in shown],
        "Epochs": [round(run.metrics.get("train/epoch", 0), 1) for run in shown],
        "Took": [(run.ended - (run.started or run.created)) if run.ended else None for run in shown],
        "Ended": pd.to_datetime([run.ended for run in shown], unit="s", utc=True),
        "Changed settings": [changes(run) for run in shown],
        "Note": [run.cause for run in shown],
    })
    style = tables.coloured(frame, shown, {"Took": tables.span, "Epochs": "{:g}".format})
    picked = st.dataframe(
        style, hide_index=True, on_select="rerun", selection_mode="single-cell", key="ended", row_height=38, placeholder="",
        height="content" if len(shown) <= 16 else 640,
        column_config={
            "": tables.DOT_COLUMN, "Ended": tables.WHEN_COLUMN,
            "Changed settings": st.column_config.TextColumn(width="medium"),
            "Note": st.column_config.TextColumn(width="large"),
        },
    )
    st.caption(f"{len(shown):,} of {len(ended):,} runs. Click one to open it, a column's name to sort.")
    if picked.selection.cells:
        st.switch_page("pages/runs.py", query_params={"run": shown[picked.selection.cells[0][0]].id})


def changes(run: read.Run) -> str:
    """`learning rate 0.0003, epochs 3`: what the person set."""
    return ", ".join(tables.setting_words(name, value) for name, value in tables.changed(run).items())


page.through_router()
named = st.query_params.get("run")
if st.session_state.get("runs_shows", named) != named:  # a link from a page to itself leaves the address bar as it was
    st.query_params.from_dict(st.query_params.to_dict())
st.session_state["runs_shows"] = named
if named:
    with st.container(key="live"):
        run_view.one(named)
else:
    overview()
