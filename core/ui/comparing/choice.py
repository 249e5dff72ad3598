"""The runs that are compared, as every chart of the Compare page is handed them."""

from __future__ import annotations

from dataclasses import dataclass

from core.tracking import compare, read
from core.ui import address, tables

CHOSEN, ALIKE = "The chosen runs", "All on the same data"


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
    """The chosen runs or, where a person wants that, all that learned the same task from the same data."""
    runs = choice.runs
    alike = [run for run in read.runs() if run.state in read.ENDED and not run.finds_rate
             and any(compare.data_of(run) == compare.data_of(chosen) for chosen in runs)]
    if {run.id for run in alike} <= set(choice.ids):
        return runs
    kind = address.segments("Which runs", f"{key}of", [CHOSEN, ALIKE], format_func={
        CHOSEN: f"The chosen {len(runs)}", ALIKE: f"All {len(alike):,} on the same data"}.get)
    return alike if kind == ALIKE else runs


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
