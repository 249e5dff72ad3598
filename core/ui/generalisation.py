"""How well a run generalises: held against the best classical baseline on the same data, and in a plain sentence."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core import catalog
from core.architectures.base import Fitted
from core.errors import UserError
from core.tracking import compare, generalisation, read
from core.ui import curves

ACCURACY = "validation/accuracy"
PLAINEST = "knn"  # the baseline that everybody understands


def told(run: read.Run) -> None:
    """What there is to say below a run's curves; nothing where its settings can't be read any more."""
    with suppress(UserError):
        if ACCURACY in run.metrics and not compare.classical(run) and baseline(run) is None:
            _offer(run)
        _judge(run)


def baseline(run: read.Run) -> read.Run | None:
    """The best classical run on the same data, by its validation accuracy; None where there is none, or where the run itself
    is one. Looked for every half minute."""
    return None if compare.classical(run) else compare.best_baseline(run, _finished(run.params["dataset"]), ACCURACY)


def level(baseline: read.Run | None) -> tuple[float, str] | None:
    """A baseline as the level of a chart of accuracy."""
    if baseline is None:
        return None
    accuracy = baseline.metrics[ACCURACY]
    title = catalog.get("architecture", baseline.params["architecture"]).card.title
    return accuracy, f"best baseline: {title}, {100 * accuracy:.1f} %"


@st.cache_resource(ttl=30, max_entries=20, show_spinner=False)
def _finished(dataset: str) -> list[read.Run]:
    return read.finished_on(dataset)


def _offer(run: read.Run) -> None:
    """The way to a first classical run on the same data."""
    if name := _plainest(run.id, run):
        words = f"No baseline on this data yet: train {catalog.get('architecture', name).card.title}"
        st.page_link("pages/launch.py", label=words, icon=":material/horizontal_rule:",
                     query_params=compare.data_of(run) | {"architecture": name})


@st.cache_data(ttl=1800, max_entries=200, show_spinner=False)
def _plainest(run_id: str, _run: read.Run) -> str | None:
    """The architecture to train as the first baseline on a run's data; None where no classical one takes them."""
    task, dataset, data = _run.params["task"], _run.params["dataset"], _run.experiment.data
    for name, cls in sorted(catalog.entries("architecture").items(), key=lambda entry: entry[0] != PLAINEST):
        if issubclass(cls, Fitted) and not catalog.misfit(task, name, dataset, data):
            return name
    return None


def _judge(run: read.Run) -> None:
    """Whether it over- or underfits, where both training and validation are measured."""
    both = {measure: names for measure, names in curves.measures(run.metrics).items() if len(names) == 2}
    if "loss" not in both:
        return
    loss, accuracy = (
        generalisation.pair(*(curves.history(run, name) for name in both[measure])) if measure in both else None
        for measure in ("loss", "accuracy")
    )
    st.markdown(f":material/insights: {generalisation.judged(loss, accuracy, _validation_size(run.id, run))}", help=(
        "Training figures are means over the steps of an epoch, while the model still changed, and on examples made harder "
        "where the run does that (moved pictures, dropout, hidden words): they read lower than the same examples would "
        "score now. Validation is measured at the epoch's end, on examples as they are."))


@st.cache_data(ttl=1800, max_entries=200, show_spinner=False)
def _validation_size(run_id: str, _run: read.Run) -> int:
    return catalog.get("dataset", _run.params["dataset"])(_run.experiment.data).spec().sizes["validation"]
