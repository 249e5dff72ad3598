"""The supervisor: one process a machine that claims SCHEDULED runs, gives each a slot and a worker, stops them, and
says what died and why. It keeps nothing in memory that the store and the lock files don't hold: killed, it starts anew.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from mlflow.entities import RunTag

from core.errors import UserError
from core.home import PROJECT, home
from core.jobs.devices import Slot, slots
from core.jobs.folder import RunFolder, is_held
from core.tracking import read, store, write

LOOK_SECONDS, WAKE_SECONDS = 2.0, 0.1  # between looks into the store, and between looks for what calls for one at once
IDLE_SECONDS = 900.0  # then it goes, and the next launch starts another
BEGINNING_SECONDS = 15.0  # of a run, in which no other worker is started
STOP_SECONDS = 20.0  # from a stop request to SIGKILL
STARTING_SECONDS = 30.0  # how long a claimed run may be without a worker's lock
STALLED_SECONDS = 1800.0  # a worker that makes no step for so long hangs
_GONE = "The worker was killed from outside (out of memory, or by hand): resume goes on from its last checkpoint."


def _lock() -> FileLock:
    return FileLock(home() / "supervisor.lock")


def _call() -> Path:
    """The file that is touched when there is something to do."""
    return home() / "supervisor.call"


def alive() -> bool:
    """Whether a supervisor lives on this machine."""
    return is_held(_lock())


def ensure() -> None:
    """Has this machine's supervisor look into the store at once; starts one, apart from this process, if none lives."""
    _call().touch()
    if alive():
        return
    with open(home() / "supervisor.log", "ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "core", "supervise"], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True,
        )


def supervise() -> None:
    """Supervises until nothing has been asked for a while. Raises `UserError` where another supervisor lives."""
    lock = _lock()
    try:
        lock.acquire(timeout=1)  # longer than a look by `alive`, which holds the lock for a moment
    except Timeout:
        raise UserError(f"A supervisor already lives for {home()}: nothing to do, it takes every run.") from None
    (home() / "supervisor.pid").write_text(str(os.getpid()))
    crew = Supervisor()
    try:
        crew.run()
    finally:
        lock.release()
        crew.dismiss()
    if read.runs_in_state("SCHEDULED"):
        ensure()  # launched between the last look and the lock's release


@dataclass
class Supervisor:
    """The loop's state: worker processes that it started itself, the one in reserve, and whom it told to stop when."""

    workers: dict[str, subprocess.Popen] = field(default_factory=dict)
    reserve: subprocess.Popen | None = None
    stopping: dict[str, float] = field(default_factory=dict)
    called: int = 0  # when somebody called last, as the file says

    def run(self) -> None:
        busy_at = time.monotonic()
        store.client()  # made by one process, under the lock, before any worker opens it
        while time.monotonic() - busy_at < IDLE_SECONDS:
            try:
                if self.look():
                    busy_at = time.monotonic()
            except UserError as error:  # the store is away: workers go on, and so does this loop
                print(error, file=sys.stderr, flush=True)
            self.wait()

    def wait(self) -> None:
        """Until the next look: some seconds, or until somebody calls or a worker ends."""
        until, called = time.monotonic() + LOOK_SECONDS, self.called
        while time.monotonic() < until and self.called == called:
            time.sleep(WAKE_SECONDS)
            self.called = _call().stat().st_mtime_ns if _call().exists() else 0
            if any(worker.poll() is not None for worker in self.workers.values()):
                return

    def look(self) -> bool:
        """One round: the dead, the stopped, the new. Gives whether there is anything to do."""
        running = [run for run in read.runs_in_state("RUNNING") if run.tags.get("glassbox.place") == store.place()]
        alive = {run.id for run in running}
        for gone in [run_id for run_id, worker in self.workers.items() if worker.poll() is not None and run_id not in alive]:
            del self.workers[gone]  # it ended its run itself
        taken = set()
        for run in running:
            if self._watch(run):
                taken.add(run.tags.get("glassbox.slot"))
        # A worker's start keeps a core busy for some seconds, which a run that has just begun needs more.
        beginning = any(time.time() - run.started < BEGINNING_SECONDS for run in running if run.started)
        waiting = [run for run in read.runs_in_state("SCHEDULED") if run.tags.get("glassbox.place") == store.place()]
        for run in waiting:
            slot = _free_slot(run, taken)
            if slot:
                taken.add(slot.name)
                self._start(run, slot)
                beginning = True
        if not beginning:
            self._keep_reserve()
        return bool(running or waiting)

    def _keep_reserve(self) -> None:
        if self.reserve is None or self.reserve.poll() is not None:
            self.reserve = _worker()

    def dismiss(self) -> None:
        """Lets the reserve go; workers that train are left alone."""
        if self.reserve:
            self.reserve.stdin.close()
            self.reserve.wait(timeout=10)

    def _start(self, run: read.Run, slot: Slot) -> None:
        client = store.client()
        tags = {
            "glassbox.slot": slot.name, "glassbox.started": f"{time.time():.3f}", "glassbox.boot": _boot(),
            "glassbox.phase": "starting",
        }
        client.log_batch(run.id, tags=[RunTag(name, value) for name, value in tags.items()])
        client.update_run(run.id, status="RUNNING")
        self._keep_reserve()
        worker, self.reserve = self.reserve, None
        order = {"run": run.id, "threads": slot.threads, "visible": slot.visible}
        try:
            worker.stdin.write(json.dumps(order).encode() + b"\n")
            worker.stdin.close()
        except OSError:  # it died in reserve
            client.update_run(run.id, status="SCHEDULED")
            return
        self.workers[run.id] = worker
        self.stopping.pop(run.id, None)

    def _watch(self, run: read.Run) -> bool:
        """Whether a worker of this RUNNING run lives; if not, the run's state is put right."""
        folder, worker = RunFolder(run.id), self.workers.get(run.id)
        living = (worker is not None and worker.poll() is None) or folder.held()
        if living:
            self._stop_if_asked(run, folder)
            return True
        self.workers.pop(run.id, None)
        asked = self.stopping.pop(run.id, None)
        now = read.run(run.id)
        if now.state != "RUNNING":
            return False  # it ended between the two looks
        if worker is None and time.time() - (now.started or now.created) < STARTING_SECONDS:
            return True  # a supervisor before this one may just have given it to a worker
        if asked is not None or "glassbox.stop" in now.tags:
            write.finish(run.id, "KILLED", "Stopped; its worker did not answer in time and was ended.")
        elif now.tags.get("glassbox.boot") != _boot():
            store.client().update_run(run.id, status="SCHEDULED")  # the machine went down: not the run's fault
        elif worker is not None and worker.returncode == errno.ENOSPC:
            write.finish(run.id, "FAILED", "The disk was full: free some space, then resume the run.")
        else:
            write.finish(run.id, "FAILED", _GONE)
        return False

    def _stop_if_asked(self, run: read.Run, folder: RunFolder) -> None:
        now = time.monotonic()
        stalled = folder.heartbeat.exists() and time.time() - folder.heartbeat.stat().st_mtime > STALLED_SECONDS
        if "glassbox.stop" not in run.tags and not stalled:
            return
        if not folder.held():
            return  # it has not taken its lock yet: the next round finds it
        if run.id not in self.stopping:
            self.stopping[run.id] = now
            os.kill(folder.pid, signal.SIGTERM)
        elif now - self.stopping[run.id] > STOP_SECONDS:
            os.killpg(folder.pid, signal.SIGKILL)


def _free_slot(run: read.Run, taken: set) -> Slot | None:
    """A free slot of the kind that the run asks for; on `auto` a GPU's where this machine has one."""
    wanted = run.params.get("training.device", "auto")
    kinds = {slot.kind for slot in slots()}
    if wanted not in kinds:  # auto; or a kind that is not here, of which the worker will say so
        wanted = slots()[0].kind if wanted == "auto" else "cpu"
    return next((slot for slot in slots() if slot.kind == wanted and slot.name not in taken), None)


def _worker() -> subprocess.Popen:
    with open(home() / "supervisor.log", "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "core.jobs.worker"], cwd=PROJECT, stdin=subprocess.PIPE, stdout=output, stderr=output,
            start_new_session=True,
        )


def _boot() -> str:
    """Identifies this run of the machine: it changes when the machine restarts."""
    return str(int(psutil.boot_time()))
