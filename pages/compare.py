"""Compare: chosen runs side by side. The address holds the whole choice, so that a link shows the next person the same."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.errors import UserError
from core.jobs import queue
from core.plots.curves import figure, omissions
from core.plots.style import run_colour, run_lines
from core.tracking import compare, read
from core.ui import curves as lines
from core.ui import generalisation, page, previews, tables
from core.ui.chart import chart

MOST_RUNS = 24  # that colours and dashes tell apart
MOST_LISTED = 500
LIVE_SECONDS = 3
DASHES = {"solid": "", "dash": "6 3", "dot": "2 2", "dashdot": "6 2 2 2"}


# ---- which runs


def chosen_ids() -> list[str]:
    """The ids that the address names, each once."""
    return list(dict.fromkeys(filter(None, st.query_params.get("runs", "").split(","))))


def chosen() -> list[read.Run]:
    """The runs that the address names; those that can't be had are said."""
    found, ids = [], chosen_ids()
    for run_id in ids[:MOST_RUNS]:
        try:
            found.append(read.run(run_id))
        except UserError as error:
            st.warning(str(error), icon=":material/search_off:")
    if len(ids) > MOST_RUNS:
        st.warning(f"Only the first {MOST_RUNS} runs are shown: more can't be told apart.", icon=":material/filter_alt:")
    return found


def choose(runs: list[read.Run]) -> None:
    """Writes the chosen runs into the address."""
    if runs:
        st.query_params["runs"] = ",".join(run.id for run in runs)
    else:
        st.query_params.pop("runs", None)


def picker(picked: list[read.Run]) -> None:
    """All runs as a table that can be filtered, sorted, and ticked."""
    every = [run for run in read.runs(MOST_LISTED) if run.state != "SCHEDULED"]
    if not every:
        with st.container(border=True):
            st.markdown("#### Nothing to compare yet\nTrain two runs that differ in one setting, or one from several seeds: "
                        "their curves, results and pictures will stand side by side here.")
            st.page_link("pages/launch.py", label="Launch runs", icon=":material/rocket_launch:")
        return
    label = f"Change the choice of {len(picked)} runs" if len(picked) > 1 else "Choose the runs to compare"
    with st.expander(label, expanded=len(picked) < 2, key="choose", icon=":material/checklist:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            find = st.text_input("Find", key="find", bind="query-params", live=True, icon=":material/search:", width=280,
                                 placeholder="Name, data set, setting, id", label_visibility="collapsed")
            tasks = sorted({run.params.get("task", "") for run in every})
            task = st.selectbox("Task", tasks, index=None, key="task_is", bind="query-params", placeholder="Every task",
                                format_func=tables.task_title, label_visibility="collapsed", width=220)
        shown = [run for run in every if (not task or run.params.get("task") == task) and tables.matches(run, find)]
        if not shown:
            st.caption("No run is like that. Take a filter away to see more.")
            return
        table(shown, picked)


def table(shown: list[read.Run], picked: list[read.Run]) -> None:
    told = [name for name in compare.differing(shown) if "." in name and all(name in run.params for run in shown)]
    frame = pd.DataFrame({
        "Run": [run.name for run in shown],
        "State": [page.STATES[run.state].label for run in shown],
        "Result": [tables.result(run)[1] for run in shown],
        **{tables.setting_title(name): [tables.setting_text(run.params[name]) for run in shown] for name in told[:6]},
        "Launched": pd.to_datetime([run.created for run in shown], unit="s", utc=True),
    })
    ids = [run.id for run in shown]
    key = "table_" + hashlib.sha1(",".join(ids).encode()).hexdigest()[:12]  # rows are told by number
    rows = [ids.index(run.id) for run in picked if run.id in ids]
    if key not in st.session_state or sorted(st.session_state[key]["selection"]["rows"]) != sorted(rows):
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}

    def keep() -> None:
        ticked = set(st.session_state[key].selection.rows)
        stay = [run for run in picked if run.id not in ids or ids.index(run.id) in ticked]
        known = {run.id for run in stay}
        choose(stay + [run for i, run in enumerate(shown) if i in ticked and run.id not in known])

    st.dataframe(
        tables.coloured(frame, shown), hide_index=True, on_select=keep, selection_mode="multi-row", key=key, placeholder="",
        height="content" if len(shown) <= 10 else 392, column_config={"": tables.DOT_COLUMN, "Launched": tables.WHEN_COLUMN},
    )


def legend(picked: list[read.Run], names: dict[str, str], pens: dict[str, dict[str, str]]) -> None:
    """The chosen runs with their lines; each can be opened or taken away."""
    with st.container(horizontal=True, gap="small", key="legend"):
        for run in picked:
            pen = pens[run.id]
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap=None, key=f"in_{run.id}"):
                st.image(LINE.format(colour=pen["color"], dash=DASHES[pen["dash"]]), width=24, alt="")
                st.page_link("pages/runs.py", label=names[run.id], query_params={"run": run.id}, width="content")
                if run.state != "FINISHED":
                    st.markdown(page.badge_text(run.state), width="content")
                st.button("", icon=":material/close:", type="tertiary", key=f"without_{run.id}", help="Take this run away",
                          on_click=choose, args=([other for other in picked if other.id != run.id],))


LINE = ('<svg xmlns="http://www.w3.org/2000/svg" width="24" height="8" viewBox="0 0 24 8">'
        '<path d="M1 4h22" stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}"/></svg>')


# ---- words


def labels(runs: Sequence[read.Run]) -> dict[str, str]:
    """A name for each run that tells it from the others: what differs in its settings where the names are the same."""
    names = {run.id: run.name for run in runs}
    settings = [name for name in compare.differing(runs) if "." in name]
    for run in runs:
        if sum(other.name == run.name for other in runs) > 1:
            names[run.id] += "".join(f", {tables.setting_words(name, run.params.get(name))}" for name in settings[:2])
    twice = Counter(names.values())
    return {run.id: names[run.id] if twice[names[run.id]] == 1 else f"{names[run.id]} ({run.id[:6]})" for run in runs}


# ---- the parts of the page


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


def settings(runs: list[read.Run], names: dict[str, str]) -> None:
    """What differs in the settings of the runs, and nothing else."""
    st.subheader("What differs", anchor=False)
    different = compare.differing(runs)
    if not different:
        st.caption("Nothing: these runs have the same settings, seed included.")
        return
    titles = {name: tables.setting_title(name) for name in different}
    often = Counter(titles.values())
    titled = {name: title if often[title] == 1 else f"{title} ({name.split('.')[0]})" for name, title in titles.items()}
    frame = pd.DataFrame(
        {"Run": [names[run.id] for run in runs]}
        | {titled[name]: [tables.setting_text(run.params.get(name)) for run in runs] for name in different}
    )
    draw(tables.coloured(frame, runs), key="differences")


def results(runs: list[read.Run], names: dict[str, str]) -> None:
    """The final figures of the runs, best on top, and of the seeds of one experiment together."""
    st.subheader("Results", anchor=False)
    measure, more = tables.best_measure(runs[0])
    metrics = sorted({name for run in runs for name in run.metrics if name.startswith("test/")},
                     key=lambda name: (name != f"test/{measure}", name))
    metrics += [f"validation/{measure}"] * any(f"validation/{measure}" in run.metrics for run in runs)
    if not metrics:
        st.caption("No final figures yet: they come at the end of a run, from the test data.")
        return

    def rank(run: read.Run) -> tuple:
        figures = [run.metrics.get(name, math.nan) for name in (f"test/{measure}", f"validation/{measure}")]
        return tuple((math.isnan(figure), -figure if more else figure) for figure in figures)

    ranked = sorted(runs, key=rank)
    frame = pd.DataFrame(
        {"Run": [names[run.id] for run in ranked]}
        | {page.measure_title(name): [run.metrics.get(name) for run in ranked] for name in metrics}
        | {"Epochs": [run.metrics.get("train/epoch", 0.0) for run in ranked],
           "Took": [(run.ended - run.started) if run.ended and run.started else None for run in ranked]}
    )
    written = {page.measure_title(name): figure_writer(name) for name in metrics}
    draw(tables.coloured(frame, ranked, written | {"Epochs": "{:.3g}".format, "Took": tables.span}), key="results")
    seeds(runs, metrics, measure, more)


def seeds(runs: list[read.Run], metrics: list[str], measure: str, more: bool) -> None:
    """Experiments of which several seeds are chosen: mean and spread, and whether the best is better by more than chance."""
    groups = compare.by_experiment(runs)
    if len(groups) == len(runs):
        return
    apart = [name for name in compare.differing([group[0] for group in groups]) if name != "seed"]

    def told(group: list[read.Run]) -> str:
        own = [tables.setting_words(name, group[0].params[name]) for name in apart if name in group[0].params]
        words = ", ".join(own) or group[0].name.rpartition(", seed")[0]
        return words[0].upper() + words[1:]

    deciding = f"test/{measure}" if f"test/{measure}" in metrics else f"validation/{measure}"
    figures = {told(group): {name: [run.metrics[name] for run in group if name in run.metrics] for name in metrics}
               for group in groups}
    ranked = sorted(figures, key=lambda name: _mean(figures[name][deciding], more))
    st.markdown("**Seeds of the same experiment, together** &nbsp;:gray[mean ± standard deviation]")
    draw(pd.DataFrame(
        {"Experiment": ranked, "Seeds": [len(figures[name][deciding]) for name in ranked]}
        | {page.measure_title(metric): [spread_text(metric, figures[name][metric]) for name in ranked] for metric in metrics}
    ), key="seeds")
    if len([name for name in ranked if figures[name][deciding]]) > 1:
        pair, pairs = ranked[:2], len(ranked) * (len(ranked) - 1) // 2
        values = [figures[name][deciding] for name in pair]
        found = compare.difference(*values, pairs)
        st.markdown(verdict(*pair, found, deciding, pairs))
        wanted = compare.FEWEST_SEEDS if found is None else found.seeds if found.p >= compare.SURE else None
        if wanted:
            runs_of = {told(group): group for group in groups}
            more_seeds({name: (runs_of[name], wanted - len(its)) for name, its in zip(pair, values, strict=True)})


def verdict(first: str, second: str, found: compare.Difference | None, metric: str, pairs: int) -> str:
    """Whether the better of two experiments, picked among so many `pairs`, is so by more than chance, in plain words."""
    if found is None:
        return (f"Too few seeds to tell whether **{first}** beats **{second}** by more than chance: "
                f"train at least {compare.FEWEST_SEEDS} of each.")
    share = page.is_share(metric)
    sign = 1 if found.gap >= 0 else -1  # less is better of a loss: the interval is told of what the first is ahead by
    low, high = sorted((sign * found.low, sign * found.high))

    def written(value: float) -> str:
        return f"{100 * value:.2f}" if share else page.measure(metric, value)

    unit, of = " percentage points" if share else "", page.measure_words(metric)
    how = (f"Welch's t-test, p = {found.p:.2g}" + (f" corrected for {pairs} pairs" if pairs > 1 else "")
           + (f", effect {abs(found.effect):.1f} standard deviations" if math.isfinite(found.effect) else ", no spread"))
    ahead = f"**{second}** by {written(abs(found.gap))}{unit} of {of}"
    interval = f"the {100 * (1 - compare.SURE / pairs):.3g} % interval of that is {written(low)} to {written(high)}"
    if found.p < compare.SURE:
        return f"**{first}** beats {ahead}: more than chance explains; {interval} ({how})."
    settled = (f"{found.seeds} seeds of each would settle a difference of this size four times in five" if found.seeds else
               f"more than {compare.MOST_SEEDS} seeds of each would be needed to settle so small a difference")
    return f"**{first}** is ahead of {ahead}, but chance alone may explain that; {interval} ({how}). {settled}."


def more_seeds(wanted: dict[str, tuple[list[read.Run], int]]) -> None:
    """Offers to launch the seeds that each experiment, of the runs given by its name, still lacks."""
    lacking = {name: (runs, count) for name, (runs, count) in wanted.items() if count > 0}
    total = sum(count for _, count in lacking.values())
    if not lacking or total > MOST_RUNS - len(chosen_ids()):  # more could not be told apart here
        return
    told = " and ".join(f"{count} of {name}" for name, (_, count) in lacking.items())
    if st.button(f"Launch {total} more seeds", icon=":material/rocket_launch:", key="more_seeds", help=f"{told}."):
        try:
            made = [run_id for runs, count in lacking.values()
                    for run_id in queue.submit(runs[0].experiment.with_seed(1 + max(_seed(run) for run in runs)), count)]
        except UserError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.query_params["runs"] = ",".join([*chosen_ids(), *made])
        st.rerun()


def _seed(run: read.Run) -> int:
    return int(run.params.get("seed", 0))


def _mean(values: list[float], more: bool) -> tuple[bool, float]:
    mean = sum(values) / len(values) if values else math.inf
    return not values, -mean if more else mean


def figure_writer(name: str):
    return lambda figure: "–" if pd.isna(figure) else page.measure(name, figure)


def spread_text(metric: str, values: list[float]) -> str:
    """`98.31 ± 0.12 %`, the spread with two digits and the mean as far as those; without the spread for a single seed."""
    found = compare.spread(values)
    if found is None:
        return "–"
    if math.isnan(found.sd) or found.sd == 0:
        return page.measure(metric, found.mean) + (" ± 0" if found.sd == 0 else "")
    scale, unit = (100, " %") if page.is_share(metric) else (1, " dB") if "psnr" in metric else (1, "")
    places = max(0, 1 - math.floor(math.log10(scale * found.sd)))
    return f"{scale * found.mean:,.{places}f} ± {scale * found.sd:,.{places}f}{unit}"


def draw(rows: Styler | pd.DataFrame, *, key: str) -> None:
    st.dataframe(rows, hide_index=True, key=key, width="content", height="content", placeholder="–",
                 column_config={"": tables.DOT_COLUMN})


def pictures(ids: list[str], names: dict[str, str]) -> None:
    """One preview of all chosen runs, at the same step."""
    runs = [read.run(run_id) for run_id in ids]
    files = {run.id: previews.files(run) for run in runs}
    offered = Counter(name for of_run in files.values() for name in of_run)
    if not offered:
        return
    st.subheader("Previews", anchor=False)
    names_of = sorted(offered, key=lambda name: (-offered[name], name.startswith("test_"), name))
    asked = st.query_params.get("preview")
    st.session_state.preview = asked if asked in names_of else names_of[0]
    if len(names_of) > 1:
        st.pills("Preview", names_of, required=True, key="preview", format_func=previews.words, label_visibility="collapsed",
                 on_change=keep_preview)
    name = st.session_state.preview
    shown = [run for run in runs if name in files[run.id]]
    previews.film([previews.Film(run.id, files[run.id][name], names[run.id], run_colour(run.id)) for run in shown], name,
                  key=f"film_{name}")


def keep_preview() -> None:
    st.query_params["preview"] = st.session_state.preview


page.opening("Compare", "Runs side by side: their curves, what differs in their settings, their results and their pictures.")
picked = chosen()
picker(picked)
if picked:
    named, drawn_with = labels(picked), run_lines(run.id for run in picked)
    every = LIVE_SECONDS if any(run.state not in read.ENDED for run in picked) else None
    ids = [run.id for run in picked]
    legend(picked, named, drawn_with)
    with st.container(key="live"):
        st.fragment(overlaid, run_every=every)(ids, named, drawn_with, [run.state for run in picked])
        settings(picked, named)
        results(picked, named)
        st.fragment(pictures, run_every=every)(ids, named)
