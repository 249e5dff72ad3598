"""Runs: the queue, what is running, what has ended, and the live view of one run (`?run=`)."""

from __future__ import annotations

import streamlit as st

from core.tracking import read
from core.ui import page, run_view, start
from core.ui.runs_table import runs_table


def overview() -> None:
    with page.opening("Runs", "What trains now, what waits for its turn, and how everything before it ended."):
        if st.button("Launch a run", type="primary", icon=":material/rocket_launch:"):
            st.switch_page("pages/launch.py")
    runs = read.runs()
    if not runs:
        empty()
        return
    active = [run.id for state in ("RUNNING", "SCHEDULED") for run in read.runs_in_state(state)]
    with st.container(key="live"):
        st.fragment(queue_now, run_every=run_view.LIVE_SECONDS)(active)
    if any(run.state in read.ENDED for run in runs):
        st.subheader("Ended", anchor=False)
        runs_table(states=read.ENDED, settings=False, ticks=False,
                   shown=("run", "state", "result", "epochs", "took", "ended", "changed", "cause", "tags", "note"))


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
