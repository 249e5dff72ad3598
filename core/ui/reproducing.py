"""A run launched once more, and what became of it: every figure the same, or which not, where and how far."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.jobs import reproducing
from core.tracking import read
from core.ui import address, page, tables
from core.ui.comparing.choice import Choice

LIVE_SECONDS = 3


def reproduction(run_id: str) -> None:
    """The button that launches a run's experiment again, and the report on its newest reproduction."""
    try:
        run = read.run(run_id)
    except UserError as error:
        st.caption(str(error))
        return
    if run.finds_rate or "glassbox.experiment" not in run.tags:
        st.caption("Only a run that Glassbox trained can be trained again.")
        return
    if original := run.tags.get(reproducing.TAG):
        st.markdown("This run repeats another:")
        _report(original, run)
        return
    if run.state != "FINISHED":
        st.caption("Once this run has finished, its experiment can be launched again here, to see whether every figure "
                   "comes out the same.")
        return
    made = reproducing.reproductions(run.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Reproduce", icon=":material/replay_circle_filled:", key=f"reproduce_{run.id}",
                     disabled=bool(made) and made[0].state not in read.ENDED):
            try:
                reproducing.reproduce(run.id)
                st.rerun()
            except UserError as error:
                st.error(str(error), icon=":material/error:")
        st.caption("Launches the same experiment again, with the same seed, and holds every point of every figure against "
                   "what it was.")
    if made:
        st.fragment(_followed, run_every=None if made[0].state in read.ENDED else LIVE_SECONDS)(run.id, made[0].id,
                                                                                             made[0].state)


def of_chosen(choice: Choice, key: str) -> None:
    """One of the chosen runs to reproduce, picked by name."""
    reproduction(address.select("Run", f"{key}run", choice.ids, width=400, format_func=choice.names.get))


def _followed(original: str, run_id: str, known: str) -> None:
    run = read.run(run_id)
    if run.state != known and run.state in read.ENDED:
        st.rerun()
    _report(original, run)


def _report(original: str, run: read.Run) -> None:
    """What became of a reproduction."""
    try:
        first = read.run(original)
    except UserError:
        st.caption("The run that it repeats is gone: there is nothing to hold it against.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for title, one in (("The original", first), ("its reproduction", run)):
            st.page_link("pages/runs.py", label=title, query_params={"run": one.id}, icon=":material/monitoring:",
                         width="content")
            if one.state != "FINISHED":
                st.markdown(page.badge_text(one.state), width="content")
    if run.state not in read.ENDED:
        st.progress(run.progress, text=run.phase.capitalize() or "Starting")
        return
    if run.state != "FINISHED":
        st.warning(f"The reproduction did not finish: {run.cause or 'it did not say why.'}", icon=":material/rule:")
        return
    found, why = _outcome(first.id, run.id)
    if not found.departures:
        st.success(f"Every figure came out the same: {found.metrics} measures, {found.points:,} points, to the last digit.",
                   icon=":material/verified:")
        if why:
            st.caption(f"Although not all was the same: {'; '.join(why)}.")
        return
    st.warning(f"{len(found.departures)} of {found.metrics} measures did not come out the same, first at step "
               f"{found.departures[0].step:,}.", icon=":material/difference:")
    tables.draw(pd.DataFrame({
        "Measure": [page.measure_title(of.metric) for of in found.departures],
        "Points that differ": [f"{of.differ:,} of {of.points:,}" for of in found.departures],
        "First at step": [of.step for of in found.departures],
        "Was": [_written(of.was) for of in found.departures],
        "Is": [_written(of.now) for of in found.departures],
        "At most by": [_gap(of.most) for of in found.departures],
        "At step": [of.at for of in found.departures],
    }), key=f"departures_{run.id}")
    st.markdown("What was not the same, and may be why:\n" + "\n".join(f"- {page.plain(cause)}" for cause in why) if why else
                "Data, code, device and packages were the same for both.")


@st.cache_data(max_entries=100, show_spinner="Holding every point against what it was …")
def _outcome(first: str, second: str) -> tuple[reproducing.Outcome, list[str]]:
    """Both have ended: nothing of this changes any more."""
    runs = read.run(first), read.run(second)
    return reproducing.outcome(*runs), reproducing.causes(*runs)


def _written(value: float) -> str:
    """With so many digits that two values that differ are written differently."""
    return "–" if math.isnan(value) else f"{value!r}"


def _gap(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3g}"
