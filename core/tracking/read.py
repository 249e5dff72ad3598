"""What pages and the command line read back from runs. Nothing is kept beside the store."""

from __future__ import annotations

import json
import pickle
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mlflow.entities import Run as MlflowRun
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from core.catalog import DataSpec
from core.errors import UserError
from core.experiment import Experiment
from core.tracking import store
from core.tracking.write import LOG_FILE

ENDED = ("FINISHED", "FAILED", "KILLED")
# The names that MLflow gives to logged images. It keeps each twice: whole as PNG, and small as WebP.
_IMAGE = re.compile(r"(?P<name>.+)[%+]step[%+](?P<step>\d+)[%+]timestamp[%+].+\.png$")


@dataclass(frozen=True)
class Run:
    """One run, as the store has it now. Times are unix seconds; `metrics` holds the latest value of each.

    `digest` and `source` are of the data set that it read, empty until then.
    """

    id: str
    name: str
    state: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    created: float
    ended: float | None
    digest: str = ""
    source: str = ""

    @property
    def experiment(self) -> Experiment:
        """The value that this run was made of. Raises `UserError` where this version can't read it."""
        return Experiment.from_json(self.tags["glassbox.experiment"])

    @property
    def started(self) -> float | None:
        """When a worker took it up."""
        return float(self.tags["glassbox.started"]) if "glassbox.started" in self.tags else None

    @property
    def finds_rate(self) -> bool:
        """Whether it seeks a learning rate for its experiment, and trains nothing that is kept."""
        return "glassbox.finds" in self.tags

    @property
    def parent(self) -> str:
        """The id of the run whose weights it started from; empty where there is none."""
        return self.tags.get("glassbox.start_run", "")

    @property
    def model_step(self) -> int | None:
        """The step whose weights its model has in the end; None before that, or where it did not say."""
        return int(self.tags["glassbox.model_step"]) if "glassbox.model_step" in self.tags else None

    @property
    def cause(self) -> str:
        """Why it did not finish, or what is to be said of its end, in a sentence; empty otherwise."""
        return self.tags.get("glassbox.cause", "")

    @property
    def phase(self) -> str:
        """What it is doing: `waiting`, `loading data`, `training`, ...; empty once it has ended."""
        return "waiting" if self.state == "SCHEDULED" else self.tags.get("glassbox.phase", "")

    @property
    def device(self) -> str:
        return self.tags.get("glassbox.device", "")

    @property
    def total_steps(self) -> int:
        return int(self.tags.get("glassbox.total_steps", 0))

    @property
    def progress(self) -> float:
        """Share of its training that is done, 0..1."""
        return min(1.0, self.metrics.get("train/epoch", 0.0) / float(self.params.get("training.epochs", 1)))

    @property
    def step(self) -> int:
        return round(self.progress * self.total_steps)

    @property
    def seconds_left(self) -> float | None:
        """Time that training still takes at its pace since it started or went on, looks and evaluations included; None
        where it isn't known."""
        done = self.step - int(self.tags.get("glassbox.from_step", 0))
        if self.phase != "training" or done <= 0:
            return None
        return (time.time() - float(self.tags["glassbox.training_since"])) / done * (self.total_steps - self.step)


@dataclass(frozen=True)
class History:
    """A metric's points by step, without duplicates: `steps` int64, `values` and `times` (unix seconds) float64, all `(n,)`.

    `logged`: how many points the run has, of which these are at most as many as were asked for.
    """

    steps: np.ndarray
    values: np.ndarray
    times: np.ndarray
    logged: int


@dataclass(frozen=True)
class PreviewFile:
    """One picture of a preview: its step and its place among the run's artifacts."""

    step: int
    path: str


def runs(limit: int = 500) -> list[Run]:
    """The newest runs, newest first. Raises `UserError` where the store can't be reached."""
    return list(_search("", limit, "attributes.start_time DESC"))


def runs_in_state(state: str, limit: int = 1000) -> list[Run]:
    """Runs of one state, oldest first."""
    return list(_search(f"attributes.status = '{state}'", limit, "attributes.start_time ASC"))


def finished_on(dataset: str, limit: int = 1000) -> list[Run]:
    """The newest finished runs of a data set, newest first. Raises `UserError` where the store can't be reached."""
    condition = f"attributes.status = 'FINISHED' and params.dataset = '{dataset}'"
    return list(_search(condition, limit, "attributes.start_time DESC"))


def finished_with(architecture: str, limit: int = 50) -> list[Run]:
    """The newest finished runs of an architecture, newest first. Raises `UserError` where the store can't be reached."""
    condition = f"attributes.status = 'FINISHED' and params.architecture = '{architecture}'"
    return list(_search(condition, limit, "attributes.start_time DESC"))


def children(run_id: str, limit: int = 100) -> list[Run]:
    """The newest runs that started from a run's weights, newest first. Raises `UserError` where the store can't be
    reached."""
    return list(_search(f"tags.`glassbox.start_run` = '{run_id}'", limit, "attributes.start_time DESC"))


def run(run_id: str) -> Run:
    """The run of that id. Raises `UserError` where there is none (any more)."""
    try:
        found = store.client().get_run(run_id)
    except MlflowException as error:
        if not store.reaches(error):
            raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
        raise UserError(f"There is no run {run_id!r}: it may have been deleted. Pick another on the Runs page.") from None
    if found.info.lifecycle_stage == "deleted":
        raise UserError(f"Run {run_id} was deleted. Pick another on the Runs page.")
    if "glassbox.experiment" not in found.data.tags:
        raise UserError(f"Run {run_id} was not made by Glassbox: its settings are unknown here.")
    return _run(found)


def history(run_id: str, metric: str, points: int = 1000) -> History:
    """A metric's points, at most `points` of them, spread evenly over what was logged (the first and last included).

    System metrics are by time: their steps are the seconds of a process, and a resumed run has had several.
    Raises `UserError` where the store can't be reached or the run was deleted.
    """
    try:
        found = store.client().get_metric_history(run_id, metric)
    except MlflowException as error:
        raise UserError(f"The curve of {metric} could not be read: try again in a moment ({error}).") from error
    logged = sorted(found, key=lambda m: m.timestamp)
    timed = metric.startswith("system/")
    by_step = {m.timestamp if timed else m.step: m for m in logged}  # a resumed run writes some steps again
    kept = [by_step[step] for step in sorted(by_step)]
    if len(kept) > points:
        kept = [kept[i] for i in np.linspace(0, len(kept) - 1, points).round().astype(int)]
    return History(
        np.array([m.step for m in kept], np.int64),
        np.array([m.value for m in kept], np.float64),
        np.array([m.timestamp / 1000 for m in kept], np.float64),
        logged=len(by_step),
    )


def previews(run_id: str) -> dict[str, list[PreviewFile]]:
    """All previews of a run by name, each in order of its steps."""
    found: dict[str, dict[int, PreviewFile]] = {}
    for entry in _list(run_id, "images"):
        if match := _IMAGE.match(Path(entry.path).name):
            step = int(match["step"])
            found.setdefault(match["name"], {})[step] = PreviewFile(step, entry.path)
    return {name: [files[step] for step in sorted(files)] for name, files in sorted(found.items())}


def preview_image(run_id: str, preview: PreviewFile) -> bytes:
    """The picture as PNG. Raises `UserError` where it vanished."""
    return _read(run_id, preview.path)


def preview_data(run_id: str, name: str, step: int) -> dict | None:
    """What a preview shows as plain values, or None where it has none."""
    try:
        return json.loads(_read(run_id, f"previews/{name}/{step:09d}.json"))
    except (UserError, json.JSONDecodeError):
        return None


def checkpoints(run_id: str) -> list[int]:
    """Steps at which the run's weights were kept, in order."""
    names = (Path(entry.path).name for entry in _list(run_id, "checkpoints"))
    return sorted(int(name[5:-12]) for name in names if name.startswith("step-") and name.endswith(".safetensors"))


def weights(run_id: str, step: int) -> dict[str, Tensor]:
    """The weights kept at a step. Raises `UserError` where they vanished or are torn."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return load_file(_download(run_id, f"checkpoints/step-{step:09d}.safetensors", folder))
        except SafetensorError as error:
            raise UserError(f"The checkpoint of step {step} is damaged: pick another.") from error


def resumable(run_id: str) -> bool:
    """Whether the run kept a state to go on from."""
    return any(Path(entry.path).name.startswith("resume-") for entry in _list(run_id, "checkpoints"))


def resume_state(run_id: str) -> dict | None:
    """The newest whole state to go on from, or None where the run kept none."""
    states = []
    for slot in (0, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = _download(run_id, f"checkpoints/resume-{slot}.pt", folder)
                states.append(torch.load(path, map_location="cpu", weights_only=True))
            except (UserError, RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError):
                continue  # not written yet, torn by a kill (the other one is whole), or no plain state: code is not run
    return max(states, key=lambda state: state["step"], default=None)


def spec(run_id: str) -> DataSpec:
    """What the run's data set yields. Raises `UserError` where the run has not read its data yet."""
    return DataSpec.model_validate_json(_read(run_id, "spec.json"))


def log_tail(run_id: str, lines: int = 40) -> str:
    """The last lines of the worker's output; empty where there is none yet."""
    try:
        return "\n".join(_read(run_id, LOG_FILE).decode(errors="replace").splitlines()[-lines:])
    except UserError:
        return ""


def environment(run_id: str) -> dict[str, str]:
    """What a run was carried out with: its packages by name with their versions, and its machine (`python`, `threads`, ...);
    empty where it has not said."""
    try:
        packages = _read(run_id, "environment/requirements.txt").decode().splitlines()
        machine = json.loads(_read(run_id, "environment/machine.json"))
    except UserError:
        return {}
    versions = dict(package.split("==", 1) for package in packages if "==" in package)
    return versions | {name: str(value) for name, value in machine.items()}


def _search(condition: str, limit: int, order: str) -> Iterator[Run]:
    token, left = None, limit
    while left > 0:
        try:
            page = store.client().search_runs(
                [store.experiment_id()], condition, ViewType.ACTIVE_ONLY, min(left, 1000), [order], token
            )
        except MlflowException as error:
            raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
        yield from (_run(found) for found in page if "glassbox.experiment" in found.data.tags)
        left -= len(page)
        token = page.token
        if not token:
            return


def _run(found: MlflowRun) -> Run:
    info, data = found.info, found.data
    used = found.inputs.dataset_inputs[0].dataset if found.inputs and found.inputs.dataset_inputs else None
    return Run(
        id=info.run_id, name=data.tags.get(MLFLOW_RUN_NAME, info.run_id), state=info.status, params=data.params,
        metrics=data.metrics, tags=data.tags, created=info.start_time / 1000,
        ended=info.end_time / 1000 if info.end_time and info.status in ENDED else None,
        digest=used.digest if used else "", source=json.loads(used.source).get("uri", "") if used else "",
    )


def _list(run_id: str, folder: str) -> list:
    try:
        return store.client().list_artifacts(run_id, folder)
    except (MlflowException, OSError):
        return []  # no such folder yet


def _download(run_id: str, path: str, folder: str) -> str:
    try:
        return store.client().download_artifacts(run_id, path, folder)
    except (MlflowException, OSError) as error:
        raise UserError(f"{path} of run {run_id} is not there: it may not be written yet, or was deleted.") from error


def _read(run_id: str, path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return Path(_download(run_id, path, folder)).read_bytes()
