"""What a person writes on runs: star, note, name, tags, archive; and saved views and layouts. All by MLflow's own client,
where MLflow itself keeps such things, so that its UI shows them too."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal, TypeVar
from urllib.parse import unquote

from mlflow.exceptions import MlflowException

from core.errors import UserError
from core.tracking import read, store
from core.tracking.run import Run
from core.tracking.search import NOTE, own_tags

T = TypeVar("T")
STAR, ARCHIVED = "glassbox.star", "glassbox.archived"
Kind = Literal["view", "layout"]
LONGEST = 5000  # characters of a tag that each of MLflow's stores takes
LONGEST_NAME = 60  # characters


def starred(run: Run) -> bool:
    return STAR in run.tags


def archived(run: Run) -> bool:
    return ARCHIVED in run.tags


def note(run: Run) -> str:
    return run.tags.get(NOTE, "")


def star(ids: Iterable[str], on: bool) -> None:
    """Stars runs, or takes their stars away."""
    for run_id in ids:
        _mark(run_id, STAR, "true" if on else None)


def archive(ids: Iterable[str], on: bool) -> None:
    """Hides runs from tables, or shows them again; nothing of them is deleted."""
    for run_id in ids:
        _mark(run_id, ARCHIVED, "true" if on else None)


def write_note(run_id: str, text: str) -> None:
    """An empty text takes the note away."""
    _mark(run_id, NOTE, text.strip() or None)


def rename(run_id: str, name: str) -> None:
    """Raises `UserError` where the name is empty."""
    if not name.strip():
        raise UserError("A run needs a name: write at least one letter.")
    _written(run_id, lambda: store.client().update_run(run_id, name=name.strip()))


def tags_text(run: Run) -> str:
    """The tags that people gave a run, as one line to be edited: `good,owner=Ada`."""
    line = io.StringIO()
    told = [f"{name}={value}" if value else name for name, value in own_tags(run).items()]
    csv.writer(line, lineterminator="").writerow(told)
    return line.getvalue()


def write_tags(run: Run, text: str) -> None:
    """Gives a run just the tags of that line. Raises `UserError` where MLflow takes one of them not."""
    parts = next(csv.reader([text.strip()], skipinitialspace=True), [])
    wanted = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts) if name.strip()}
    if taken := [name for name in wanted if name.startswith(("mlflow.", "glassbox."))]:
        raise UserError(f"{taken[0]} is a program's own tag: choose another name.")
    now = own_tags(run)
    for name in now.keys() - wanted.keys():
        _mark(run.id, name, None)
    for name, value in wanted.items():
        if now.get(name) != value:
            _mark(run.id, name, value)


def named(kind: Kind) -> dict[str, str]:
    """The saved views or layouts: by their names the part of a page's address that each stands for."""
    tags = _answered(lambda: store.client().get_experiment(store.experiment_id())).tags
    start = f"glassbox.{kind}."
    return {unquote(name.removeprefix(start).replace(":", "%")): value
            for name, value in sorted(tags.items()) if name.startswith(start)}


def keep_named(kind: Kind, name: str, address: str) -> None:
    """Keeps a view or a layout for everybody who uses the store, in place of one of that name. Raises `UserError` where it
    has no name, and where either is too long."""
    if not name.strip():
        raise UserError(f"A {kind} needs a name: write at least one letter.")
    if len(name.strip()) > LONGEST_NAME:
        raise UserError(f"A name has at most {LONGEST_NAME} letters: choose a shorter one.")
    if len(address) > LONGEST:
        raise UserError(f"This {kind} is too large to be kept: take some of it away.")
    _answered(lambda: store.client().set_experiment_tag(store.experiment_id(), _tag(kind, name), address))


def forget_named(kind: Kind, name: str) -> None:
    _answered(lambda: store.client().delete_experiment_tag(store.experiment_id(), _tag(kind, name)))


def _tag(kind: Kind, name: str) -> str:
    # MLflow takes letters, digits and few signs in a tag's name: others are written as in an address, with : for %.
    told = re.sub(r"[^\w .-]", lambda sign: "".join(f":{byte:02X}" for byte in sign[0].encode()), name.strip())
    return f"glassbox.{kind}.{told}"


def _mark(run_id: str, tag: str, value: str | None) -> None:
    if value is not None and len(value) > LONGEST:
        raise UserError(f"At most {LONGEST:,} characters fit here: make the text shorter.")
    _written(run_id, partial(_delete_tag, run_id, tag) if value is None
             else partial(store.client().set_tag, run_id, tag, value))


def _delete_tag(run_id: str, tag: str) -> None:
    try:
        store.client().delete_tag(run_id, tag)
    except MlflowException as error:
        if "No tag with name" not in str(error):  # someone else was sooner
            raise


def _written(run_id: str, write: Callable[[], object]) -> None:
    try:
        _answered(write)
    finally:
        read.refresh(run_id)


def _answered(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except MlflowException as error:
        if store.reaches(error):
            raise UserError(f"The store did not take this: {str(error).splitlines()[0]}") from error
        raise UserError(f"The store did not answer: try again in a moment ({error}).") from error
