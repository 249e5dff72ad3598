"""How settings and results of many runs hang together: as points, lines, cells and boxes, and which setting matters."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import streamlit as st

from core.errors import UserError
from core.plots import settings as plots
from core.plots.style import run_colour
from core.tracking import columns, read
from core.tracking import importance as forest
from core.tracking.columns import Column
from core.ui import address, page, tables
from core.ui.chart import chart
from core.ui.comparing.choice import Choice, by_experiment, wider

NONE = "Each run's own"
MOST_AXES = 8
MOST_BOXES = 40
MOST_POINTS = 2000
MOST_SETTINGS = 40  # of which the importance is sought: each takes its time
ROW = 34  # pixels of a bar or a box


def title(name: str) -> str:
    """A setting or a metric as a person reads it."""
    return page.measure_title(name) + " (%)" * page.is_share(name) if "/" in name else tables.setting_title(name)


def column(runs: list[read.Run], name: str) -> Column:
    """A setting or a metric of runs; shares in per cent."""
    if any(name in run.params for run in runs):
        return columns.setting(runs, name)
    found = columns.metric(runs, name)
    return replace(found, values=100 * found.values) if page.is_share(name) else found


def told(runs: list[read.Run]) -> tuple[list[str], list[str], str] | None:
    """The settings that differ, the metrics, and the one that says how good such runs are; None, and a sentence to the
    person, where there is nothing to draw."""
    settings, figures = columns.differing(runs), columns.figures(runs)
    if not settings or not figures:
        st.caption("These runs do not differ in any setting." if figures else "None of these runs has a figure yet.")
        return None
    measure, _ = tables.best_measure(runs[0])
    best = next((name for name in (f"test/{measure}", f"validation/{measure}") if name in figures), figures[0])
    return settings, figures, best


def newest(runs: list[read.Run]) -> list[read.Run]:
    """As many as a chart has room for, each by itself."""
    if len(runs) > MOST_POINTS:
        st.caption(f"The newest {MOST_POINTS:,} of {len(runs):,} runs.")
    return sorted(runs, key=lambda run: -run.created)[:MOST_POINTS] if len(runs) > MOST_POINTS else runs


def left_out(count: int) -> None:
    if count:
        st.caption(f"{count:,} run{'s' * (count != 1)} without one of these {'is' if count == 1 else 'are'} left out.")


def scatter(choice: Choice, key: str) -> None:
    runs = newest(wider(choice, key))
    if (found := told(runs)) is None:
        return
    settings, figures, best = found
    offered = [*settings, *figures]
    with st.container(horizontal=True, gap="medium"):
        x = address.select("Along the bottom", f"{key}x", offered, format_func=title, width=220)
        y = address.select("Upwards", f"{key}y", offered, best, format_func=title, width=220)
        shade = address.select("Colour", f"{key}shade", [NONE, *offered], format_func=lambda name: name if name == NONE else
                               title(name), width=220)
    across, up = column(runs, x), column(runs, y)
    third = None if shade == NONE else column(runs, shade)
    figure = plots.scatter(across, up, third, [choice.names.get(run.id, run.name) for run in runs],
                           [run_colour(run.id) for run in runs], title, page.dark())
    chart(figure, height=420, key=f"{key}scatter", alt=f"{title(y)} by {title(x)}, a point for each of {len(runs)} runs.")
    left_out(int(np.isnan(np.stack([one.values for one in (across, up, third) if one])).any(0).sum()))


def parallel(choice: Choice, key: str) -> None:
    runs = newest(wider(choice, key))
    if (found := told(runs)) is None:
        return
    settings, figures, best = found
    # A setting that hardly any of the runs has would leave the others out.
    usual = list(islice((name for name in settings if not np.isnan(column(runs, name).values).any()), MOST_AXES - 1))
    picked = address.several("Axes, from left to right", f"{key}axes", [*settings, *figures], [*usual, best],
                             max_selections=MOST_AXES, format_func=title)
    if len(picked) < 2:
        st.caption("Pick at least two axes.")
        return
    figure, lacking = plots.parallel([column(runs, name) for name in picked],
                                     [choice.names.get(run.id, run.name) for run in runs], title, page.dark())
    if figure.data:
        chart(figure, height=400, key=f"{key}parallel", narrowest=110 * len(picked) + 120,
              alt=f"{len(runs) - lacking} runs as lines through {', '.join(map(title, picked))}.")
        st.caption("Drag along an axis to keep the runs that pass there; click on it to have all again.")
    left_out(lacking)


def heat(choice: Choice, key: str) -> None:
    runs = wider(choice, key)
    if (found := told(runs)) is None:
        return
    settings, figures, best = found
    if len(settings) < 2:
        st.caption(f"Only {title(settings[0])} differs among these runs: a heat map takes two settings. "
                   "The scatter shows one.")
        return
    with st.container(horizontal=True, gap="medium"):
        down = address.select("Downwards", f"{key}down", settings, format_func=title, width=220)
        others = [name for name in settings if name != down]
        across = address.select("Across", f"{key}across", others, format_func=title, width=220)
        measured = address.select("Mean of", f"{key}of_metric", figures, best, format_func=title, width=220)
    cells = columns.cells(column(runs, down), column(runs, across), column(runs, measured))
    if not cells.rows:
        st.caption("No run has both settings and the metric.")
        return
    figure = plots.heat(cells, title(down), title(across), title(measured), page.dark())
    chart(figure, height=min(720, 130 + 36 * len(cells.rows)), key=f"{key}heat",
          alt=f"Mean {title(measured)} by {title(down)} and {title(across)}.")
    left_out(len(runs) - int(cells.counts.sum()))


def boxes(choice: Choice, key: str) -> None:
    runs = wider(choice, key)
    figures = columns.figures(runs)
    if not figures:
        st.caption("None of these runs has a figure yet.")
        return
    measure, more = tables.best_measure(runs[0])
    best = next((name for name in (f"test/{measure}", f"validation/{measure}") if name in figures), figures[0])
    measured = address.select("Metric", f"{key}metric", figures, best, format_func=title, width=240)
    value = dict(zip((run.id for run in runs), column(runs, measured).values, strict=True))
    groups = {name: having for name, group in by_experiment(runs).items()
              if (having := [run for run in group if np.isfinite(value[run.id])])}
    sign = -1 if more else 1
    ranked = sorted(groups, key=lambda name: sign * np.median([value[run.id] for run in groups[name]]))[:MOST_BOXES]
    figure = plots.boxes(
        {name: ([value[run.id] for run in groups[name]], [choice.names.get(run.id, run.name) for run in groups[name]])
         for name in ranked},
        [run_colour(groups[name][0].id) for name in ranked], title(measured))
    chart(figure, height=80 + (ROW + 14) * len(ranked), key=f"{key}boxes",
          alt=f"{title(measured)} of {len(ranked)} experiments over their seeds.")
    if len(ranked) < len(groups):
        st.caption(f"The best {len(ranked)} of {len(groups):,} experiments.")


def importance(choice: Choice, key: str) -> None:
    runs = wider(choice, key)
    if (found := told(runs)) is None:
        return
    settings, figures, best = found
    measured = address.select("Metric", f"{key}metric", figures, best, format_func=title, width=240)
    figure = column(runs, measured)
    known = int((~np.isnan(figure.values)).sum())
    if known < forest.FEWEST:
        st.caption(f"{known} of these runs have it: at least {forest.FEWEST} are needed to tell what it hangs on.")
        return
    try:
        told_by = _importance([column(runs, name) for name in settings[:MOST_SETTINGS]], figure)
    except UserError as error:
        st.caption(str(error))
        return
    if told_by.foretold <= 0:
        st.markdown("**The settings do not tell it:** a forest that has seen the other runs foretells this metric no better "
                    "than its mean does. More runs, or more seeds, may say more.")
        return
    names = [" and ".join(map(title, tied)) for tied in told_by.names]
    chart(plots.bars(names, told_by.share, told_by.spread), height=80 + ROW * len(names), key=f"{key}importance",
          alt=f"How much of the variance of {title(measured)} hangs on each setting.")
    st.caption(
        f"From {told_by.runs:,} runs. A random forest foretells {100 * told_by.foretold:.0f} % of the variance of runs that "
        "it has not seen; a setting's share is half of what the squared error grows by once it is shuffled (permutation "
        "importance: Breiman 2001; Gregorutti et al. 2017). Settings that changed only together can't be told apart."
        + (f" Only the first {MOST_SETTINGS} of {len(settings):,} settings were looked at."
           if len(settings) > MOST_SETTINGS else "")
        + (" With so few runs these are rough." if told_by.runs < 4 * forest.FEWEST else ""))


@st.cache_data(max_entries=50, show_spinner="Growing forests …", hash_funcs={
    Column: lambda column: (column.name, column.values.tobytes(), column.labels)})
def _importance(settings: list[Column], measured: Column) -> forest.Importance:
    return forest.importance(settings, measured)
