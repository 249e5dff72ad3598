"""A store of many runs, made once for the benchmarks of this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from core.tracking import store
from tests.benchmarks.make_store import fill

RUNS, POINTS = 1000, 200_000  # 2,000 of one metric for each of the 50 newest


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The home of such a store, and its runs' ids, newest first."""
    with pytest.MonkeyPatch.context() as patch:
        folder: Path = tmp_path_factory.mktemp("large")
        patch.setenv("GLASSBOX_HOME", str(folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return folder, fill(folder, RUNS, POINTS)


@pytest.fixture
def ids(large: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Their ids; the store is this process's and MLflow's."""
    folder, made = large
    monkeypatch.setenv("GLASSBOX_HOME", str(folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mlflow.set_tracking_uri(store.tracking_uri())
    mlflow.search_runs([store.experiment_id()], max_results=10)  # the first query of all prepares the others
    yield made
    mlflow.set_tracking_uri(None)
