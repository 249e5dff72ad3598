"""What all tests share: a home of their own, and the end of every process that it started."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; must be set before torch is imported
# A test that asks for no home must not find, or write into, the home of whoever runs the tests.
os.environ["GLASSBOX_HOME"] = tempfile.mkdtemp(prefix="glassbox-tests-")

import psutil
import pytest

from core.home import home as home_folder
from core.tracking import read, store

PROJECT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="train the README's runs in full and take its pictures anew")


def end_processes(home: Path) -> None:
    """Kills every process that works for this home: supervisors, workers, dashboards."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("GLASSBOX_HOME") == str(home):
                process.kill()
        except psutil.Error:
            continue  # it ended by itself, or belongs to someone else


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty `GLASSBOX_HOME`, whose store is made by whoever needs it first. What was started for it is killed at the
    end."""
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if SHARED_DATA.exists():
        monkeypatch.setenv("GLASSBOX_DATA", str(SHARED_DATA))
    yield tmp_path
    end_processes(tmp_path)


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty embedded store. MLflow takes seconds to make one, so it is made once and copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_HOME", str(tmp_path_factory.mktemp("store")))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        store.client()
        return home_folder() / "mlflow.db"


@pytest.fixture
def ready_store(home: Path, fresh_store: Path) -> None:
    """The test's home has the store already."""
    shutil.copy(fresh_store, home / "mlflow.db")
    with closing(sqlite3.connect(home / "mlflow.db")) as database, database:
        database.execute("UPDATE experiments SET artifact_location = ?", [(home / "artifacts").as_uri()])


@pytest.fixture
def until() -> Callable[[str, Callable[[read.Run], bool]], read.Run]:
    """`until(run_id, condition)` waits until the run meets the condition, and gives the run as it then is."""
    import time

    def wait(run_id: str, condition: Callable[[read.Run], bool], seconds: float = 180) -> read.Run:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run = read.run(run_id)
            if condition(run):
                return run
            if run.state == "FAILED":
                pytest.fail(f"{run.cause}\n{read.log_tail(run_id)}")
            time.sleep(0.1)
        pytest.fail(f"still {run.state} {run.phase} at step {run.step}\n{read.log_tail(run_id)}")

    return wait
