"""What a person brings: pictures in class folders, a table or a text, checked, described in a small file, and then a data
set of the catalogue like any other, in every process of this home, until it is removed.

`own/NAME/description.json` says all of it. Files that were uploaded lie in `uploads/`; files named by a path stay there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal

import numpy as np
import torch
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from core import catalog
from core.catalog import Card, DataSpec
from core.datasets import characters, class_folders, csv_table
from core.datasets.base import Availability, Data, Dataset, Progress, Split, feature_statistics, pixel_statistics
from core.datasets.cache import forget
from core.datasets.dividing import Finding, divide
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import home

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KEPT_SECONDS = 86_400  # how long an upload is kept that nobody added
COPIED = 1_000_000  # bytes of an upload that are written at once
LEAST_SIDE, MOST_SIDE = 8, 512


def nothing(done: int, total: int) -> None:
    """Progress that nobody follows."""


class Source(BaseModel):
    """Where the files are, and how they are read. `label` is a table's column of classes; `side` and `grey` are the
    pictures'; `length` is that of a text's windows; `leave_out` holds the offers (keys of findings) that were taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    kind: Literal["images", "features", "text"]
    side: int = 64
    length: int = characters.LENGTH
    grey: bool = False
    label: str = ""
    leave_out: tuple[str, ...] = ()


class Description(BaseModel):
    """All that is known of a data set that was brought. `characters` of a text; `digest` is of its files; `added` in Unix
    seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    source: Source
    spec: DataSpec
    characters: int = 0
    digest: str
    added: float
    removed: bool = False


@dataclass(frozen=True)
class Proposal:
    """How files are best read; `columns` are a table's, one of which is the label."""

    source: Source
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """A source that was read and divided. `characters` of a text; `broken`: what must be left out, and isn't yet."""

    source: Source
    data: Data
    findings: tuple[Finding, ...]
    digest: str
    characters: int = 0

    @property
    def broken(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.must and found.key not in self.source.leave_out)


# ---- looking at what is brought


def propose(path: Path) -> Proposal:
    """How these files are best read. Raises `UserError` where they can't be."""
    try:
        str(path).encode()
        there, folder = path.exists(), path.is_dir()
    except (OSError, ValueError):  # a name too long, with a zero in it, or in an encoding that can't be kept
        there = folder = False
    if not there:
        raise UserError(f"There is nothing at {path}: check the path, which is one on the computer that runs Glassbox.")
    if folder or path.suffix.lower() == ".zip":
        side, grey = class_folders.form(path, class_folders.listing(path))
        return Proposal(Source(path=path, kind="images", side=side, grey=grey))
    if path.suffix.lower() == ".txt" and not csv_table.is_table(path):
        return Proposal(Source(path=path, kind="text"))
    if path.suffix.lower() in csv_table.SUFFIXES:
        table = csv_table.read(path)
        return Proposal(Source(path=path, kind="features", label=table.guess), tuple(c.name for c in table.columns))
    raise UserError(f"{path.name} can't be read: bring a folder or a .zip of pictures in class folders, a .csv table, "
                    "or a text in a .txt file.")


def examine(source: Source, progress: Progress = nothing) -> Examined:
    """Reads and divides what was brought, with what is asked for left out. Raises `UserError` where nothing can be made
    of it."""
    try:
        if source.kind == "text":
            return _text(source)
        if source.kind == "images":
            examples, inputs = class_folders.examples(source.path, source.side, source.grey, progress)
            features: tuple[str, ...] = ()
        else:
            table = csv_table.read(source.path, progress)
            examples, rows, features = csv_table.examples(source.path, table, source.label, source.leave_out)
            inputs = torch.from_numpy(rows)
    except OSError as error:
        raise UserError(f"{source.path} can't be read ({error}): put it back, or mend its permissions.") from error
    found = divide(examples, source.leave_out)
    splits = {name: Split(inputs[torch.from_numpy(place)], torch.from_numpy(found.targets[name]))
              for name, place in found.places.items()}
    statistics = pixel_statistics if source.kind == "images" else feature_statistics
    mean, std = statistics(splits["train"].inputs)
    spec = DataSpec(
        kind=source.kind, shape=tuple(inputs.shape[1:]), sizes={name: len(split) for name, split in splits.items()},
        classes=found.classes, mean=mean, std=_not_zero(std), features=features,
    )
    content = hashlib.sha256(json.dumps([examples.classes, features]).encode())
    for part in (examples.digests, examples.targets, examples.splits):
        content.update(np.ascontiguousarray(part, np.int64).tobytes())
    return Examined(source, Data(spec, **splits, source=str(source.path)), found.findings, content.hexdigest()[:16])


def _not_zero(std: tuple[float, ...]) -> tuple[float, ...]:
    """Pictures of one colour alone can't be scaled."""
    return tuple(value or 1.0 for value in std)


def _text(source: Source) -> Examined:
    text, encoding = characters.read(source.path)
    characters.check(source.path.name, text)
    said = Finding("form", f"{len(text):,} characters in {encoding}, {len(set(text)):,} different ones.")
    data, digest = characters.data(text, source.length, str(source.path)), hashlib.sha256(text.encode()).hexdigest()[:16]
    return Examined(source, data, (said,), digest, len(text))


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
    if before and before.spec.kind != kind:  # the runs that it left are read by its settings
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
        _write(Description(name=name, title=title, source=source, spec=examined.data.spec,
                           characters=examined.characters, digest=examined.digest, added=time.time()))


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
    """Base of what was brought: a class for each `description`."""

    description: ClassVar[Description]

    def source(self) -> Source:
        """How this run reads the files."""
        return self.description.source

    def spec(self) -> DataSpec:
        return self.description.spec

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
    description = _described(text)
    makers = {"images": lambda: _own_pictures(description.source), "text": lambda: _own_text(description)}
    made = makers.get(description.source.kind, lambda: Own)()
    return type("Brought", (made,), {"description": description, "card": _card(description)})


def _own_pictures(given: Source) -> type[Own]:
    class Pictures(Own):
        class Settings(Settings):
            side: int = setting(given.side, "Side of the pictures; memory and time grow with its square.", unit="pixels",
                                ge=LEAST_SIDE, le=MOST_SIDE)
            grey: bool = setting(given.grey, "Without colour: one channel instead of three.")

        def source(self) -> Source:
            return given.model_copy(update=self.settings.model_dump())

        def spec(self) -> DataSpec:
            """The statistics are those of the pictures as they were added, until they are read anew."""
            spec, channels = self.description.spec, 1 if self.settings.grey else 3
            changed: dict[str, Any] = {"shape": (channels, self.settings.side, self.settings.side)}
            if channels != len(spec.mean):
                changed |= {name: (sum(values) / len(values),) * channels
                            for name, values in (("mean", spec.mean), ("std", spec.std))}
            return spec.model_copy(update=changed)

    return Pictures


def _own_text(described: Description) -> type[Own]:
    class Text(Own):
        class Settings(Settings):
            length: int = setting(described.source.length, characters.HOW_LONG, unit="characters", ge=8, le=1024)

        def source(self) -> Source:
            return described.source.model_copy(update=self.settings.model_dump())

        def spec(self) -> DataSpec:
            return characters.spec(described.characters, self.settings.length, described.spec.vocabulary_size)

    return Text


def _card(described: Description) -> Card:
    spec, source = described.spec, described.source
    if source.kind == "text":
        what = f"A text of {described.characters:,} characters, brought by you."
        return Card(described.name, described.title, beginner=what, gone=described.removed, licence="Yours",
                    expert=f"{spec.vocabulary_size:,} different characters. {characters.DIVIDED}")
    shown = ", ".join(spec.classes[:6]) + (f" and {len(spec.classes) - 6} more" if len(spec.classes) > 6 else "")
    pictures = source.kind == "images"
    what = "pictures" if pictures else f"rows of {spec.shape[0]} features"
    if pictures:
        side = f"{source.side}×{source.side}"
        form = f"{'Grey' if source.grey else 'Colour'}, cut to the square in the middle and brought to {side}"
    else:
        form = f"A table; the column {source.label!r} is the class; columns of words became columns of 0 and 1"
    left = f" Left out: {', '.join(source.leave_out)}." if source.leave_out else ""
    return Card(
        described.name, described.title, gone=described.removed, licence="Yours",
        beginner=f"{sum(spec.sizes.values()):,} {what} in {len(spec.classes)} classes, brought by you: {shown}.",
        expert=f"{form}. Divided by content where the files don't say how: a tenth of each class is the test, a tenth the "
        f"validation; what is the same stands on the same side.{left}",
    )


def offers(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Everything that can be left out."""
    return tuple(found.key for found in findings if found.offer)
