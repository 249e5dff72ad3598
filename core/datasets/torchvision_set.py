"""What torchvision's classification sets share: how they are found, downloaded with its checksums, and split.

A download goes on where it broke off. It is unpacked aside and moved into place whole, so that a set that is there is
complete, whenever the process was killed.
"""

from __future__ import annotations

import os
import shutil
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError

from filelock import FileLock
from torch import Tensor
from torchvision.datasets import utils

from core.catalog import DataSpec
from core.datasets.base import Availability, Data, Dataset, Progress, Split, last_of_each, pixel_statistics
from core.errors import UserError
from core.home import find_data, writable_data_folder

Pair = tuple[Tensor, Tensor]  # images uint8 (n, channels, height, width), targets int64 (n,)
_ARCHIVES = {".gz", ".tgz", ".zip"}
_SILENCE = 30  # seconds without an answer after which a connection counts as broken
# What torchvision, pickle, SciPy and bz2 raise at files that are not what they should be.
_DAMAGED = (OSError, EOFError, RuntimeError, ValueError, AssertionError, TypeError, LookupError)


class TorchvisionSet(Dataset):
    """Base of the sets that torchvision downloads. A subclass states what it yields, and writes `download` and `pair`."""

    marker: tuple[str, ...]  # a file of the set, below the data folder; its first part is the set's own folder
    megabytes: int  # of the download
    shape: tuple[int, ...]
    sizes: dict[str, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    mirrored = False  # as DataSpec has it
    of_each_class = 0  # validation takes the last so many of each class; 0: the last ones of all

    def download(self, folder: Path) -> None:
        """Has torchvision download the set into a data folder, and check it."""
        raise NotImplementedError

    def pair(self, folder: Path, split: str) -> Pair:
        """The pictures and classes of torchvision's own `train` or `test` split."""
        raise NotImplementedError

    def parts(self, folder: Path) -> dict[str, Pair]:
        """All three splits; validation is the end of torchvision's training split."""
        images, targets = self.pair(folder, "train")
        if self.of_each_class:
            held_out = last_of_each(targets, self.of_each_class)
            train, validation = (images[~held_out], targets[~held_out]), (images[held_out], targets[held_out])
        else:
            count = self.sizes["validation"]
            train, validation = (images[:-count], targets[:-count]), (images[-count:], targets[-count:])
        return {"train": train, "validation": validation, "test": self.pair(folder, "test")}

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images", shape=self.shape, sizes=self.sizes, classes=self.classes, mean=self.mean, std=self.std,
            mirrored=self.mirrored,
        )

    def availability(self) -> Availability:
        if found := find_data(*self.marker):
            return Availability(True, f"On disk: {found.parent}.")
        size = f"{self.megabytes} MB" if self.megabytes < 1000 else f"{self.megabytes / 1000:.1f} GB"
        return Availability(False, f"Not on disk; the run downloads it first ({size}).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        data = writable_data_folder()
        aside, own = data / ".fetch" / self.card.name, self.marker[0]
        unpacked = aside / "unpacked"
        try:
            aside.mkdir(parents=True, exist_ok=True)
            with FileLock(aside.with_suffix(".lock")):
                if self.availability().ready:
                    return  # another process brought it meanwhile
                for left in (unpacked, aside / "replaced"):  # by a process that was killed
                    shutil.rmtree(left, ignore_errors=True)
                unpacked.mkdir(parents=True)
                with _transport(aside / "files", progress, self.megabytes * 1_000_000):
                    self.download(unpacked)
                for path in [*(unpacked / own).rglob("*")]:
                    if path.suffix in _ARCHIVES:
                        path.unlink()  # its content stands beside it
                if (data / own).exists():  # what was left of an incomplete one
                    (data / own).rename(aside / "replaced")
                (unpacked / own).rename(data / own)
                shutil.rmtree(aside)
        except (OSError, EOFError, HTTPException, RuntimeError, ValueError) as error:
            raise UserError(
                f"{self.card.title} could not be downloaded: check the network, or copy the {own} folder into {data} "
                f"({' '.join(str(error).split())})."
            ) from error

    def load(self) -> Data:
        found = find_data(*self.marker)
        if found is None:
            raise UserError(
                f"{self.card.title} is not on disk: connect to the network, or point GLASSBOX_DATA at a folder with it."
            )
        folder = found.parents[len(self.marker) - 1]
        own = folder / self.marker[0]
        try:
            parts = self.parts(folder)
        except _DAMAGED as error:
            raise UserError(
                f"The {self.card.title} files in {own} are damaged: delete that folder and launch again."
            ) from error
        if {name: len(images) for name, (images, _) in parts.items()} != self.spec().sizes:
            raise UserError(f"The {self.card.title} files in {own} are not whole: delete that folder and launch again.")
        mean, std = pixel_statistics(parts["train"][0])
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            **{name: Split(*part) for name, part in parts.items()}, source=str(own),
        )


@contextmanager
def _transport(files: Path, progress: Progress, total: int) -> Iterator[None]:
    """Within it torchvision gets its files through `_get`, which goes on where a download broke off and says how far it is.

    What arrived is kept in `files` and handed on as a link; a file that torchvision refuses (its checksum is wrong) is
    thrown away.
    """
    handed: list[Path] = []
    usual, patience = utils._urlretrieve, socket.getdefaulttimeout()

    def retrieve(url: str, filename: str | Path, chunk_size: int = 0) -> None:
        whole = files / Path(filename).name
        if whole in handed:  # it came from another address and was refused
            whole.unlink(missing_ok=True)
        before = sum(path.stat().st_size for path in handed if path.exists())
        if not whole.exists():
            _get(url, whole, lambda done: progress(before + done, max(total, before + done)))
        handed.append(whole)
        try:
            os.link(whole, filename)
        except OSError:  # one is left from the other address, or the file system has no links
            shutil.copyfile(whole, filename)

    files.mkdir(parents=True, exist_ok=True)
    utils._urlretrieve = retrieve
    socket.setdefaulttimeout(_SILENCE)
    try:
        yield
    except RuntimeError:  # so torchvision says that a checksum is wrong
        if handed:
            handed[-1].unlink(missing_ok=True)
        raise
    finally:
        utils._urlretrieve = usual
        socket.setdefaulttimeout(patience)


def _get(url: str, whole: Path, progress: Callable[[int], None]) -> None:
    """Downloads a file by way of `whole.part`, from where an earlier try stopped. Raises `URLError` where it breaks off."""
    part = whole.with_name(f"{whole.name}.part")
    done = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": utils.USER_AGENT} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers))
    except HTTPError as error:
        if error.code == 416:  # there is no such rest: what is here belongs to another file
            part.unlink()
        raise
    with answer:
        if answer.status != 206:
            done = 0
        stated = answer.headers.get("Content-Length")
        total = done + int(stated) if stated else None
        try:
            with open(part, "ab" if done else "wb", buffering=0) as file:
                while chunk := answer.read1(65_536):  # what is there, so that a break loses nothing of it
                    file.write(chunk)
                    done += len(chunk)
                    progress(done)
        except (HTTPException, TimeoutError, ConnectionError) as error:
            raise URLError(f"the connection broke off after {done:,} bytes") from error
    if total is not None and done != total:
        raise URLError(f"{done:,} of {total:,} bytes arrived")
    part.replace(whole)
