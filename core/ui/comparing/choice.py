"""The runs that are compared, as every chart of the Compare page is handed them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.tracking import compare, read
from core.ui import address, runs_table, tables
from core.ui.comparing.choosing import STATES
from core.ui.runs_table import Asked

CHOSEN, ALIKE, FOUND = "chosen", "alike", "found"
NAMED = {CHOSEN: "The chosen {:,}", ALIKE: "All {:,} on the same data", FOUND: "The {:,} that the table finds"}


@dataclass(frozen=True)
class Choice:
    """The ids of the chosen runs, the name of each, and its line as Plotly's `line`."""

    ids: tuple[str, ...]
    names: dict[str, str]
    pens: dict[str, dict[str, str]]

    @property
    def runs(self) -> list[read.Run]:
        """The runs as they are now."""
        return read.some(self.ids)


def wider(choice: Choice, key: str) -> list[read.Run]:
    """The chosen runs or, where a person wants that, all that learned the same task from the same data, or all that the
    table of runs finds."""
    runs = choice.runs
    data = {frozenset(compare.data_of(run).items()) for run in runs}
    kinds = {(run.params.get("task"), run.params.get("dataset")) for run in runs}  # few of ten thousand are looked at closer
    offered = {CHOSEN: runs, ALIKE: [
        run for run in read.runs()
        if (run.params.get("task"), run.params.get("dataset")) in kinds and run.state in read.ENDED and not run.finds_rate
        and frozenset(compare.data_of(run).items()) in data
    ]}
    if any(name in st.query_params for name in ("find", "task_is", "state_is")):
        with suppress(UserError):  # what can't be understood of a search is said where it is typed
            offered[FOUND] = runs_table.found(Asked.of_address(), STATES, (), False).runs
    offered = {name: its for name, its in offered.items() if name == CHOSEN or {run.id for run in its} - set(choice.ids)}
    if len(offered) == 1:
        return runs
    return offered[address.segments("Which runs", f"{key}of", list(offered), format_func=lambda name: NAMED[name].format(
        len(offered[name])))]


def by_experiment(runs: list[read.Run]) -> dict[str, list[read.Run]]:
    """The runs in groups that differ in their seed alone, each under what tells it from the other groups."""
    groups = compare.by_experiment(runs)
    firsts = [group[0] for group in groups]
    apart: list[str] = []  # no more of what differs than it takes to tell them apart
    for name in compare.differing(firsts):
        if not compare.is_seed(name) and _kinds(firsts, [*apart, name]) > _kinds(firsts, apart):
            apart.append(name)
    found: dict[str, list[read.Run]] = {}
    for group in groups:
        own = [tables.setting_words(name, group[0].params[name]) for name in apart if name in group[0].params]
        words = ", ".join(own) or group[0].name.rpartition(", seed")[0] or group[0].name
        name = words[0].upper() + words[1:]
        found[name if name not in found else f"{name} ({group[0].id[:6]})"] = group
    return found


def _kinds(runs: list[read.Run], settings: list[str]) -> int:
    return len({tuple(run.params.get(name) for name in settings) for run in runs})
