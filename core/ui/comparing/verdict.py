"""Experiments over their seeds: mean and spread, and whether a difference is more than chance."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.jobs import queue
from core.tracking import compare, read
from core.ui import page, tables
from core.ui.comparing.choosing import MOST_RUNS, chosen_ids


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
    # Of games, whose seeds differ much, as its field reports them.
    middle = {"Interquartile mean": [interquartile_text(deciding, figures[name][deciding]) for name in ranked]}
    tables.draw(pd.DataFrame(
        {"Experiment": ranked, "Seeds": [len(figures[name][deciding]) for name in ranked]}
        | (middle if measure == "return" else {})
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


def interquartile_text(metric: str, values: list[float]) -> str:
    found = compare.interquartile_mean(values)
    return "–" if found is None else page.measure(metric, found)


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
