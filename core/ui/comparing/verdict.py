"""Two groups of runs held against one another: the difference, whether it is more than chance, and what makes it unfair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.jobs import queue
from core.tracking import compare, fairness, read, significance
from core.tracking.significance import Difference
from core.tracking.write import NEWEST
from core.ui import address, page, tables
from core.ui.comparing.choice import Choice, by_experiment
from core.ui.comparing.choosing import MOST_RUNS, chosen_ids

MANY_RUNS = 8  # of each side: from here on a quarter may be left out at either end
EXPERIMENTS = "Experiment"
BY_HELP = "Runs that share this are one group. Those of one experiment differ in nothing but their seed."
TOO_FEW = "Two groups with finished runs and this figure are needed. Wait for runs to end, or choose others."


def seeds(runs: list[read.Run], metrics: list[str], more: bool, key: str) -> None:
    """Experiments of which several seeds are chosen, best first by the first of the metrics: mean and spread of each."""
    groups = by_experiment(runs)
    if len(groups) == len(runs):
        return
    ranked = sorted(groups, key=lambda name: _rank(groups[name], metrics[0], more))
    st.markdown("**Seeds of the same experiment, together** &nbsp;:gray[mean ± standard deviation]")
    played = metrics[0].endswith("/return")  # seeds of games differ much: told as their field does (Agarwal et al. 2021)
    tables.draw(pd.DataFrame(
        {"Experiment": ranked, "Seeds": [len(_figures(groups[name], metrics[0])) for name in ranked]}
        | ({"Interquartile mean": [_middle(_figures(groups[name], metrics[0])) for name in ranked]} if played else {})
        | {page.measure_title(metric): [tables.spread_text(metric, _figures(groups[name], metric)) or "–" for name in ranked]
           for metric in metrics}
    ), key=f"{key}seeds")


def better(choice: Choice, key: str) -> None:
    """The question which of two groups of the chosen runs is better, and the answer."""
    offered = metrics_of(choice.runs)
    if len(compare.by_experiment(_counted(choice.runs))) < 2 or not offered:
        st.caption("Choose finished runs that differ in more than their seed: here they are held against one another.")
        return
    by_place, on_place, first_place, second_place = st.columns([2, 2, 3, 3], vertical_alignment="bottom")
    with by_place:
        by = address.select("Groups by", f"{key}by", settings_of(choice.runs), format_func=setting_words, help=BY_HELP)
    with on_place:
        metric = address.select("Figure", f"{key}on", offered, format_func=page.measure_title)
    groups = grouped(choice.runs, by, metric)
    if len(groups) < 2:
        st.caption(TOO_FEW)
        return
    with first_place:
        first = address.select("First group", f"{key}a", list(groups))
    with second_place:
        second = address.select("Second group", f"{key}b", [name for name in groups if name != first])
    told = answer(groups, first, second, metric, tables.more_is_better(metric))
    with st.container(border=True):
        st.markdown(told.sentence)
        for sentence in told.unfair:
            st.markdown(f":orange[:material/warning:] {sentence}")
        if told.wanted:
            _more_seeds({name: groups[name] for name in (first, second)}, told.wanted, key)
    if told.method:
        with st.expander("How this was found out", icon=":material/function:"):
            st.markdown(told.method)


class Answer(NamedTuple):
    """Which of two groups is better: in a `sentence`; what makes the comparison `unfair`, a sentence each; by which `method`
    it was found out, as a list, empty where nothing could be tested; and how many seeds of each are `wanted` to settle it,
    None where no more are."""

    sentence: str
    unfair: list[str]
    method: str
    wanted: int | None


def metrics_of(runs: Sequence[read.Run]) -> list[str]:
    """What the finished runs have figures of: those of the test first, and of each split the one that says how good they
    are."""
    names = {name for run in _counted(runs) for name in run.metrics
             if not name.startswith("system/") and name not in NEWEST}
    order, measure = ("test", "validation"), tables.best_measure(runs[0])[0]
    return sorted(names, key=lambda name: (order.index(split) if (split := name.split("/")[0]) in order else len(order),
                                           not name.endswith(f"/{measure}"), name))


def settings_of(runs: Sequence[read.Run]) -> list[str]:
    """By what the runs can be grouped: by experiment, and by each setting that several runs share."""
    counted = _counted(runs)
    return [EXPERIMENTS, *(name for name in compare.differing(counted) if not compare.is_seed(name)
                           and len(compare.by_setting(counted, name)) < max(3, len(counted)))]


def setting_words(by: str) -> str:
    return by if by == EXPERIMENTS else tables.setting_title(by)


def grouped(runs: Sequence[read.Run], by: str, metric: str) -> dict[str, list[read.Run]]:
    """The finished runs in groups by a setting or by experiment, those that have figures of the metric, the best first."""
    counted = _counted(runs)
    groups = by_experiment(counted) if by == EXPERIMENTS else {
        _capital(tables.setting_words(by, value)): group for value, group in compare.by_setting(counted, by).items()}
    more = tables.more_is_better(metric)
    ranked = sorted(groups, key=lambda name: _rank(groups[name], metric, more))
    return {name: groups[name] for name in ranked if _figures(groups[name], metric)}


def answer(groups: dict[str, list[read.Run]], first: str, second: str, metric: str, more: bool) -> Answer:
    """Which of two of the groups, of which the best stands first, is better."""
    names = list(groups)
    first, second = sorted((first, second), key=names.index)
    sides = [groups[first], groups[second]]
    pairs = _holm(list(groups.values()), metric)
    values, paired = _values(*sides, metric)
    factor = pairs.get((names.index(first), names.index(second)), 1.0)
    found = significance.difference(*values, paired=paired, pairs=factor)
    noun = "seeds" if all(len(compare.by_experiment(side)) == 1 for side in sides) else "runs"
    return Answer(
        verdict(first, second, values, found, metric, more, noun),
        _unfair((first, sides[0]), (second, sides[1]), metric, more),
        _method(first, second, sides, values, found, len(pairs), metric) if found else "",
        significance.FEWEST_SEEDS if found is None else None if found.settled else found.seeds,
    )


def _counted(runs: Sequence[read.Run]) -> list[read.Run]:
    """The runs that have ended well, each experiment and seed once."""
    return compare.once([run for run in runs if run.state == "FINISHED"])


def verdict(
    better: str, worse: str, values: Sequence[Sequence[float]], found: Difference | None, metric: str, more: bool,
    noun: str = "seeds",
) -> str:
    """The difference of the means of two groups, its interval, and whether it is more than chance, in plain words. `noun`:
    what the values are of."""
    better, worse = page.plain(better), page.plain(worse)
    counts = [len(of) for of in values]
    gap = abs(sum(values[0]) / counts[0] - sum(values[1]) / counts[1])
    share, of = page.is_share(metric.rsplit("/", 1)[-1]), page.measure_words(metric)

    def written(value: float) -> str:
        return f"{100 * value:.2f}" if share else page.measure(metric, value)

    unit = " percentage points" if share else ""
    ahead = (f"**{better}** is better than **{worse}** by {written(gap)}{unit} of {of} on average" if gap else
             f"**{better}** and **{worse}** have the same {of} on average")
    if found is None:
        return (f"{ahead}; that is too few {noun} to tell it from chance ({counts[0]} and {counts[1]}): train at least "
                f"{significance.FEWEST_SEEDS} of each.")
    runs = f"{counts[0]} {noun} each" if counts[0] == counts[1] else f"{counts[0]} and {counts[1]} {noun}"
    if math.isinf(found.effect) or found.low == found.high:
        return (f"{ahead}, and nothing varies over the {runs}: that is none of chance's. Whether other test examples would "
                "say the same, the chart *Where two models differ* tells.")
    # Less is better of a loss: the interval is told of what the better one is ahead by.
    low, high = (found.low, found.high) if more else (-found.high, -found.low)
    told = (f"{ahead}; with {runs} the {100 * (1 - significance.SURE / found.pairs):.3g} % interval is {written(low)} to "
            f"{written(high)}")
    if found.settled:
        return f"{told}: **more than chance explains**."
    missing = max(1, (found.seeds or 0) - min(counts))
    settled = (f"About {missing} more {noun[:-1] if missing == 1 else noun} of each would settle a difference of this size"
               if found.seeds else
               f"More than {significance.MOST_SEEDS} {noun} of each would be needed to settle so small a difference")
    return f"{told}: **chance can't be excluded**. {settled}."


def _method(
    first: str, second: str, sides: Sequence[list[read.Run]], values: Sequence[list[float]], found: Difference, pairs: int,
    metric: str
) -> str:
    """The tests behind a verdict, with their figures and sources, as a list."""
    test = ("the paired t-test (Student 1908): both sides ran the same seeds on the same data, so that each pair counts "
            "with its own difference" if found.paired else
            "Welch's t-test (1947), since the two sides don't pair seed by seed; their spreads may differ")
    lines = [f"**p = {found.p:.2g}** by {test}."]
    chance, exact = significance.permutation(*values, paired=found.paired)
    ways = "all ways to shuffle the runs" if exact else f"{significance.SHUFFLES:,} ways to shuffle the runs at random"
    least = 2 ** (1 - len(values[0])) if found.paired else 2 / math.comb(sum(map(len, values)), len(values[0]))
    few = f" With so few runs it can't be less than {least:.2g}." if least > significance.SURE else ""
    lines.append(f"p = {chance:.2g} by a permutation test (Fisher 1935; Pitman 1937), over {ways}; not corrected.{few}")
    if math.isfinite(found.effect):
        sizes = ((0.2, "hardly any"), (0.5, "small"), (0.8, "medium"), (math.inf, "large"))
        size = next(word for limit, word in sizes if abs(found.effect) < limit)
        lines.append(f"The effect is {abs(found.effect):.2f} standard deviations of the runs (Hedges' g, 1981): {size}, in "
                     "Cohen's words (1988).")
    if pairs > 1:
        lines.append(f"p and the interval are corrected for the {pairs} pairs of groups that could be picked here "
                     "(Holm 1979).")
    if min(map(len, values)) >= MANY_RUNS:
        told = []
        for name, side in zip((first, second), sides, strict=True):
            strata = _strata(side, metric)
            low, high = significance.stratified_bootstrap(strata)
            told.append(f"{page.plain(name)} {page.measure(metric, significance.interquartile_mean(strata))} "
                        f"({page.measure(metric, low)} to {page.measure(metric, high)})")
        lines.append(f"Interquartile means, which no lucky or failed run moves, with 95 % intervals of a bootstrap "
                     f"stratified by data set (Agarwal et al. 2021): {'; '.join(told)}.")
    if found.seeds and not found.settled:
        lines.append("The seeds still needed are those that find a difference of this size four times in five "
                     "(Cohen 1988, section 2.4). The size is itself an estimate.")
    lines.append("All this is about kinds of models. Of two trained models asked the same test examples, the chart *Where "
                 "two models differ* says by McNemar's test (1947) and a paired bootstrap which one is better.")
    return "\n".join(f"- {line}" for line in lines)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _holm(groups: Sequence[list[read.Run]], metric: str) -> dict[tuple[int, int], float]:
    """By how much the p of each pair of groups that can be tested is multiplied, by the numbers of the two."""
    chances = {}
    enough = [i for i, group in enumerate(groups) if len(_figures(group, metric)) >= significance.FEWEST_SEEDS]
    for i, j in combinations(enough, 2):
        values, paired = _values(groups[i], groups[j], metric)
        if (chance := significance.p_value(*values, paired=paired)) is not None:
            chances[i, j] = chance
    return dict(zip(chances, significance.holm(list(chances.values())), strict=True))


def _values(first: list[read.Run], second: list[read.Run], metric: str) -> tuple[tuple[list[float], list[float]], bool]:
    """The figures of both groups, and whether they stand in pairs."""
    sides = [[run for run in side if math.isfinite(compare.figure(run, metric))] for side in (first, second)]
    found = compare.pairs(*sides)
    if found:
        sides = [list(side) for side in zip(*found, strict=True)]
    return (_figures(sides[0], metric), _figures(sides[1], metric)), bool(found)


def _strata(runs: Sequence[read.Run], metric: str) -> list[list[float]]:
    by_data: dict[tuple, list[float]] = {}
    for run in runs:
        if math.isfinite(compare.figure(run, metric)):
            by_data.setdefault(tuple(sorted(compare.data_of(run).items())), []).append(compare.figure(run, metric))
    return list(by_data.values())


def _unfair(
    first: tuple[str, list[read.Run]], second: tuple[str, list[read.Run]], metric: str, more: bool
) -> list[str]:
    sides = [fairness.Group(page.plain(name), runs) for name, runs in (first, second)]
    return _warnings([(side.name, [run.id for run in side.runs]) for side in sides], metric, more, sides)


@st.cache_data(ttl=20, max_entries=50, show_spinner=False)
def _warnings(known: list[tuple[str, list[str]]], metric: str, more: bool, _sides: list[fairness.Group]) -> list[str]:
    """Looked for again only now and then, since it takes a look at all runs of the store. `known` is what `_sides` hold."""
    names = sorted({run.params.get("architecture", "") for side in _sides for run in side.runs})
    return fairness.warnings(*_sides, metric, more, read.runs(), fairness.deleted(names))


def _more_seeds(groups: dict[str, list[read.Run]], wanted: int, key: str) -> None:
    """Offers to launch the seeds that each group lacks of so many: first those that the other one ran, so that they pair."""
    if any("glassbox.experiment" not in run.tags for group in groups.values() for run in group):
        return  # someone else's runs: only they can train more
    lacking: dict[str, list[tuple[read.Run, int]]] = {}
    known = sorted({_seed(run) for group in groups.values() for run in group})
    pool = [*known, *range(known[-1] + 1, known[-1] + 1 + wanted)]
    for name, group in groups.items():
        experiments = compare.by_experiment(group)
        each = math.ceil(wanted / len(experiments))
        lacking[name] = []
        for experiment in experiments:
            own = {_seed(run) for run in experiment}
            missing = [seed for seed in pool if seed not in own][: max(0, each - len(own))]
            lacking[name] += [(experiment[0], seed) for seed in missing]
    total = sum(map(len, lacking.values()))
    if not total or total > MOST_RUNS - len(chosen_ids()):  # more could not be told apart here
        return
    told = " and ".join(f"{len(jobs)} of {name}" for name, jobs in lacking.items() if jobs)
    if st.button(f"Launch {total} more {'seed' if total == 1 else 'seeds'}", icon=":material/rocket_launch:",
                 key=f"{key}more_seeds", help=f"{told}."):
        try:
            made = [run_id for jobs in lacking.values() for run, seed in jobs
                    for run_id in queue.submit(run.experiment.with_seed(seed))]
        except UserError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.query_params["runs"] = ",".join([*chosen_ids(), *made])
        st.rerun()


def _seed(run: read.Run) -> int:
    return int(compare.seed_of(run) or 0)


def _figures(runs: Sequence[read.Run], metric: str) -> list[float]:
    return [value for run in runs if math.isfinite(value := compare.figure(run, metric))]


def _rank(runs: Sequence[read.Run], metric: str, more: bool) -> tuple[bool, float]:
    values = _figures(runs, metric)
    mean = sum(values) / len(values) if values else 0.0
    return not values, -mean if more else mean


def _middle(values: list[float]) -> str:
    return page.number(significance.interquartile_mean([values])) if values else "–"
