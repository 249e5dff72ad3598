"""The same experiment once more, and whether every figure of it came out the same."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from core.jobs import queue
from core.tracking import code, read, store
from core.tracking.write import NEWEST

TAG = "glassbox.reproduces"  # of a reproduction: the id of the run that it repeats


@dataclass(frozen=True)
class Departure:
    """A metric that did not come out the same: at `step` for the first time, where it was `was` and is `now` (not a number
    where one run has no such point), and by `most` at most, at the step `at`. `differ` of `points` points are not the
    same."""

    metric: str
    step: int
    was: float
    now: float
    most: float
    at: int
    differ: int
    points: int


@dataclass(frozen=True)
class Outcome:
    """How a reproduction came out: over so many `metrics` and `points`, with what departs, the earliest first."""

    metrics: int
    points: int
    departures: list[Departure]


def reproduce(run_id: str) -> str:
    """Launches a run's experiment again, as its reproduction. Gives the new run's id.

    Raises `UserError` as `queue.submit` does.
    """
    made = queue.submit(read.run(run_id).experiment)[0]
    store.client().set_tag(made, TAG, run_id)
    return made


def reproductions(run_id: str) -> list[read.Run]:
    """The runs that repeat this one, newest first. Raises `UserError` where the store can't be reached."""
    return [run for run in read.runs() if run.tags.get(TAG) == run_id]


def outcome(first: read.Run, second: read.Run) -> Outcome:
    """Every point of all metrics of two ended runs, held against one another, those of speed and of the machine aside.

    Raises `UserError` where the store can't be reached.
    """
    names = sorted(name for name in first.metrics.keys() | second.metrics.keys()
                   if name not in NEWEST and not name.startswith("system/"))
    departures, points = [], 0
    for name in names:
        was, now = _points(first.id, name), _points(second.id, name)
        steps = sorted(was.keys() | now.keys())
        points += len(steps)
        apart = [step for step in steps if not _same(was.get(step), now.get(step))]
        if apart:
            gaps = {step: abs(now[step] - was[step]) for step in apart if step in was and step in now}
            finite = {step: gap for step, gap in gaps.items() if not math.isnan(gap)}
            at = max(finite, key=finite.__getitem__, default=apart[0])
            departures.append(Departure(
                name, apart[0], was.get(apart[0], math.nan), now.get(apart[0], math.nan), finite.get(at, math.nan), at,
                len(apart), len(steps),
            ))
    return Outcome(len(names), points, sorted(departures, key=lambda departure: departure.step))


def causes(first: read.Run, second: read.Run) -> list[str]:
    """What was not the same for both runs, and may be why their figures are not: data, code, device, packages."""
    found = []
    for what, was, now in (
        ("data", first.digest, second.digest),
        ("code", *(code.commit(run)[:7] for run in (first, second))),
        ("device", first.device, second.device),
    ):
        if was != now and was and now:
            found.append(f"{what}: {was} then, {now} now")
    before, after = (code.environment(read.environment(run.id)) for run in (first, second))
    found += [f"{name}: {before.get(name, 'not there')} then, {after.get(name, 'not there')} now"
              for name in sorted(before.keys() | after.keys()) if before and after
              and before.get(name) != after.get(name) and name != "device"]
    for run, when in ((first, "first"), (second, "second")):
        if int(run.tags.get("glassbox.from_step", 0)):
            found.append(f"the {when} run was stopped and resumed at step {run.tags['glassbox.from_step']}")
    if first.device and not first.device.startswith("CPU") and first.params.get("training.deterministic") == "False":
        found.append("on a GPU the same comes out again only with the setting “deterministic”")
    return found


def _points(run_id: str, metric: str) -> dict[int, float]:
    """All that was logged of a metric, by step; of what a resumed run logged twice, the later."""
    logged = read.history(run_id, metric, points=sys.maxsize)
    return dict(zip(logged.steps.tolist(), logged.values.tolist(), strict=True))


def _same(was: float | None, now: float | None) -> bool:
    if was is None or now is None:
        return False
    return was == now or (math.isnan(was) and math.isnan(now))
