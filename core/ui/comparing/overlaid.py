"""The curves of one measure of the chosen runs, over one another."""

from __future__ import annotations

import streamlit as st

from core.plots.curves import figure, omissions
from core.tracking import compare, read
from core.ui import curves as lines
from core.ui import generalisation, page, tables
from core.ui.chart import chart


def overlaid(ids: list[str], names: dict[str, str], pens: dict[str, dict[str, str]], known: list[str]) -> None:
    """The curves of one metric, over one another. Follows runs that still train; when one ends the whole page does."""
    runs = [read.run(run_id) for run_id in ids]
    if [run.state for run in runs] != known:
        st.rerun()
    metrics = [name for names_of in lines.measures({m for run in runs for m in run.metrics}).values() for name in names_of]
    if not metrics:
        st.caption("None of these runs has logged a step yet. Their curves will be here.")
        return
    wanted, _ = tables.best_measure(runs[0])
    first = f"validation/{wanted}" if f"validation/{wanted}" in metrics else metrics[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
        metric = st.selectbox("Measure", metrics, index=metrics.index(first), key="metric", bind="query-params", width=240)
        x = st.segmented_control("Along the bottom", lines.AXES, default="step", required=True, key="x", bind="query-params",
                                 help=lines.AXIS_HELP)
        smooth = st.slider("Smoothing", 0.0, 0.99, 0.0, 0.01, key="smooth", bind="query-params", width=200,
                           help="Weight of the past in a running mean, as in TensorBoard. The raw line stays behind, paler.")
        logarithmic = st.pills("Logarithmic", ["x", "y"], selection_mode="multi", key="log", bind="query-params",
                               help="x lies along the bottom, y stands on the left.")
    log_x, log_y = "x" in logarithmic, "y" in logarithmic
    drawn = [
        lines.curve(run, metric, x, name=names[run.id], colour=pens[run.id]["color"], dash=pens[run.id]["dash"])
        for run in runs if metric in run.metrics
    ]
    best = shared_baseline(runs) if metric == "validation/accuracy" else None
    overlaid = figure(drawn, axis=x, smoothing=smooth, log_x=log_x, log_y=log_y, percent=page.is_share(metric),
                      level=generalisation.level(best))
    chart(overlaid, height=420, key="overlaid", alt=f"{metric} of {len(drawn)} runs along the {x}")
    without = [names[run.id] for run in runs if metric not in run.metrics]
    notes = [omissions(drawn, log_x=log_x, log_y=log_y), f"Not logged by {', '.join(without)}." if without else ""]
    if any(notes):
        st.caption(" ".join(filter(None, notes)))


def shared_baseline(runs: list[read.Run]) -> read.Run | None:
    """The best classical run on the data that all runs share; None where they differ, or where it is one of them."""
    networks = [run for run in runs if not compare.classical(run)]
    if not networks or any(compare.data_of(run) != compare.data_of(runs[0]) for run in runs):
        return None
    best = generalisation.baseline(networks[0])
    return None if best is None or best.id in {run.id for run in runs} else best
