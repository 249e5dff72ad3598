"""The queue: MLflow runs whose status is SCHEDULED. Here people put runs in, stop, resume, repeat and delete them."""

from __future__ import annotations

import shutil

from mlflow.exceptions import MlflowException

from core.errors import UserError
from core.experiment import Experiment
from core.home import home
from core.jobs import starting, supervisor
from core.tracking import read, store, write
from core.training.find_rate import refusal

LEAST_FREE_BYTES = 200 * 1024**2


def submit(experiment: Experiment, seeds: int = 1) -> list[str]:
    """Puts the experiment into the queue, once for each of `seeds` seeds in a row from its own. Gives the runs' ids.

    Raises `UserError` where the disk is full, the store can't be reached, or there is nothing to start from.
    """
    _check_disk()
    experiment = starting.pinned(experiment)
    made = [write.create_run(experiment.with_seed(experiment.seed + i) if i else experiment) for i in range(seeds)]
    supervisor.ensure()
    return made


def find_rate(experiment: Experiment) -> str:
    """Puts a run into the queue that seeks a learning rate for the experiment. Gives its id.

    Raises `UserError` where there is none to find, and as `submit` does.
    """
    if reason := refusal(experiment):
        raise UserError(reason)
    _check_disk()
    run_id = write.create_run(starting.pinned(experiment), finds_rate=True)
    supervisor.ensure()
    return run_id


def _check_disk() -> None:
    free = shutil.disk_usage(home()).free
    if free < LEAST_FREE_BYTES:
        raise UserError(f"Only {free // 1024**2} MB are free on the disk of {home()}: free some space, then launch again.")


def stop(run_id: str) -> None:
    """Asks for a run's end: a waiting run is KILLED at once, a running one within seconds, with all it has logged."""
    run = read.run(run_id)
    if run.state in read.ENDED:
        raise UserError(f"{run.name} has already ended ({run.state}).")
    store.client().set_tag(run_id, "glassbox.stop", "asked")
    if run.state == "SCHEDULED":
        write.finish(run_id, "KILLED", "Stopped before it started.")
    else:
        supervisor.ensure()


def resume(run_id: str) -> None:
    """Puts an ended run back into the queue; it goes on from its newest checkpoint, or starts where it has none."""
    run = read.run(run_id)
    if run.state not in ("KILLED", "FAILED"):
        raise UserError(f"{run.name} is {run.state}: only a stopped or failed run can be resumed.")
    client = store.client()
    for tag in ("glassbox.stop", "glassbox.cause"):
        if tag in run.tags:
            client.delete_tag(run_id, tag)
    client.update_run(run_id, status="SCHEDULED")
    supervisor.ensure()


def retry(run_id: str) -> str:
    """Launches the same again, as a new run. Gives its id."""
    run = read.run(run_id)
    return find_rate(run.experiment) if run.finds_rate else submit(run.experiment)[0]


def delete(run_id: str) -> None:
    """Deletes an ended or waiting run, as MLflow does it: `mlflow gc` frees the disk, until then it can be restored."""
    run = read.run(run_id)
    if run.state == "RUNNING":
        raise UserError(f"{run.name} is running: stop it first, then delete it.")
    if run.state == "SCHEDULED":
        write.finish(run_id, "KILLED", "Deleted before it started.")
    try:
        store.client().delete_run(run_id)
    except MlflowException as error:
        raise UserError(f"{run.name} could not be deleted: try again in a moment ({error}).") from error
