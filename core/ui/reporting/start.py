"""A new report out of runs that are looked at."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import UserError
from core.tracking import compare, read, reports
from core.ui import curves, previews, tables
from core.ui.comparing import verdict


def button(runs: Sequence[read.Run]) -> None:
    """Makes a report of these runs and goes there."""
    if st.button("New report from these runs", icon=":material/article:",
                 help="Starts a page with these runs' curves, results, settings and pictures, to which you add your words."):
        try:
            made = reports.create(of(runs))
        except UserError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.switch_page("pages/reports.py", query_params={"report": made, "edit": "true"})


def of(runs: Sequence[read.Run]) -> reports.Content:
    """A first report of runs: a heading for each thing there is to see of them, and a place for the person's words."""
    ids = tuple(run.id for run in runs)
    blocks: list[reports.Block] = [reports.Words(text="## What was asked\n\nWrite here what these runs were to find out.")]
    if metric := first_metric(runs):
        blocks += [reports.Words(text="## Curves"), reports.Chart(runs=ids, metric=metric)]
    blocks += [reports.Words(text="## Results"), reports.Table(runs=ids)]
    if len(ids) > 1:
        blocks += [reports.Table(runs=ids, shows="settings")]
    if len(compare.by_experiment(runs)) > 1 and (figures := verdict.metrics_of(runs)):
        blocks += [reports.Words(text="## Conclusion"), reports.Verdict(runs=ids, metric=figures[0])]
    if names := pictures_of(runs):
        blocks += [reports.Words(text="## Pictures"), reports.Pictures(runs=ids, preview=names[0])]
    title = f"Report on {len(ids)} runs" if len(ids) > 1 else f"Report on {runs[0].name}"
    return reports.Content(title=title, blocks=tuple(blocks))


def metrics_of(runs: Sequence[read.Run]) -> list[str]:
    """What of these runs can be drawn as curves."""
    return [name for names in curves.measures({name for run in runs for name in run.metrics}).values() for name in names]


def first_metric(runs: Sequence[read.Run]) -> str:
    """The curve that says most; empty where none has been logged."""
    found = metrics_of(runs)
    wanted = f"validation/{tables.best_measure(runs[0])[0]}" if runs else ""
    return wanted if wanted in found else next(iter(found), "")


def pictures_of(runs: Sequence[read.Run]) -> list[str]:
    """The names of all previews that these runs kept."""
    return sorted({name for run in runs for name in previews.files(run)}, key=lambda name: (name.startswith("test_"), name))
