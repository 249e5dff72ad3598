"""The click that trains: the launch of a recipe, and the one that a newcomer is met with."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue

FIRST = ("classification", "lenet", "digits")  # trains in under a minute on two cores, from data that are always there


def train(task: str, architecture: str, dataset: str) -> None:
    """Launches the recipe of these three and goes to its live view."""
    try:
        run_ids = queue.submit(Experiment.make(task, architecture, dataset))
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page("pages/runs.py", query_params={"run": run_ids[0]})
