"""The MLflow store: where it is, and how it is opened without two processes migrating it at once."""

from __future__ import annotations

import os
import sqlite3
import uuid
from functools import cache
from pathlib import Path

from filelock import FileLock

from core.errors import UserError
from core.home import home

# MLflow's defaults keep a caller waiting for minutes when a server is away; a person wants to know at once.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

NAME = "glassbox"  # the MLflow experiment that holds every run
SQLITE = "sqlite:///"


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI` where it is set, else the embedded SQLite store in the home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{home() / 'mlflow.db'}"


def client() -> MlflowClient:
    """A client of the store, which exists and is migrated. Raises `UserError` where it can't be reached."""
    return _open(tracking_uri(), str(home()))[0]


def experiment_id() -> str:
    """The id of the MLflow experiment that holds every run. Raises `UserError` where the store can't be reached."""
    return _open(tracking_uri(), str(home()))[1]


@cache
def _open(uri: str, folder: str) -> tuple[MlflowClient, str]:
    try:
        # Eight processes that open a fresh store at once crash in its migration, so one does it while the others wait.
        with FileLock(os.path.join(folder, "store.lock"), timeout=120):
            opened = MlflowClient(tracking_uri=uri, registry_uri=uri)
            found = opened.get_experiment_by_name(NAME)
            if found is None:
                place = (home() / "artifacts").as_uri() if uri.startswith(SQLITE) else None
                number = opened.create_experiment(NAME, artifact_location=place)
            else:
                number = found.experiment_id
                if found.lifecycle_stage == "deleted":
                    opened.restore_experiment(number)
            if uri.startswith(SQLITE):
                # Readers and writers then no longer wait for one another. The database file remembers it.
                with sqlite3.connect(uri.removeprefix(SQLITE)) as database:
                    database.execute("PRAGMA journal_mode=WAL")
    except Exception as error:  # SQLAlchemy, requests and MLflow each raise their own kinds here
        raise UserError(
            f"The MLflow store at {uri} can't be reached: check that it runs and that MLFLOW_TRACKING_URI is right "
            f"({_first_line(error)})."
        ) from error
    return opened, number


def place() -> str:
    """Identifies this home. A run is carried out where it was launched, though many share one store."""
    return _place(home())


@cache
def _place(folder: Path) -> str:
    file = folder / "place"
    with FileLock(folder / "store.lock", timeout=120):
        if not file.exists():
            file.write_text(uuid.uuid4().hex)
        return file.read_text()


def reaches(error: Exception) -> bool:
    """Whether the store answered and said no (True), rather than being away (False)."""
    return isinstance(error, MlflowException) and error.get_http_status_code() < 500


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
