"""The search for a learning rate, as the Launch page offers it: a run of its own in the queue, its curve, and one click that
takes what it suggests."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue
from core.plots.curves import Curve, range_test
from core.plots.style import run_colour
from core.tracking import read
from core.training.find_rate import SMOOTHING, STEPS, SUGGESTED, refusal
from core.ui.chart import chart
from core.ui.form import Write

RATE = "training.learning_rate"


def finder(experiment: Experiment, write: Write) -> None:
    """The button and, where the address names a search for this very experiment, what that has found. `write` takes a
    learning rate into the form."""
    if refusal(experiment):
        return
    run = _search_for(experiment)
    if run is None or run.state in read.ENDED:
        if st.button("Find a learning rate", icon=":material/search:", type="tertiary", key="find_rate",
                     help="Tries ever higher rates for some steps and draws the loss of each. Nothing of it is kept but the "
                     "curve."):
            try:
                run = read.run(queue.find_rate(experiment))
            except UserError as error:
                st.error(str(error), icon=":material/error:")
                return
            st.query_params["rates"] = run.id
            st.rerun()
    if run:
        with st.container(border=True, key="live"):
            st.fragment(_found, run_every=None if run.state in read.ENDED else 1)(run.id, run.state, write)


def curve(run: read.Run) -> int:
    """Draws the losses of a search along the rates. Gives how many rates have been tried."""
    rates, losses = (read.history(run.id, f"train/{name}") for name in ("learning_rate", "loss"))
    count = min(len(rates.values), len(losses.values))  # one of the two may have a point more while it runs
    if count:
        tried = Curve("loss", rates.values[:count], losses.values[:count], run_colour(run.id))
        drawn = range_test(tried, SMOOTHING, run.metrics.get(SUGGESTED))
        chart(drawn, height=250, key="range_test", alt="The loss along the learning rate")
    return count


def _search_for(experiment: Experiment) -> read.Run | None:
    """The search that the address names, where it was for these settings, whatever the rate."""
    try:
        run = read.run(st.query_params["rates"])
        return run if _without_rate(run.experiment) == _without_rate(experiment) else None
    except (KeyError, UserError):
        return None


def _without_rate(experiment: Experiment) -> dict:
    return {name: value for name, value in experiment.leaves().items() if name != RATE}


def _found(run_id: str, known: str, write: Write) -> None:
    """How far the search is, or what it found. When it ends, the whole page follows."""
    run = read.run(run_id)
    if run.state != known:
        st.rerun()
    if run.state in ("FAILED", "KILLED"):
        st.error(run.cause, icon=":material/error:")
        return
    if run.state == "FINISHED":
        st.markdown(run.cause)
    count = curve(run)
    if run.state != "FINISHED":
        st.progress(count / STEPS, text=f"{run.phase.capitalize()} · {count} of {STEPS} steps")
        return
    suggestion = run.metrics[SUGGESTED]
    if st.button(f"Take {suggestion:g}", icon=":material/check:", key="take_rate"):
        write(RATE, suggestion)
        st.rerun()
