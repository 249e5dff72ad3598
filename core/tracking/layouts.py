"""Layouts of the Compare page by name, kept in the store as tags of its MLflow experiment, so that a team shares them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

from mlflow.exceptions import MlflowException

from core.errors import UserError
from core.tracking import store

TAG = "glassbox.layout."
LONGEST = 60  # characters of a name
_ROOM = 5000  # characters that MLflow keeps of a tag

Layout = dict[str, list[str]]  # a part of an address: values by name


def layouts() -> dict[str, Layout]:
    """All layouts, by name. Raises `UserError` where the store can't be reached."""
    try:
        tags = store.client().get_experiment(store.experiment_id()).tags
    except MlflowException as error:
        raise UserError(f"The layouts could not be read: try again in a moment ({error}).") from error
    return {name.removeprefix(TAG): parse_qs(text, keep_blank_values=True) for name, text in sorted(tags.items())
            if name.startswith(TAG)}


def keep(name: str, layout: Layout) -> None:
    """Keeps a layout, in place of one of the same name. Raises `UserError` where it can't be called so, where it is too
    long, and where the store can't be reached."""
    name, text = name.strip(), urlencode(layout, doseq=True)
    if not re.fullmatch(r"[\w.\- :]+", name) or len(name) > LONGEST:
        raise UserError(f"Call it by 1 to {LONGEST} letters, digits, spaces, dots, colons, dashes or underscores.")
    if len(text) > _ROOM:
        raise UserError("This layout is too large to be kept: take some of its charts away.")
    _ask(lambda: store.client().set_experiment_tag(store.experiment_id(), TAG + name, text))


def forget(name: str) -> None:
    """Deletes a layout. Raises `UserError` where the store can't be reached."""
    _ask(lambda: store.client().delete_experiment_tag(store.experiment_id(), TAG + name))


def _ask(write) -> None:
    try:
        write()
    except MlflowException as error:
        raise UserError(f"The store did not take it: try again in a moment ({error}).") from error
