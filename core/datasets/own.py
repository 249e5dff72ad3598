"""What a person brings: files of one of the forms in `brought/`, checked, described in a small file, and then a data set of
the catalogue like any other, in every process of this home, until it is removed.

`own/NAME/description.json` says all of it. Files that were uploaded lie in `uploads/`; files named by a path stay there.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, ClassVar

from filelock import FileLock
from pydantic import ValidationError

from core import catalog
from core.catalog import Card, DataSpec
from core.datasets import files
from core.datasets.base import Availability, Data, Dataset, Progress
from core.datasets.brought.base import Description, Examined, Form, Proposal, Source
from core.datasets.brought.captions import CaptionedPictures
from core.datasets.brought.noisy import NoisyPictures
from core.datasets.brought.passages import Passages
from core.datasets.brought.pictures import Pictures
from core.datasets.brought.running_text import RunningText
from core.datasets.brought.sentences import Sentences
from core.datasets.brought.sounds import SoundClasses, Transcripts
from core.datasets.brought.table import Table
from core.datasets.brought.translations import Translations
from core.datasets.cache import forget
from core.datasets.dividing import Finding
from core.errors import UserError
from core.home import home

FORMS: dict[str, Form] = {form.kind: form for form in (
    Pictures(), SoundClasses(), Transcripts(), Table(), Sentences(), Translations(), Passages(), RunningText(),
    NoisyPictures(), CaptionedPictures(),
)}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KEPT_SECONDS = 86_400  # how long an upload is kept that nobody added
COPIED = 1_000_000  # bytes of an upload that are written at once


def nothing(done: int, total: int) -> None:
    """Progress that nobody follows."""


# ---- looking at what is brought


def propose(path: Path, kind: str = "") -> Proposal:
    """How these files are best read, or how they are best read as that `kind`, if they can be. Raises `UserError` where they
    can't."""
    try:
        str(path).encode()
        there, folder = path.exists(), path.is_dir()
    except (OSError, ValueError):  # a name too long, with a zero in it, or in an encoding that can't be kept
        there = folder = False
    if not there:
        raise UserError(f"There is nothing at {path}: check the path, which is one on the computer that runs Glassbox.")
    try:
        held = files.listed(path)[0] if folder or path.suffix.lower() == ".zip" else None
        likely = {form.kind: form.fits(path, held) for form in FORMS.values()}
        fitting = sorted((kind for kind in likely if likely[kind]), key=lambda kind: -likely[kind])
        if not fitting:
            raise UserError(f"{path.name} can't be read: bring pictures or sounds or two texts in a folder or a .zip, a "
                            ".csv table, a text in a .txt file, or questions in a .json file.")
        proposal = FORMS[kind if kind in fitting else fitting[0]].propose(path)
    except OSError as error:
        raise UserError(f"{path} can't be read ({error}): mend its permissions.") from error
    return replace(proposal, forms={kind: FORMS[kind].title for kind in fitting})


def examine(source: Source, progress: Progress = nothing) -> Examined:
    """Reads and divides what was brought, with what is asked for left out. Raises `UserError` where nothing can be made
    of it."""
    try:
        return FORMS[source.kind].examine(source, progress)
    except OSError as error:
        raise UserError(f"{source.path} can't be read ({error}): put it back, or mend its permissions.") from error


# ---- adding and removing


def upload(name: str, file: BinaryIO, token: str) -> Path:
    """Copies an uploaded file into the home, where it may be added from; the same `token` is copied once. Uploads that
    nobody added within a day are taken away."""
    folder = home() / "uploads" / token
    path = folder / (Path(name.replace("\\", "/")).name.lstrip(".") or "upload")
    if path.exists():
        return path
    used = {described.source.path.parent for described in _descriptions() if not described.removed}
    for old in (home() / "uploads").glob("*"):
        if old not in used and time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    part = folder / ".part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as copy:
            shutil.copyfileobj(file, copy, COPIED)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{name} could not be kept on this server: free space, then upload it again ({error}).") from error
    return path


def is_upload(path: Path) -> bool:
    return path.is_relative_to(home() / "uploads")


def suggest(path: Path) -> str:
    """A name that is free, made of the file's."""
    plain = re.sub("[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:32] or "mine"
    taken = catalog.entries("dataset")
    return next(name for name in [plain, *(f"{plain}-{i}" for i in range(2, 1000))] if name not in taken)


def check_name(name: str, kind: str) -> None:
    """Raises `UserError` where a new data set of this kind can't have the name."""
    if not NAME.fullmatch(name):
        raise UserError(f"The name {name!r} can't be taken: use up to 40 small letters (a to z), digits and hyphens.")
    if name in catalog.entries("dataset"):
        raise UserError(f"There is a data set {name!r} already: take another name.")
    before = next((described for described in _descriptions() if described.name == name), None)
    if before and before.source.kind != kind:  # the runs that it left are read by its settings
        raise UserError(f"The name {name!r} belonged to {catalog.CONTENTS[before.spec.kind]}, and its runs are kept: take "
                        "another.")


def add(name: str, title: str, examined: Examined) -> None:
    """Makes what was examined a data set of the catalogue. Raises `UserError` where that can't be."""
    if examined.broken:
        raise UserError(examined.broken[0].sentence)
    title = " ".join(title.split())
    if not title or len(title) > 60:
        raise UserError("The title should have between 1 and 60 letters.")
    with _lock():
        check_name(name, examined.source.kind)
        source = examined.source.model_copy(update={"path": examined.source.path.resolve()})
        # What is found anew by every run is not kept.
        spec = examined.data.spec.model_copy(update={"vocabulary": (), "tokeniser": ""})
        _write(Description(name=name, title=title, source=source, spec=spec, characters=examined.characters,
                           digest=examined.digest, added=time.time()))


def remove(name: str) -> None:
    """Takes a data set out of the catalogue. Its runs stay readable. What was uploaded is deleted, what a path named not."""
    with _lock():
        known = {described.name: described for described in _descriptions() if not described.removed}
        if name not in known:
            catalog.get("dataset", name)  # says what is near
            raise UserError(f"{name!r} is none of the data sets that were brought: only those can be removed.")
        _write(known[name].model_copy(update={"removed": True}))
        path = known[name].source.path
        if all(other.source.path != path for other in known.values() if other.name != name):
            if path.exists():
                forget(path)
            if is_upload(path):
                shutil.rmtree(path.parent, ignore_errors=True)


def path_of(name: str) -> Path | None:
    """Where the files of a data set lie that was brought; None for any other."""
    return next((described.source.path for described in _descriptions() if described.name == name and not described.removed),
                None)


def _lock() -> FileLock:
    (home() / "own").mkdir(exist_ok=True)
    return FileLock(home() / "own" / "lock")


def _write(description: Description) -> None:
    folder = home() / "own" / description.name
    part = folder / f"description.{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        part.write_text(description.model_dump_json(indent=1))
        part.replace(folder / "description.json")
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{description.title} could not be kept: free some space, then try again ({error}).") from error


# ---- the entries of the catalogue


class Own(Dataset):
    """Base of what was brought: a class for each `description`, read in its `form`."""

    description: ClassVar[Description]
    form: ClassVar[Form]

    def source(self) -> Source:
        """How this run reads the files."""
        return self.description.source.model_copy(update=self.settings.model_dump())

    def spec(self) -> DataSpec:
        return self.form.spec(self.description, self.source())

    def availability(self) -> Availability:
        path = self.description.source.path
        if self.description.removed:
            return Availability(False, "It was removed: bring it again to train on it.")
        if not path.exists():
            return Availability(False, f"Its files are gone from {path}: put them back, or remove the data set.")
        return Availability(True, "Uploaded, in Glassbox's own folder." if is_upload(path) else f"On disk: {path}.")

    def fetch(self, progress: Progress) -> None:
        raise UserError(self.availability().sentence)

    def load(self) -> Data:
        there = self.availability()
        if not there.ready:
            raise UserError(f"{self.card.title}: {there.sentence}")
        examined = examine(self.source())
        if examined.digest != self.description.digest:
            raise UserError(f"The files of {self.card.title} have changed since it was added: remove it and bring it again, "
                            f"or put them back as they were ({self.description.source.path}).")
        return examined.data


def _descriptions() -> list[Description]:
    """All that was ever brought, with what has been removed."""
    found = []
    for path in sorted((home() / "own").glob("*/description.json")):
        try:
            found.append(_described(path.read_text()))
        except (OSError, ValidationError) as error:  # damaged, or of another version
            logging.getLogger(__name__).warning("%s can't be read: %s", path, error)
    return found


@lru_cache(maxsize=256)
def _described(text: str) -> Description:
    return Description.model_validate_json(text)


@catalog.provider("dataset")
def brought() -> dict[str, type]:
    """The data sets that were brought, by name."""
    return {description.name: _entry(description.model_dump_json()) for description in _descriptions()}


@lru_cache(maxsize=256)
def _entry(text: str) -> type[Own]:
    """The same class as long as the description stands."""
    described = _described(text)
    form, source = FORMS[described.source.kind], described.source
    beginner, expert = form.card(described)
    left = f" Left out: {', '.join(source.leave_out)}." if source.leave_out else ""
    card = Card(described.name, described.title, beginner=beginner, expert=expert + left, gone=described.removed,
                licence="Yours")
    return type("Brought", (Own,), {"description": described, "form": form, "card": card, "Settings": form.settings(source)})


def offers(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Everything that can be left out."""
    return tuple(found.key for found in findings if found.offer)
