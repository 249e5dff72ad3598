"""The columns that a table of runs may have: what each says of a run, how it is written, and how runs are ranked by it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from core.tracking import compare, edit, read, search
from core.ui import page, tables

Value = float | str | None


@dataclass(frozen=True)
class Column:
    """One column. `id` is its name in the address; `value` is what is ranked and exported, `text` what is read, and `hint`
    what is said under the pointer. `more_first`: the first click on its name ranks downward, for the best is wanted."""

    id: str
    title: str
    value: Callable[[read.Run], Value]
    text: Callable[[read.Run], str]
    kind: str = "text"  # or number, moment, state, note, tags, run: how the browser draws it
    hint: Callable[[read.Run], str] | None = None
    more_first: bool = False
    measure: str | None = None  # of a metric: mean and spread of a group are written as such


def _result_text(run: read.Run) -> str:
    measure, figure = tables.result(run)
    return "" if figure is None else f"{page.measure(measure, figure)} {page.measure_words(measure)}"


def _took(run: read.Run) -> float | None:
    return run.ended - (run.started or run.created) if run.ended else None


def _changes(run: read.Run) -> str:
    """`learning rate 0.0003, epochs 3`: what the person set."""
    return ", ".join(tables.setting_words(name, value) for name, value in tables.changed(run).items())


def _moment(of: Callable[[read.Run], float | None]) -> dict[str, Callable]:
    return {"value": of, "text": lambda run: page.ago(of(run)) if of(run) else "",
            "hint": lambda run: page.exact(of(run)) if of(run) else ""}


PLAIN = {column.id: column for column in (
    Column("run", "Run", lambda run: run.name, lambda run: run.name, "run", lambda run: f"{run.name} ({run.id})"),
    Column("state", "State", lambda run: page.STATES[run.state].label, lambda run: page.STATES[run.state].label, "state"),
    Column("result", "Result", lambda run: tables.result(run)[1], _result_text, "number", more_first=True),
    Column("epochs", "Epochs", lambda run: run.metrics.get("train/epoch"),
           lambda run: page.number(round(run.metrics["train/epoch"], 1)) if "train/epoch" in run.metrics else "", "number"),
    Column("took", "Took", _took, lambda run: tables.span(_took(run)), "number"),
    Column("launched", "Launched", kind="moment", more_first=True, **_moment(lambda run: run.created)),
    Column("ended", "Ended", kind="moment", more_first=True, **_moment(lambda run: run.ended)),
    Column("changed", "Changed settings", _changes, _changes, "text", _changes),
    Column("cause", "Why it ended", lambda run: run.cause or None, lambda run: run.cause, "text", lambda run: run.cause),
    Column("note", "Note", lambda run: edit.note(run) or None, edit.note, "note", edit.note),
    Column("tags", "Tags", lambda run: edit.tags_text(run) or None, edit.tags_text, "tags", edit.tags_text),
    Column("by", "Launched by", lambda run: run.tags.get("mlflow.user"), lambda run: run.tags.get("mlflow.user", "")),
    Column("id", "Id", lambda run: run.id, lambda run: run.id[:8], "text", lambda run: run.id),
)}


def column(name: str) -> Column | None:
    """The column of that name in the address, such as `state`, `params.training.epochs`, `tags.owner`, or a metric: its
    newest value `metrics.test/accuracy`, its best one `…@best`, or as it was at a step `…@1000`. None for other names."""
    kind, _, key = name.partition(".")
    if name in PLAIN:
        return PLAIN[name]
    if kind == "params" and key:
        return Column(name, tables.setting_title(key), lambda run: _as_number(run.params.get(key)),
                      lambda run: tables.setting_text(run.params[key]) if key in run.params else "",
                      "text", lambda run: f"{key} = {run.params[key]}" if key in run.params else "")
    if kind == "tags" and key:
        return Column(name, key, lambda run: run.tags.get(key), lambda run: run.tags.get(key, ""))
    if kind == "metrics" and key:
        return _metric(name, key)
    return None


def _metric(name: str, key: str) -> Column:
    metric, _, when = key.rpartition("@")
    if not metric or not (when == "best" or when.isdecimal()):
        metric, when = key, ""
    more = tables.more_is_better(metric)
    at = int(when) if when.isdecimal() else ("max" if more else "min") if when else "last"
    told = f", step {int(when):,}" if when.isdecimal() else (", highest" if more else ", lowest") if when else ""
    held = read.values(metric, at)

    def text(run: read.Run) -> str:
        return page.measure(metric, held[run.id]) if run.id in held else ""

    return Column(name, page.measure_title(metric) + told, lambda run: held.get(run.id), text, "number",
                  lambda run: f"{metric} = {held[run.id]}" if run.id in held else "", more, metric)


def _as_number(text: str | None) -> Value:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def written(names: Iterable[str]) -> str:
    """Names of columns as the address holds them."""
    return ",".join(quote(name, safe="/@ ") for name in names)


def named(text: str) -> list[str]:
    """What `written` has written, each name once."""
    return list(dict.fromkeys(unquote(name) for name in text.split(",") if name))


def offered(runs: Sequence[read.Run]) -> list[str]:
    """The names of all columns that these runs could fill."""
    found = [name.replace("`", "") for name in search.names_of(runs) if not name.startswith("attributes.")]
    return [*PLAIN, *found]


def differing(runs: Sequence[read.Run], most: int) -> list[str]:
    """Columns of the settings in which these runs differ and that all of them have."""
    return [f"params.{name}" for name in compare.differing(runs)
            if "." in name and all(name in run.params for run in runs)][:most]


def ranked(runs: Sequence[read.Run], by: Column, downward: bool) -> list[read.Run]:
    """The runs by what the column says of them: numbers first, then texts, in the end those of which it says nothing."""
    numbers, texts, others = [], [], []
    for run in runs:
        value = by.value(run)
        if isinstance(value, str):
            texts.append((value.casefold(), run))
        elif value is None or math.isnan(value):
            others.append(run)
        else:
            numbers.append((value, run))
    for its in (numbers, texts):
        its.sort(key=lambda pair: pair[0], reverse=downward)
    return [run for _, run in numbers + texts] + others


@dataclass(frozen=True)
class Group:
    """Runs of which a column says the same, `text`."""

    text: str
    runs: list[read.Run]
    known: dict[str, str] = field(default_factory=dict)  # what was asked of `cell` before: ten thousand runs take a while

    def cell(self, column: Column) -> str:
        """What a column says of them together: mean and standard deviation of a metric or a result, or what is the same in
        all of them."""
        if column.id not in self.known:
            self.known[column.id] = self._cell(column)
        return self.known[column.id]

    def _cell(self, column: Column) -> str:
        measure, words = column.measure, ""
        if column.id == "result":
            kinds = {tables.result(run)[0] for run in self.runs}
            if len(kinds) > 1:
                return ""  # of different tasks
            measure = kinds.pop()
            words = f" {page.measure_words(measure)}"
        if measure:
            values = [value for run in self.runs if (value := column.value(run)) is not None and math.isfinite(value)]
            return tables.spread_text(measure, values) + words if values else ""
        text = column.text(self.runs[0])
        return text if all(column.text(run) == text for run in self.runs) else ""


def grouped(runs: Sequence[read.Run], by: Column, rank: Column | None, downward: bool) -> list[Group]:
    """The runs, in groups of which `by` says the same; the groups in order of their means of `rank`, else of what they
    have in common."""
    found: dict[str, list[read.Run]] = {}
    for run in ranked(runs, by, rank is by and downward):
        found.setdefault(by.text(run) or "–", []).append(run)
    place = {run.id: i for i, run in enumerate(runs)}
    groups = [Group(text, sorted(its, key=lambda run: place[run.id])) for text, its in found.items()]
    if rank is None or rank.kind != "number":
        return groups

    def mean(group: Group) -> tuple[bool, float]:
        values = [value for run in group.runs if (value := rank.value(run)) is not None and math.isfinite(value)]
        return not values, (-1 if downward else 1) * sum(values) / max(1, len(values))

    return sorted(groups, key=mean)
