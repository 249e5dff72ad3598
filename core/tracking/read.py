"""What pages and the command line read back from runs. Nothing is kept beside the store."""

from __future__ import annotations

import json
import pickle
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from core.catalog import DataSpec
from core.errors import UserError
from core.tracking import store
from core.tracking.mirror import At, as_run, mirror
from core.tracking.run import ENDED as ENDED
from core.tracking.run import Run as Run
from core.tracking.write import LOG_FILE

# The names that MLflow gives to logged images. It keeps each twice: whole as PNG, and small as WebP.
_IMAGE = re.compile(r"(?P<name>.+)[%+]step[%+](?P<step>\d+)[%+]timestamp[%+].+\.png$")


@dataclass(frozen=True)
class History:
    """A metric's points by step, without duplicates: `steps` int64, `values` and `times` (unix seconds) float64, all `(n,)`.

    `logged`: how many points there are, of which these are at most as many as were asked for.
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


def runs() -> list[Run]:
    """All runs that are not deleted, newest first: a copy in memory, which follows the store. Raises `UserError` where the
    store can't be reached."""
    return mirror().runs()


def complete() -> bool:
    """Whether `runs` gives all runs already: from a server the old ones come page by page."""
    return mirror().complete


def some(ids: Iterable[str]) -> list[Run]:
    """The runs of those ids, in their order, less those that are not there (any more)."""
    return mirror().some(ids)


def values(metric: str, at: At) -> dict[str, float]:
    """A metric of all runs by their ids, where they have it: the `last`, `max` or `min` of what each logged, or the newest
    value up to a step."""
    return mirror().values(metric, at)


def refresh(run_id: str) -> None:
    """To be called after this process wrote to a run itself: `runs` then shows it."""
    mirror().refresh(run_id)


def runs_in_state(state: str, limit: int = 1000) -> list[Run]:
    """Runs of one state, oldest first, asked from the store itself."""
    found, token = [], None
    while len(found) < limit:
        try:
            page = store.client().search_runs(
                [store.experiment_id()], f"attributes.status = '{state}'", ViewType.ACTIVE_ONLY,
                min(limit - len(found), 1000), ["attributes.start_time ASC"], token,
            )
        except MlflowException as error:
            raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
        found += [as_run(run) for run in page if "glassbox.experiment" in run.data.tags]
        token = page.token
        if not token:
            break
    return found


def finished_on(dataset: str) -> list[Run]:
    """The finished runs of a data set, newest first."""
    return [run for run in runs() if run.state == "FINISHED" and run.params.get("dataset") == dataset]


def finished_with(architecture: str) -> list[Run]:
    """The finished runs of an architecture, newest first."""
    return [run for run in runs() if run.state == "FINISHED" and run.params.get("architecture") == architecture]


def children(run_id: str) -> list[Run]:
    """The runs that started from a run's weights, newest first."""
    return [run for run in runs() if run.parent == run_id]


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
    return as_run(found)


def history(
    run_id: str, metric: str, points: int = 1000, start: float = -np.inf, end: float = np.inf
) -> History:
    """A metric's points from step `start` to `end`, thinned to at most `points` (even, 4 or more) that keep what the curve
    looks like: MinMax-LTTB (Van Der Donckt et al. 2023, "MinMaxLTTB: leveraging MinMax-preselection to scale LTTB"), in the
    authors' own library.

    System metrics are by time: their steps are the seconds of a process, and a resumed run has had several.
    Raises `UserError` where the store can't be reached.
    """
    steps, values, times = mirror().points(run_id, metric)
    by = times if metric.startswith("system/") else steps
    if np.isfinite(start) or np.isfinite(end):
        # one more on each side, so that the line reaches the chart's edges
        first, last = max(0, np.searchsorted(by, start) - 1), np.searchsorted(by, end, "right") + 1
        steps, values, times, by = steps[first:last], values[first:last], times[first:last], by[first:last]
    logged = len(steps)
    if logged > points:
        from tsdownsample import NaNMinMaxLTTBDownsampler  # which a machine that only trains need not have

        kept = NaNMinMaxLTTBDownsampler().downsample(by.astype(np.float64), values, n_out=points)
        steps, values, times = steps[kept], values[kept], times[kept]
    return History(steps, values, times, logged)


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


def environment(run_id: str) -> dict[str, str]:
    """The files in which the run's worker said what it ran on, by name; those that it has."""
    found = {}
    for entry in _list(run_id, "environment"):
        try:
            found[Path(entry.path).name] = _read(run_id, entry.path).decode(errors="replace")
        except UserError:
            continue  # just deleted
    return found


def log_tail(run_id: str, lines: int = 40) -> str:
    """The last lines of the worker's output; empty where there is none yet."""
    try:
        return "\n".join(_read(run_id, LOG_FILE).decode(errors="replace").splitlines()[-lines:])
    except UserError:
        return ""


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
