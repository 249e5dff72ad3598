"""The copy in memory follows whatever MLflow's own client does to the store: in an SQLite file, and over HTTP."""

from __future__ import annotations

import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, ViewType

from core.experiment import Experiment
from core.tracking import mirror, read, store, write
from core.tracking.run import Run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, fresh_store: Path) -> Iterator[str]:
    """The address of a real MLflow server with an empty store."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(fresh_store, folder / "mlflow.db")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
               "--artifacts-destination", str(folder / "artifacts"), "--port", str(port), "--workers", "1"]
    with open(folder / "log", "wb") as log:
        # Not of the first test's home, with which it would end.
        its_own = os.environ | {"GLASSBOX_HOME": str(folder)}
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=its_own)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


BOTH = pytest.mark.parametrize("client", ["file", "server"], indirect=True)


@pytest.fixture
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """Another's client of the empty store that this process mirrors. A server is looked at as often as it is asked."""
    request.getfixturevalue("ready_store")
    monkeypatch.setattr(mirror, "PAUSE", 0.0)
    if getattr(request, "param", "file") == "server":
        monkeypatch.setenv("MLFLOW_TRACKING_URI", request.getfixturevalue("server"))
        for run in store.client().search_runs([store.experiment_id()], run_view_type=ViewType.ALL):
            if run.info.lifecycle_stage == "active":
                store.client().delete_run(run.info.run_id)
    return MlflowClient(store.tracking_uri())


def queued(seed: int = 0) -> str:
    return write.create_run(Experiment.make("classification", "mlp", "digits", seed=seed))


def seen() -> dict[str, Run]:
    """The runs once what others did has had its turn: a server's old runs come page by page, each look one of them."""
    for _ in range(3):
        runs = read.runs()
    return {run.id: run for run in runs}


def finished(client: MlflowClient, seed: int = 0) -> str:
    run_id = queued(seed)
    client.log_metric(run_id, "train/loss", 0.5, step=1)
    client.set_terminated(run_id)
    return run_id


def test_what_was_not_touched_stays_the_same_object(client: MlflowClient) -> None:
    first, second = finished(client, 0), finished(client, 1)
    before = seen()
    client.set_tag(second, "colour", "green")
    after = seen()
    assert list(after) == [second, first]
    assert after[second].tags["colour"] == "green" and "colour" not in before[second].tags
    assert after[first] is before[first]


@BOTH
def test_others_write_rename_delete_and_restore(client: MlflowClient) -> None:
    old, new = finished(client, 0), finished(client, 1)
    assert seen()[old].metrics == {"train/loss": 0.5}
    client.log_metric(old, "train/loss", 0.25, step=2)
    client.log_param(old, "theirs", "yes")
    client.set_tag(old, "colour", "red")
    client.update_run(old, name="Renamed")
    run = seen()[old]
    assert (run.metrics["train/loss"], run.params["theirs"], run.tags["colour"], run.name) == (0.25, "yes", "red", "Renamed")
    client.set_tag(old, "colour", "tan")  # as long as before
    assert seen()[old].tags["colour"] == "tan"
    client.delete_tag(old, "colour")
    assert "colour" not in seen()[old].tags
    client.delete_run(new)
    assert list(seen()) == [old]
    client.restore_run(new)
    assert list(seen()) == [new, old]
    assert read.some([old, "nothing", new]) == [seen()[old], seen()[new]]


@BOTH
def test_a_run_is_the_same_as_when_mlflow_is_asked_for_it(client: MlflowClient) -> None:
    run_id = finished(client)
    client.log_metric(run_id, "validation/loss", math.nan)
    client.log_batch(run_id, metrics=[Metric("test/accuracy", 0.1 + 0.2, 5, 3)])
    told = read.run(run_id)
    copied = seen()[run_id]
    assert math.isnan(copied.metrics.pop("validation/loss")) and math.isnan(told.metrics.pop("validation/loss"))
    assert copied == told


def test_only_new_points_are_read_and_a_step_counts_once(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = finished(client)
    seen()
    client.log_batch(run_id, metrics=[Metric("train/loss", 1 / step, step, step) for step in range(2, 600)])
    assert read.history(run_id, "train/loss").logged == 599
    client.log_batch(run_id, metrics=[Metric("train/loss", 7.0, 10_000_000_000_000, 599), Metric("train/loss", 8.0, 1, 600)])
    seen()
    history = read.history(run_id, "train/loss")
    assert history.logged == 600 and history.values[-2:].tolist() == [7.0, 8.0]
    monkeypatch.setattr(type(mirror.mirror()), "read_points", None)  # nothing is new: nothing is read
    assert read.history(run_id, "train/loss", start=100, end=110).steps.tolist() == list(range(99, 112))


@BOTH
def test_best_last_and_at_a_step(client: MlflowClient) -> None:
    first, second = queued(0), queued(1)
    for run_id, values in ((first, [0.5, 0.9, math.nan, 0.7]), (second, [0.2, 0.1])):
        client.log_batch(run_id, metrics=[Metric("a", value, 1 + step, step) for step, value in enumerate(values)])
    seen()
    assert read.values("a", "max") == {first: 0.9, second: 0.2}
    assert read.values("a", "min") == {first: 0.5, second: 0.1}
    assert read.values("a", "last") == {first: 0.7, second: 0.1}
    assert read.values("a", 0) == {first: 0.5, second: 0.2}
    assert read.values("a", 1) == {first: 0.9, second: 0.1}
    client.log_metric(second, "a", 3.0, step=9)
    seen()
    assert read.values("a", "max") == {first: 0.9, second: 3.0}
    assert read.values("nothing", "max") == {}


@BOTH
def test_a_long_run_of_pages_follows_deletions_in_the_middle(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "PAGE", 2)
    ids = []
    for seed in range(7):
        ids.insert(0, finished(client, seed))
        time.sleep(0.002)
    assert list(seen()) == ids
    client.delete_run(ids[3])
    client.delete_run(ids[6])
    for _ in range(8):
        kept = seen()
    left = [run_id for i, run_id in enumerate(ids) if i not in (3, 6)]
    assert list(kept) == left
    monkeypatch.setattr(mirror, "FIRST_PAGE", 2)
    mirror._mirror.cache_clear()
    assert read.runs()[:2] == [kept[run_id] for run_id in left[:2]]
    while not read.complete():
        time.sleep(0.01)
    assert [run.id for run in read.runs()] == left


@pytest.mark.usefixtures("ready_store")
def test_rows_that_are_gone_for_good_leave_no_trace(home: Path) -> None:
    client = store.client()
    kept, gone = finished(client, 0), finished(client, 1)
    assert read.history(gone, "train/loss").logged == 1
    client.delete_run(gone)
    subprocess.run([sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", store.tracking_uri()], check=True,
                   env=os.environ | {"MLFLOW_TRACKING_URI": store.tracking_uri()})
    again = finished(client, 2)  # its points take the row numbers of those that went
    client.log_metric(kept, "train/loss", 0.1, step=2)
    assert {run.id for run in read.runs()} == {kept, again}
    assert read.history(kept, "train/loss").values.tolist() == [0.5, 0.1]
    assert np.array_equal(read.history(again, "train/loss").steps, [1])


def test_ten_sessions_at_once_see_the_same(client: MlflowClient) -> None:
    from concurrent.futures import ThreadPoolExecutor

    run_id = finished(client)
    look: Callable[[int], int] = lambda _: len(read.runs()) + read.history(run_id, "train/loss").logged  # noqa: E731
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(look, range(50))) == {2}
