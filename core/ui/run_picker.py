"""Picking a run and one of its checkpoints. The address holds what is picked, and only the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import catalog
from core.tracking import read
from core.ui.page import ago, measure, measure_title


def title(run: read.Run) -> str:
    """A run in one line: `LeNet-5 on Digits · seed 0 · 98.40 % · 3 min ago`."""
    name, _, seed = run.name.rpartition(", ")
    parts = [name, seed, score(run), ago(run.ended or run.created)]
    return " · ".join(part for part in parts if part)


def score(run: read.Run) -> str:
    """The figure that says best how good a run is, on the test data where it has seen them; empty where there is none."""
    wanted = catalog.get("task", run.params["task"]).measure.removeprefix("validation/")
    for split in ("test", "validation"):
        if (value := run.metrics.get(f"{split}/{wanted}")) is not None:
            figure = measure(wanted, value)
            return figure if " " in figure else f"{measure_title(wanted)} {figure}"  # a unit says what is measured
    return ""


def pick_run(label: str, runs: Sequence[read.Run], *, key: str, optional: bool = False) -> read.Run | None:
    """A searchable list of runs; the address holds the picked one's id under `key`.

    At first the first one is picked or, where that is `optional`, none, and the choice can be taken back.
    """
    by_id = {run.id: run for run in runs}
    named = st.query_params.get(key)
    st.session_state[key] = named if named in by_id else None if optional else runs[0].id
    titles = {run.id: title(run) for run in runs}
    count = Counter(titles.values())

    def words(run_id: str) -> str:  # Streamlit tells options apart by their text
        return titles[run_id] if count[titles[run_id]] == 1 else f"{titles[run_id]} · {run_id[:6]}"

    st.selectbox(label, list(by_id), index=None if optional else 0, key=key, format_func=words, on_change=_keep,
                 args=(key, key), placeholder="Another run, or the same one earlier")
    return by_id.get(st.session_state[key])


def pick_checkpoint(steps: Sequence[int], *, key: str, label: str = "Checkpoint") -> int | None:
    """A slider over the steps at which weights were kept. None stands for the newest, whichever that will be."""
    named = st.query_params.get(key, "")
    step = int(named) if named.isdecimal() and int(named) in steps else None
    if named and step is None:
        st.warning(f"There is no checkpoint of step {named} (any more): the newest is shown.", icon=":material/search_off:")
    if len(steps) > 1:
        # A new widget for each step that comes: what the browser still says of the old one is no choice of the person's.
        slider = f"{key}_of_{len(steps)}"
        st.session_state[slider] = steps[-1] if step is None else step
        st.select_slider(
            label, list(steps), key=slider, format_func=lambda step: f"step {step:,}", on_change=_keep,
            args=(key, slider, steps[-1]), help="Slide to the left to ask the model as it was earlier in its training.",
        )
    return step


def _keep(name: str, widget: str, default: object = None) -> None:
    """Writes what a widget holds into the address under `name`, where it is not what an address without it means."""
    if st.session_state[widget] in (None, default):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(st.session_state[widget])
