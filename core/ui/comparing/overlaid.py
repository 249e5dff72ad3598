"""The curves of one measure of the chosen runs, over one another."""

from __future__ import annotations

import streamlit as st

from core.plots.curves import Curve, band, dense, figure, omissions, unit_of
from core.tracking import compare, read
from core.ui import address, generalisation, page, tables
from core.ui import curves as lines
from core.ui.chart import chart, zoom
from core.ui.comparing.choice import Choice, by_experiment

EACH = "Each run"
SPREADS = {"Mean and range": "range", "Mean ± deviation": "deviation"}


def overlaid(choice: Choice, key: str) -> None:
    """The curves of one metric, over one another, or those of the seeds of an experiment as a band."""
    runs = choice.runs
    logged = {name for run in runs for name in run.metrics}
    metrics = [name for names in lines.measures(logged).values() for name in names] or sorted(
        name for name in logged if not name.startswith("system/"))  # someone else's have names of their own
    if not metrics:
        st.caption("None of these runs has logged a step yet. Their curves will be here.")
        return
    wanted, _ = tables.best_measure(runs[0])
    first = f"validation/{wanted}" if f"validation/{wanted}" in metrics else metrics[0]
    groups = by_experiment(runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{key}controls"):
        metric = address.select("Measure", f"{key}metric", metrics, first, width=180)
        x = address.segments("Along the bottom", f"{key}x", lines.MORE_AXES, help=lines.MORE_HELP,
                             label_visibility="visible")
        smoothing = address.slider("Smoothing", f"{key}smooth", 0.0, 0.0, 0.99, 0.01, width=110,
                                   help="Weight of the past in a running mean, as in TensorBoard. The raw line stays "
                                   "behind, paler.")
        logarithmic = address.switches("Logarithmic", f"{key}log", ["x", "y"],
                                       help="x lies along the bottom, y stands on the left.")
        together = EACH
        if len(groups) < len(runs):
            together = address.select("Seeds", f"{key}seeds", [EACH, *SPREADS], width=150, help="A band for each "
                                      "experiment: from the least to the greatest of its seeds, or one standard deviation "
                                      "to each side of their mean.")
    log_x, log_y = "x" in logarithmic, "y" in logarithmic
    logging = [run for run in runs if metric in run.metrics]

    def line(run: read.Run, window: tuple[float, float] | None = None) -> Curve | None:
        pen = choice.pens[run.id]
        return lines.curve(run, metric, x, name=choice.names[run.id], colour=pen["color"], dash=pen["dash"],
                           smoothing=smoothing, window=window)

    drawn = {run.id: found for run in logging if (found := line(run))}
    size, unit = unit_of(list(drawn.values())) if x == "time" else (1.0, "")
    seen = f"{metric} {x} {unit} {log_x} {log_y}"  # what was zoomed into in one of these is somewhere else in another
    if zoomed := zoom(f"{key}overlaid", seen):
        drawn = {run.id: line(run, (zoomed[0] * size, zoomed[1] * size)) for run in logging if run.id in drawn}
    shown = list(drawn.values())
    if together != EACH:
        shown = [band([drawn[run.id] for run in group if run.id in drawn], SPREADS[together], name)
                 for name, group in groups.items() if any(run.id in drawn and len(drawn[run.id].x) for run in group)]
    best = shared_baseline(runs) if metric == "validation/accuracy" else None
    drawing = figure(shown, axis=x, log_x=log_x, log_y=log_y, percent=page.is_share(metric),
                     level=generalisation.level(best))
    drawing.update_layout(uirevision=seen, yaxis_title_text=page.measure_title(metric))
    chart(drawing, height=420, key=f"{key}overlaid", zooms=True, alt=f"{metric} of {len(logging)} runs along the {x}")
    without = [choice.names[run.id] for run in runs if metric not in run.metrics]
    unknown = [choice.names[run.id] for run in logging if run.id not in drawn]
    plain = dense(shown) and any(line.dash != "solid" for line in shown)
    notes = ["So many points are drawn without dashes: point at a line for its name." if plain else "",
             omissions(list(drawn.values()), log_x=log_x, log_y=log_y, zooms=True),
             f"Not logged by {listed(without)}." if without else "",
             f"How many {x.removesuffix('s')}s a step takes isn't known of {listed(unknown)}." if unknown else "",
             "A band ends where the shortest of its runs does." if together != EACH else ""]
    if any(notes):
        st.caption(" ".join(filter(None, notes)))


def listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def shared_baseline(runs: list[read.Run]) -> read.Run | None:
    """The best classical run on the data that all runs share; None where they differ, or where it is one of them."""
    networks = [run for run in runs if not compare.classical(run)]
    if not networks or any(compare.data_of(run) != compare.data_of(runs[0]) for run in runs):
        return None
    best = generalisation.baseline(networks[0])
    return None if best is None or best.id in {run.id for run in runs} else best
