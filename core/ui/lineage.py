"""Which run a run started from, and which started from it."""

from __future__ import annotations

import streamlit as st

from core import catalog
from core.architectures.base import Fitted
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import ClassifierTask
from core.tracking import read
from core.ui.run_picker import title


def fine_tuning(run: read.Run) -> dict[str, str] | None:
    """The address of a launch that starts from this run's weights: for naming classes, where the run learned something else
    and its architecture and data serve for that too. None where there is nothing to start from."""
    try:
        names = {kind: run.params[kind] for kind in ("task", "architecture", "dataset")}
        cls = catalog.get("architecture", names["architecture"])
        tasks = {name: catalog.get("task", name) for name in cls.card.tasks}
        if run.finds_rate or not run.total_steps or issubclass(cls, Fitted) or names["task"] not in tasks:
            return None
        if not issubclass(tasks[names["task"]], ClassifierTask):
            names["task"] = next((name for name, task in tasks.items() if issubclass(task, ClassifierTask)
                                  and not catalog.misfit(name, names["architecture"], names["dataset"])), names["task"])
    except UserError:
        return None
    return names | {"start_from": run.id}


def starts(experiment: Experiment) -> dict[str, str]:
    """What `start_from` of this experiment may be, each with its words: the finished runs of its architecture, and first the
    one that it names. None where weights can't be taken over."""
    cls = catalog.get("architecture", experiment.architecture)
    if issubclass(cls, Fitted):
        return {}
    run_id, step = experiment.parent
    fitting = {run.id: f"{title(run)} · {run.id[:6]}" for run in read.finished_with(experiment.architecture)
               if run.total_steps and not run.finds_rate}
    if not run_id:
        return fitting
    at = "" if step is None else f", step {step:,}"
    named = fitting.pop(run_id, None) or f"{title(read.run(run_id))} · {run_id[:6]}"
    return {experiment.start_from: named + at} | fitting


def shown(run: read.Run) -> None:
    """Its parent with what was taken over from there, and its children, each a link."""
    if run.parent:
        _parent(run)
    try:
        children = read.children(run.id)
    except UserError as error:
        st.caption(str(error))
        return
    if children:
        st.markdown(":gray[Started from this run's weights]")
        for child in children:
            _link(child)


def _parent(run: read.Run) -> None:
    digest = f" Weights `{run.tags['glassbox.start_digest']}`." if "glassbox.start_digest" in run.tags else ""
    told = run.tags.get("glassbox.start_told", "")
    st.markdown(f":gray[Started from the weights at step {int(run.tags['glassbox.start_step']):,} of another run. "
                f"{told[:300]}{' …' if len(told) > 300 else ''}{digest}]")
    try:
        _link(read.run(run.parent))
    except UserError as error:
        st.caption(str(error))


def _link(run: read.Run) -> None:
    st.page_link("pages/runs.py", label=title(run), icon=":material/account_tree:", query_params={"run": run.id})
