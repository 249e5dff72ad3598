"""Downloads of data sets, each in a process of its own that outlives the page which asked for it.

The process holds a lock for as long as it lives and writes how far it is into a file beside it: killed at any moment, the
next one goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core import catalog
from core.errors import UserError
from core.home import PROJECT, home
from core.jobs.folder import is_held

_STARTING_SECONDS = 30.0  # how long a process may take until it holds its lock
_REPORT_SECONDS = 0.25


@dataclass(frozen=True)
class Download:
    """How far a download is: `done` of `total` bytes (0 of 0 where the source doesn't say). `error` is a sentence where
    it failed."""

    living: bool
    done: int = 0
    total: int = 0
    started: float = 0.0
    pid: int = 0
    error: str = ""

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Until all bytes are here, at the speed so far; None where that can't be told yet."""
        return (now - self.started) * (self.total - self.done) / self.done if self.done and now - self.started > 2 else None


def _file(name: str) -> Path:
    folder = home() / "downloads"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.json"


def _lock(name: str) -> FileLock:
    return FileLock(_file(name).with_suffix(".lock"))


def _write(name: str, state: Download) -> None:
    part = _file(name).with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(asdict(state)))
    part.replace(_file(name))


def state(name: str) -> Download | None:
    """The last download of a data set, or None where there was none, or it ended well."""
    try:
        last = Download(**json.loads(_file(name).read_text()))
    except FileNotFoundError:
        return None
    if last.living and not is_held(_lock(name)) and (last.pid or time.time() - last.started > _STARTING_SECONDS):
        return Download(False, last.done, last.total, error="The download was ended from outside: start it again, and it "
                                                            "goes on where it can.")
    return last


def start(name: str) -> None:
    """Starts the download of a data set apart from this process."""
    if (last := state(name)) and last.living:
        return
    _write(name, Download(True, started=time.time()))
    with open(_file(name).with_suffix(".log"), "wb") as output:
        subprocess.Popen(
            [sys.executable, "-m", "core", "fetch", name], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True,
        )


def stop(name: str) -> None:
    """Ends a download. What has arrived is kept where the source allows to go on from it."""
    if (last := state(name)) and last.living and last.pid:
        os.kill(last.pid, signal.SIGTERM)
        _file(name).unlink(missing_ok=True)


def carry_out(name: str, report: Callable[[int, int], None]) -> None:
    """Downloads a data set in this process. `report` is told the bytes so far and in all, some times a second.

    Raises `UserError` where it can't be had, or another process is at it.
    """
    cls = catalog.get("dataset", name)
    dataset = cls(cls.Settings())
    started, told = time.time(), 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done == total or time.time() - told > _REPORT_SECONDS:
            told = time.time()
            _write(name, Download(True, done, total, started, os.getpid()))
            report(done, total)

    try:
        held = _lock(name).acquire(timeout=1)  # longer than a look by `state`, which holds the lock for a moment
    except Timeout:
        raise UserError(f"{cls.card.title} is being downloaded already: wait for that to end.") from None
    with held:
        try:
            there = dataset.availability()
            if not there.ready:
                if not there.fetchable:
                    raise UserError(f"{cls.card.title}: {there.sentence}")
                _write(name, Download(True, started=started, pid=os.getpid()))
                dataset.fetch(progress)
        except UserError as error:
            _write(name, Download(False, error=str(error)))
            raise
        except Exception as error:
            _write(name, Download(False, error=f"The download failed by a fault of the program ({error!r})."))
            raise
        _file(name).unlink(missing_ok=True)
