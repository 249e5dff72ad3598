"""What the store held at the last look, in memory: each look asks the store only for what has changed since.

An SQLite file is looked at with SQL, which MLflow's client has no words for: the file itself says whether anything was
written, and row numbers say what. MLflow's client takes 10 s for ten thousand runs there, and so does each later look.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from mlflow.entities import Metric, ViewType
from mlflow.entities import Run as MlflowRun
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from core.errors import UserError
from core.home import home
from core.tracking import store
from core.tracking.run import ENDED, Run

MOST_BYTES = 200_000_000  # of points that are kept in memory, those last asked for
FIRST_PAGE = 1000  # runs that the first looks at a server ask for at a time
PAGE = 100  # runs that a look asks a server for again, and once more of those that others may have changed meanwhile
PAUSE = 2.0  # seconds between two looks at a server
At = Literal["last", "max", "min"] | int

_EXPERIMENT = "glassbox.experiment"  # the tag that tells our runs from others'


class Points(NamedTuple):
    """All points of a metric by step, each step once: int64, float64, float64 (unix seconds), all `(n,)`.

    A system metric's are by time: its steps are the seconds of a process, and a resumed run has had several.
    """

    steps: np.ndarray
    values: np.ndarray
    times: np.ndarray


class Mirror:
    """What both kinds of store have in common. All methods may be called from any thread and raise `UserError` where the
    store can't be reached."""

    complete = True  # whether all runs are known; old ones of a server take a while

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.found: dict[str, Run] = {}
        self._sorted: list[Run] | None = None
        self._points: OrderedDict[tuple[str, str], tuple[object, Points]] = OrderedDict()

    def runs(self) -> list[Run]:
        """All runs that are not deleted, newest first. The same objects as before where nothing has changed."""
        with self.lock:
            self.look()
            if self._sorted is None:
                self._sorted = sorted(self.found.values(), key=lambda run: (-run.created, run.id))
            return self._sorted

    def some(self, ids: Iterable[str]) -> list[Run]:
        """The runs of those ids, in their order, less those that are not there."""
        with self.lock:
            self.look()
            return [self.found[run_id] for run_id in ids if run_id in self.found]

    def points(self, run_id: str, metric: str) -> Points:
        """All points of a metric; only those that are new since the last time are read."""
        with self.lock:
            self.look()
            seen, known = self._points.pop((run_id, metric), (None, None))
            now = self.stamp(run_id)
        if known is None or seen != now:  # without the lock: others need not wait for a long history
            new = self.read_points(run_id, metric, seen if known is not None else None)
            known = new if known is None or not self.grows else _merged(metric, known, new)
        with self.lock:
            self._points[run_id, metric] = now, known
            while sum(sum(array.nbytes for array in held) for _, held in self._points.values()) > MOST_BYTES:
                self._points.popitem(last=False)
        return known

    def values(self, metric: str, at: At) -> dict[str, float]:
        """The newest, largest or smallest value of a metric in each run, or the newest one up to a step."""
        if at == "last":
            return {run.id: run.metrics[metric] for run in self.runs() if metric in run.metrics}
        return self.reduced(metric, at)

    def _changed(self, runs: Iterable[Run], gone: Iterable[str] = ()) -> None:
        self.found |= {run.id: run for run in runs}
        for run_id in gone:
            self.found.pop(run_id, None)
        self._sorted = None

    # What each kind of store does in its own way

    grows: bool  # whether `read_points` can give only what came after a stamp

    def look(self) -> None:
        """Brings `found` up to date."""
        raise NotImplementedError

    def refresh(self, run_id: str) -> None:
        """Makes sure that the next look sees what this process has just written of a run."""
        raise NotImplementedError

    def stamp(self, run_id: str) -> object:
        """Something that differs once the run has logged more."""
        raise NotImplementedError

    def read_points(self, run_id: str, metric: str, since: object) -> Points:
        raise NotImplementedError

    def reduced(self, metric: str, at: At) -> dict[str, float]:
        raise NotImplementedError


def mirror() -> Mirror:
    """The copy of the store that is used now."""
    return _mirror(store.tracking_uri(), str(home()), store.experiment_id())


@cache
def _mirror(uri: str, folder: str, experiment: str) -> Mirror:
    return File(uri.removeprefix(store.SQLITE), int(experiment)) if uri.startswith(store.SQLITE) else Server(experiment)


class File(Mirror):
    """An SQLite file. Nothing escapes a look: not what others write, rename, delete or restore with MLflow's own client."""

    grows = True

    def __init__(self, path: str, experiment: int):
        super().__init__()
        self._path, self._experiment = path, experiment
        self._looking, self._reading = self._connect(), self._connect()
        self._reading_lock = threading.Lock()
        self._extremes: dict[tuple[str, At], tuple[int, dict[str, float]]] = {}
        self._forget()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(f"file:{self._path}?mode=rw", uri=True, check_same_thread=False, isolation_level=None)
        database.execute("PRAGMA query_only=ON")
        return database

    def _forget(self) -> None:
        self._version = None
        self._rows: dict[str, tuple] = {}
        self._tags: dict[str, int] = {}
        self._last = dict.fromkeys(("metrics", "params", "inputs"), 0)  # row numbers
        self._logged: dict[str, int] = {}  # the last row among the metrics of each run that logged since the first look
        self._first = 0  # the last row of all at that look
        self._points.clear()
        self._extremes.clear()
        self.found.clear()

    def refresh(self, run_id: str) -> None:
        pass  # every look sees everything

    def stamp(self, run_id: str) -> int:
        return self._logged.get(run_id, self._first)

    def look(self) -> None:
        with _reached(self._looking) as database:
            version = database.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return
            database.execute("BEGIN")  # one state of the file for all that follows
            last = {name: database.execute(f"SELECT coalesce(max(rowid), 0) FROM {name}").fetchone()[0]
                    for name in self._last}
            everything = {row[0]: row for row in database.execute(
                "SELECT run_uuid, name, status, start_time, end_time, lifecycle_stage FROM runs WHERE experiment_id = ?",
                (self._experiment,),
            )}
            # Rows that are gone for good (mlflow gc) give their numbers to others: then no number that is known holds.
            if self._rows.keys() - everything or any(last[name] < self._last[name] for name in last):
                self._forget()
            first = self._version is None
            tags = {run_id: hash(text) for run_id, text in database.execute(
                f"SELECT run_uuid, group_concat(key || char(0) || value, char(1)) FROM tags WHERE key <> '{_EXPERIMENT}' "
                "GROUP BY run_uuid")}
            changed = {run_id for run_id, row in everything.items()
                       if row != self._rows.get(run_id) or tags.get(run_id) != self._tags.get(run_id)}
            if first:
                self._first = last["metrics"]
            else:
                for run_id, row in database.execute(
                    "SELECT run_uuid, rowid FROM metrics WHERE rowid > ? ORDER BY rowid", (self._last["metrics"],)
                ):
                    self._logged[run_id] = row
                    changed.add(run_id)
                changed.update(run_id for (run_id,) in database.execute(
                    "SELECT run_uuid FROM params WHERE rowid > ? UNION SELECT destination_id FROM inputs WHERE rowid > ?",
                    (self._last["params"], self._last["inputs"])))
            active = {run_id for run_id, row in everything.items() if row[-1] == "active"}
            self._changed(self._read(database, {run_id: everything[run_id] for run_id in changed & active}),
                          gone=changed - active)
            self._version, self._rows, self._tags, self._last = version, everything, tags, last

    def _read(self, database: sqlite3.Connection, rows: dict[str, tuple]) -> Iterator[Run]:
        ids = (json.dumps(list(rows)),)
        parts: dict[str, dict[str, dict]] = {name: {run_id: {} for run_id in rows} for name in ("params", "tags", "metrics")}
        one = {}  # many runs say the same: it is kept once
        among = "run_uuid IN (SELECT value FROM json_each(?))"
        for name in ("params", "tags"):
            for run_id, key, value in database.execute(f"SELECT run_uuid, key, value FROM {name} WHERE {among}", ids):
                parts[name][run_id][one.setdefault(key, key)] = one.setdefault(value, value)
        for run_id, key, value, is_nan in database.execute(
            f"SELECT run_uuid, key, value, is_nan FROM latest_metrics WHERE {among}", ids
        ):
            parts["metrics"][run_id][one.setdefault(key, key)] = float("nan") if is_nan else value
        used = {run_id: told for run_id, *told in database.execute(
            "SELECT destination_id, digest, dataset_source FROM inputs JOIN datasets ON dataset_uuid = source_id "
            "WHERE source_type = 'DATASET' AND destination_type = 'RUN' "
            "AND destination_id IN (SELECT value FROM json_each(?)) ORDER BY inputs.rowid DESC", ids)}
        for run_id, (_, name, status, start, end, _) in rows.items():
            if _EXPERIMENT in parts["tags"][run_id]:
                digest, source = used.get(run_id, ("", "{}"))
                yield Run(
                    id=run_id, name=name or run_id, state=status, created=start / 1000, ended=_ended(status, end),
                    digest=digest, source=_uri(source), **{part: its[run_id] for part, its in parts.items()},
                )

    def read_points(self, run_id: str, metric: str, since: int | None) -> Points:
        with self._reading_lock, _reached(self._reading) as database:
            # The + keeps SQLite from its index by key, which would have it walk through every run's points.
            return _points(metric, database.execute(
                "SELECT step, value, timestamp, is_nan FROM metrics WHERE run_uuid = ? AND +key = ? AND rowid > ?",
                (run_id, metric, since or 0),
            ))

    def reduced(self, metric: str, at: At) -> dict[str, float]:
        with self.lock:
            self.look()
            since, known = self._extremes.get((metric, at), (0, {}))
            ids, last = list(self.found), self._last["metrics"]
        with self._reading_lock, _reached(self._reading) as database:
            if isinstance(at, int):
                return {run_id: value for run_id, value in database.execute(
                    "SELECT value AS run, (SELECT metrics.value FROM metrics WHERE run_uuid = ids.value AND +key = ? AND "
                    "step <= ? AND is_nan = 0 ORDER BY step DESC, rowid DESC LIMIT 1) FROM json_each(?) AS ids",
                    (metric, at, json.dumps(ids))) if value is not None}
            known = dict(known)
            best = max if at == "max" else min
            by = "+key" if since else "key"  # few new rows are found by their numbers, a metric's whole past by its key
            for run_id, value in database.execute(
                f"SELECT run_uuid, {at}(value) FROM metrics WHERE {by} = ? AND rowid > ? AND is_nan = 0 "
                "GROUP BY +run_uuid", (metric, since),
            ):
                known[run_id] = best(value, known.get(run_id, value))
        with self.lock:
            self._extremes[metric, at] = last, known
        return known


class Server(Mirror):
    """Any other store, through MLflow's client. The first look gives the newest runs, and a thread brings the others. A
    look asks for the newest runs, for those that have not ended, and for one page more of all runs in turn: what others
    change of an old run is seen once its page comes."""

    grows = False

    def __init__(self, experiment: str):
        super().__init__()
        self._experiment = experiment
        self._looked: float | None = None
        self._turn: str | None = None  # which page comes next
        self._to_refresh: set[str] = set()

    def refresh(self, run_id: str) -> None:
        with self.lock:
            self._to_refresh.add(run_id)

    def stamp(self, run_id: str) -> object:
        run = self.found.get(run_id)
        return run and (run.state, run.started, run.metrics)

    def look(self) -> None:
        asked, self._to_refresh = self._to_refresh, set()
        if self._looked is not None and not asked and time.monotonic() - self._looked < PAUSE:
            return
        try:
            if self._looked is None:
                page, token = self._page("", None, FIRST_PAGE)
                self._changed(page)
                if token:
                    self.complete = False
                    threading.Thread(target=self._read_on, args=(token,), name="mirror", daemon=True).start()
            else:
                second = self._reconcile(None)
                self._turn = self._reconcile(self._turn or second) if self._turn or second else None
                active = {run.id for run in self.found.values() if run.state not in ENDED} | asked
                self._again(active)
        except UserError:
            self._to_refresh |= asked
            raise
        self._looked = time.monotonic()

    def _read_on(self, token: str | None) -> None:
        """Reads the runs after the first page. MLflow's server takes seconds for each thousand."""
        while token:
            try:
                page, token = self._page("", token, FIRST_PAGE)
            except UserError:
                time.sleep(PAUSE)
                continue
            with self.lock:
                self._changed(page)
        self.complete = True

    def _reconcile(self, token: str | None) -> str | None:
        """Takes over one page of all runs, newest first: those that should be on it and are not were deleted.

        Returns: the token of the page after it.
        """
        page, after = self._page("", token, PAGE)
        here = {run.id for run in page}
        newest = float("inf") if token is None else max((run.created for run in page), default=0.0)
        oldest = min((run.created for run in page), default=0.0) if after else float("-inf")
        self._changed(page, [run.id for run in self.found.values() if oldest < run.created < newest and run.id not in here])
        return after

    def _again(self, ids: set[str]) -> None:
        told = sorted(ids)
        for i in range(0, len(told), PAGE):
            some = told[i : i + PAGE]
            page, _ = self._page(f"attributes.run_id IN ({','.join(map(repr, some))})", None, PAGE)
            self._changed(page, set(some) - {run.id for run in page})

    def _page(self, condition: str, token: str | None, size: int) -> tuple[list[Run], str | None]:
        with _reached():
            page = store.client().search_runs(
                [self._experiment], condition, ViewType.ACTIVE_ONLY, size, ["attributes.start_time DESC"], token)
        return [as_run(found) for found in page if _EXPERIMENT in found.data.tags], page.token

    def read_points(self, run_id: str, metric: str, since: object) -> Points:
        with _reached():
            found: Sequence[Metric] = store.client().get_metric_history(run_id, metric)
        return _points(metric, ((point.step, point.value, point.timestamp, False) for point in found))

    def reduced(self, metric: str, at: At) -> dict[str, float]:
        values = {}
        for run in self.runs():
            if metric in run.metrics:
                points = self.points(run.id, metric)
                kept = points.values[points.steps <= at] if isinstance(at, int) else points.values
                kept = kept[~np.isnan(kept)]
                if len(kept):
                    values[run.id] = float(kept[-1] if isinstance(at, int) else kept.max() if at == "max" else kept.min())
        return values


def as_run(found: MlflowRun) -> Run:
    """MLflow's run as ours."""
    info, data = found.info, found.data
    used = found.inputs.dataset_inputs[0].dataset if found.inputs and found.inputs.dataset_inputs else None
    return Run(
        id=info.run_id, name=data.tags.get(MLFLOW_RUN_NAME, info.run_id), state=info.status, params=data.params,
        metrics=data.metrics, tags=data.tags, created=info.start_time / 1000, ended=_ended(info.status, info.end_time),
        digest=used.digest if used else "", source=_uri(used.source) if used else "",
    )


def _ended(state: str, end: int | None) -> float | None:
    return end / 1000 if end and state in ENDED else None


def _uri(source: str) -> str:
    return json.loads(source).get("uri", "")


@contextmanager
def _reached(database: sqlite3.Connection | None = None) -> Iterator[sqlite3.Connection | None]:
    try:
        yield database
    except (MlflowException, sqlite3.Error) as error:
        raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
    finally:
        if database is not None and database.in_transaction:
            database.execute("ROLLBACK")


def _points(metric: str, found: Iterable[tuple]) -> Points:
    """Points from `(step, value, milliseconds, is_nan)`; of a step that was logged twice the later one counts."""
    # One by one: a list of them all would have Python's garbage collector walk through the whole copy of the store.
    rows = np.fromiter(found, [("step", np.int64), ("value", np.float64), ("time", np.int64), ("nan", bool)])
    return _each_once(metric, Points(rows["step"], np.where(rows["nan"], np.nan, rows["value"]), rows["time"] / 1000))


def _merged(metric: str, known: Points, new: Points) -> Points:
    if not len(new.steps):
        return known
    return _each_once(metric, Points(*(np.concatenate(pair) for pair in zip(known, new, strict=True))))


def _each_once(metric: str, points: Points) -> Points:
    by = points.times if metric.startswith("system/") else points.steps
    order = np.lexsort((points.times, by))
    by = by[order]
    last = order[np.append(by[1:] != by[:-1], True)] if len(by) else order
    return Points(*(array[last] for array in points))
