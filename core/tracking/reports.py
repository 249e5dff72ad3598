"""Reports: words, charts, tables and pictures of runs, in order. Each is a run of an MLflow experiment of its own, and every
version of it an artifact, so that it lives where the runs do and any MLflow client reads it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import UserError
from core.home import home
from core.tracking import store

NAME = "glassbox-reports"  # the MLflow experiment that holds every report
FILE = "report.json"  # the newest version; all of them are in `versions/`
VERSION, CHANGED = "glassbox.report.version", "glassbox.report.changed"


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Block):
    """What a person writes, in Markdown."""

    kind: Literal["words"] = "words"
    text: str = ""


class Chart(_Block):
    """The curves of a metric of several runs; along `axis`, with a `smoothing` of 0..1."""

    kind: Literal["chart"] = "chart"
    runs: tuple[str, ...] = ()
    metric: str = ""
    axis: Literal["step", "epoch", "samples", "time", "FLOPs"] = "step"
    smoothing: float = Field(0.0, ge=0, lt=1)
    log_y: bool = False


class Table(_Block):
    """The final figures of several runs, or the settings in which they differ."""

    kind: Literal["table"] = "table"
    runs: tuple[str, ...] = ()
    shows: Literal["results", "settings"] = "results"


class Pictures(_Block):
    """A preview of several runs at a step, the newest that is not after it; without a step the last."""

    kind: Literal["pictures"] = "pictures"
    runs: tuple[str, ...] = ()
    preview: str = ""
    step: int | None = None


class Verdict(_Block):
    """Which of two groups of runs is better by a metric, and whether by more than chance. `by`: the setting that makes the
    groups, empty for experiments; `first` and `second`: the groups by their names, empty for the best two."""

    kind: Literal["verdict"] = "verdict"
    runs: tuple[str, ...] = ()
    metric: str = ""
    by: str = ""
    first: str = ""
    second: str = ""


Block = Annotated[Words | Chart | Table | Pictures | Verdict, Field(discriminator="kind")]


class Content(BaseModel):
    """What a report says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A report in the list of all: its id, title, number of versions, and when it last changed (unix seconds)."""

    id: str
    title: str
    version: int
    changed: float


def every() -> list[Entry]:
    """All reports, the last changed first. Raises `UserError` where the store can't be reached."""
    try:
        found = store.client().search_runs([_experiment()], "", ViewType.ACTIVE_ONLY, 1000)
    except MlflowException as error:
        raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
    return sorted(map(_entry, found), key=lambda entry: -entry.changed)


def create(content: Content) -> str:
    """Keeps a new report. Gives its id."""
    run = store.client().create_run(_experiment(), run_name=content.title)
    _write(run.info.run_id, content, 1)
    store.client().set_terminated(run.info.run_id)
    return run.info.run_id


def load(report_id: str, version: int | None = None) -> tuple[Content, Entry]:
    """A report at a version, by default the newest, and its entry. Raises `UserError` where there is none (any more)."""
    try:
        run = store.client().get_run(report_id)
    except MlflowException as error:
        if not store.reaches(error):
            raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
        raise UserError(f"There is no report {report_id!r}: pick another from the list.") from None
    if run.info.lifecycle_stage == "deleted":
        raise UserError("This report was deleted: pick another from the list.")
    if run.info.experiment_id != _experiment():
        raise UserError(f"{report_id} is no report: pick one from the list.")
    entry = _entry(run)
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = store.client().download_artifacts(report_id, _version_file(version or entry.version), folder)
            return Content.model_validate_json(Path(file).read_text()), entry
    except (MlflowException, OSError) as error:
        raise UserError(f"This version of the report is not in the store: try again in a moment ({error}).") from error
    except ValidationError as error:
        raise UserError(f"This report can't be read by this version: {error.errors()[0]['msg']}.") from None


def save(report_id: str, content: Content, version: int) -> int:
    """Keeps a changed report that was read at `version`. Gives its new version.

    Raises `UserError` where someone else has changed it since: nothing is overwritten.
    """
    if load(report_id)[1].version != version:
        raise UserError("Someone else has changed this report meanwhile: reload the page, then make your change again.")
    _write(report_id, content, version + 1)
    return version + 1


def delete(report_id: str) -> None:
    """Deletes a report, as MLflow does it: until `mlflow gc` it can be restored."""
    store.client().delete_run(report_id)


def moved(blocks: Sequence[Block], at: int, by: int) -> tuple[Block, ...]:
    """The blocks with the one `at` a place moved `by` places, as far as there are any."""
    left = [*blocks[:at], *blocks[at + 1:]]
    left.insert(min(max(0, at + by), len(left)), blocks[at])
    return tuple(left)


def _write(report_id: str, content: Content, version: int) -> None:
    client, text = store.client(), content.model_dump_json(indent=1)
    client.log_text(report_id, text, _version_file(version))
    client.log_text(report_id, text, FILE)
    for name, value in ((MLFLOW_RUN_NAME, content.title), (CHANGED, str(time.time())), (VERSION, str(version))):
        client.set_tag(report_id, name, value)  # the version last: only then is it read


def _version_file(version: int) -> str:
    return f"versions/{version:06d}.json"


def _entry(run) -> Entry:
    tags = run.data.tags
    return Entry(run.info.run_id, tags.get(MLFLOW_RUN_NAME, ""), int(tags.get(VERSION, 1)),
                 float(tags.get(CHANGED, run.info.start_time / 1000)))


def _experiment() -> str:
    """The id of the MLflow experiment that holds the reports, made where there is none yet."""
    client = store.client()
    try:
        found = client.get_experiment_by_name(NAME)
        if found is None:
            embedded = store.tracking_uri().startswith("sqlite")
            return client.create_experiment(NAME, artifact_location=(home() / "artifacts").as_uri() if embedded else None)
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return found.experiment_id
    except MlflowException as error:
        raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
