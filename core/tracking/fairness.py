"""What makes a comparison of two groups of runs unfair: figures that were chosen by, unequal budgets, runs left out, and
other data, code or devices. Each is told in one sentence."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from core.errors import UserError
from core.tracking import store
from core.tracking.compare import by_experiment, data_of, experiment_of, figure, seed_of
from core.tracking.read import Run

CLOSE = 1.01  # budgets whose ratio is not above this are the same
CLOSE_SIZE, CLOSE_TIME = 1.1, 1.5  # of parameters, and of the wall clock, which other work on the machine disturbs
MOST_DELETED = 1000  # deleted runs that are looked through


@dataclass(frozen=True)
class Group:
    """The runs of one side, which `name` stands for in sentences."""

    name: str
    runs: Sequence[Run]


def warnings(
    better: Group, worse: Group, metric: str, more: bool, every: Iterable[Run], gone: Iterable[Run]
) -> list[str]:
    """All that speaks against taking the difference of a metric at its word, the gravest first.

    Arguments: `more`, whether more of the metric is better; `every`, all runs of the store; `gone`, the deleted ones.
    """
    every, gone, sides = list(every), list(gone), (better, worse)
    found = [
        _sources(sides), _chosen_by_test(better, worse, metric, more, every), _budgets(sides),
        *(_left_out(side, metric, more, every, gone) for side in sides), _unequal(sides),
        *(_no_figure(side, metric) for side in sides),
    ]
    return [sentence for sentence in found if sentence]


def deleted(architectures: Iterable[str]) -> list[Run]:
    """The newest deleted runs of these architectures. Raises `UserError` where the store can't be reached."""
    found = []
    for name in (name for name in architectures if name and "'" not in name):
        try:
            page = store.client().search_runs(
                [store.experiment_id()], f"params.architecture = '{name}'", ViewType.DELETED_ONLY, MOST_DELETED
            )
        except MlflowException as error:
            raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
        found += [Run(run.info.run_id, "", run.info.status, run.data.params, run.data.metrics, run.data.tags, 0.0, None)
                  for run in page]
    return found


def _sources(sides: Sequence[Group]) -> str:
    """Other data, code or devices."""
    runs = [run for side in sides for run in side.runs]
    if any(data_of(run) != data_of(runs[0]) for run in runs):
        return "These runs learn from different data, or different parts of them: their figures measure different things."
    told = []
    for what, value in (("data (digest", lambda run: run.digest),
                        ("code (commit", lambda run: run.tags.get("mlflow.source.git.commit", "")[:7]),
                        ("devices (", lambda run: run.device)):
        values = sorted({value(run) for run in runs} - {""})
        if len(values) > 1:
            told.append(f"{what} {_list(values)})".replace("( ", "("))
    return f"These runs did not all have the same {_list(told)}: what differs may come from that." if told else ""


def _chosen_by_test(better: Group, worse: Group, metric: str, more: bool, every: Sequence[Run]) -> str:
    """Whether the better one is so only by its test figures, or is the best of several tries by them."""
    if not metric.startswith("test/"):
        return ""
    held_out, words = metric.replace("test/", "validation/", 1), _words(metric)
    rule = "Choose by the validation figure, and let the test figure only tell how good the choice is."
    by_validation = [_mean(side.runs, held_out) for side in (better, worse)]
    if all(map(math.isfinite, by_validation)) and _is_better(by_validation[1], by_validation[0], more):
        return f"By {_words(held_out)} **{worse.name}** would be chosen, and **{better.name}** only by {words}. {rule}"
    mine = {experiment_of(run) for run in better.runs}
    like = better.runs[0]
    tries = by_experiment([
        run for run in every if run.params.get("architecture") == like.params.get("architecture")
        and math.isfinite(figure(run, metric)) and data_of(run) == data_of(like)
    ])
    if len(mine) > 1 or len(tries) < 2 or experiment_of(_best(tries, metric, more)[0]) not in mine:
        return ""
    told = f"**{better.name}** is the best of {len(tries)} settings that were tried, by {words}"
    if not all(math.isfinite(_mean(runs, held_out)) for runs in tries):
        return f"{told}, and there is no {_words(held_out)} to choose by: a figure that was used for choosing is too good."
    other = _best(tries, held_out, more)[0]
    if experiment_of(other) in mine:
        return ""
    apart = sorted(name for name, _ in experiment_of(other) - experiment_of(like))
    settings = ", ".join(f"{name.rsplit('.', 1)[-1].replace('_', ' ')} {other.params[name]}" for name in apart[:3])
    return f"{told}, while {_words(held_out)} would have chosen another ({settings}). {rule}"


def _budgets(sides: Sequence[Group]) -> str:
    """What one side had more of."""
    kinds: list[tuple[str, float, Callable[[Run], float | None]]] = [
        ("{:,.3g} epochs", CLOSE, lambda run: run.metrics.get("train/epoch") or _number(run.params.get("training.epochs"))),
        ("{:,.0f} steps", CLOSE, lambda run: run.total_steps or None),
        ("{:,.0f} examples seen", CLOSE,
         lambda run: run.total_steps * (_number(run.params.get("training.batch_size")) or 0)),
        ("{:,.0f} parameters", CLOSE_SIZE, lambda run: _number(run.tags.get("glassbox.parameters"))),
        ("{:,.0f} s of time", CLOSE_TIME, lambda run: run.ended - run.started if run.ended and run.started else None),
    ]
    told: tuple[list[str], list[str]] = ([], [])
    for words, close, value in kinds:
        means = [statistics.fmean(found) if (found := [v for run in side.runs if (v := value(run))]) else 0.0
                 for side in sides]
        if min(means) > 0 and max(means) / min(means) > close:
            for place, mean in zip(told, means, strict=True):
                place.append(words.format(mean))
    if not told[0]:
        return ""
    return (f"Budgets differ: a run of **{sides[0].name}** had {_list(told[0])}; of **{sides[1].name}** {_list(told[1])}. "
            "The difference may be one of budget.")


def _left_out(side: Group, metric: str, more: bool, every: Sequence[Run], gone: Sequence[Run]) -> str:
    """Seeds of the same experiment that the store has, or had, and that are not counted."""
    mine: dict[frozenset[tuple[str, str]], set[str]] = {}
    for run in side.runs:
        mine.setdefault(experiment_of(run), set()).add(seed_of(run))
    others: dict[tuple[str, str], float] = {}  # what became of it, and its seed -> its figure
    for run, fate in [*((run, _FATES.get(run.state)) for run in every), *((run, "deleted") for run in gone)]:
        if fate and any(_is_of(run, experiment) and seed_of(run) not in seeds for experiment, seeds in mine.items()):
            others[fate, seed_of(run)] = figure(run, metric)
    if not others:
        return ""
    by_fate = {fate: sorted({seed for of, seed in others if of == fate}) for fate in sorted({fate for fate, _ in others})}
    told = _list([f"{len(seeds)} {fate} (seed {', '.join(seeds)})" for fate, seeds in by_fate.items()])
    known = [value for value in others.values() if math.isfinite(value)]
    worse = known and _is_better(_mean(side.runs, metric), statistics.fmean(known), more)
    return (f"Not all seeds of **{side.name}** count here: {told}. "
            + ("They did worse: " if worse else "") + ("w" if worse else "W") + "hoever keeps only some seeds can make "
            "any setting look good.")


_FATES = {"FINISHED": "not chosen", "FAILED": "failed", "KILLED": "stopped"}


def _is_of(run: Run, experiment: frozenset[tuple[str, str]]) -> bool:
    """Whether a run is of an experiment: most others are told by one param, without a look at them all."""
    return experiment <= run.params.items() and experiment_of(run) == experiment


def _unequal(sides: Sequence[Group]) -> str:
    fewer, most = sorted(sides, key=lambda side: len(side.runs))
    if 2 * len(fewer.runs) > len(most.runs):
        return ""
    runs = "run" if len(fewer.runs) == 1 else "runs"
    return (f"**{most.name}** has {len(most.runs)} runs and **{fewer.name}** only {len(fewer.runs)} {runs}: "
            "the mean of so few is much a matter of luck.")


def _no_figure(side: Group, metric: str) -> str:
    without = sum(not math.isfinite(figure(run, metric)) for run in side.runs)
    if not without:
        return ""
    return (f"{without} of {len(side.runs)} finished runs of **{side.name}** {'has' if without == 1 else 'have'} no finite "
            f"{_words(metric)} and {'is' if without == 1 else 'are'} left out: where they diverged, this flatters it.")


def _best(groups: Sequence[Sequence[Run]], metric: str, more: bool) -> Sequence[Run]:
    return (max if more else min)(groups, key=lambda runs: _mean(runs, metric))


def _mean(runs: Iterable[Run], metric: str) -> float:
    values = [value for run in runs if math.isfinite(value := figure(run, metric))]
    return statistics.fmean(values) if values else math.nan


def _is_better(value: float, other: float, more: bool) -> bool:
    return value > other if more else value < other


def _number(text: str | None) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _words(metric: str) -> str:
    return metric.replace("/", " ").replace("_", " ")


def _list(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
