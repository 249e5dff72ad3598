"""A worker trains one run in a process of its own. It starts before there is work, so that torch is imported by then.

The supervisor writes one line of JSON to its standard input: the run, the slot's threads and the GPU it may see.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
import traceback

import torch

from core import catalog
from core.datasets.base import Data, Split
from core.errors import UserError
from core.experiment import Experiment
from core.jobs import starting
from core.jobs.folder import RunFolder
from core.tracking import read, store, write
from core.training.find_rate import find_rate
from core.training.loop import Outcome, fit
from core.training.setup import build_model, build_task, pick_device, seed_everything


class Stop:
    """Set by SIGTERM; the loop asks between two steps."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def main() -> int:
    """Waits for an order, carries it out, and gives the exit code: 0 unless the run FAILED."""
    stop = Stop()
    for kind in ("architecture", "dataset", "task"):
        catalog.entries(kind)
    store.client()
    line = sys.stdin.readline()
    if not line:
        return 0  # the supervisor is gone, and nothing was asked
    order = json.loads(line)
    # torch reads this when it first touches CUDA, which nothing has done yet.
    os.environ["CUDA_VISIBLE_DEVICES"] = order["visible"]
    torch.set_num_threads(order["threads"])
    return carry_out(order["run"], stop)


def carry_out(run_id: str, stop: Stop) -> int:
    """Trains the run and ends it as FINISHED, KILLED (stopped) or FAILED, with a sentence on why."""
    folder = RunFolder(run_id)
    with folder.lock():
        folder.pid = os.getpid()
        output = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        beat = Heartbeat(folder)
        try:
            run = read.run(run_id)
            if run.state != "RUNNING":
                return 0  # taken back while this worker was told of it
            print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {run.name}", flush=True)
            log = write.RunLog(run_id, folder.log, stop, beat)
            try:
                outcome = _train(run, log)
            except BaseException:
                log.phase("saving")
                log.close()  # what was logged until now is kept
                raise
            log.close()
            if outcome.stopped:
                cause = f"Stopped at step {outcome.step} of {outcome.total}; resume goes on from there."
                write.finish(run_id, "KILLED", cause)
            else:
                write.finish(run_id, "FINISHED", outcome.note)
            return 0
        except BaseException as error:
            traceback.print_exc()
            sys.stderr.flush()
            try:
                store.client().log_text(run_id, folder.log.read_text(errors="replace"), write.LOG_FILE)
                write.finish(run_id, "FAILED", sentence(error))
            except Exception:
                traceback.print_exc()  # the supervisor sees a free lock and says it in this worker's place
            return errno.ENOSPC if _disk_full(error) else 1


def _train(run: read.Run, log: write.RunLog) -> Outcome:
    experiment, resume = run.experiment, read.resume_state(run.id)
    data = _load(experiment, log)
    device = pick_device(experiment.training)
    seed_everything(experiment.seed, experiment.training.deterministic)
    model = build_model(experiment, data.spec).to(device)
    task = build_task(experiment, data.spec, model)
    log.environment(device)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    log.tags({"glassbox.parameters": parameters})
    print(f"{write.device_name(device)}, {parameters:,} parameters"
          + (f", resumed at step {resume['step']}" if resume else ""), flush=True)
    start = None
    if experiment.start_from and not resume:
        start = starting.begin(experiment, model, data.spec)
        print(start.told, flush=True)
        log.tags({"glassbox.start_digest": start.digest, "glassbox.start_told": start.told})
    taken = start and start.weights
    if run.finds_rate:
        log.phase("finding a learning rate")
        return find_rate(experiment, data, model, task, log, taken)
    started = time.monotonic()
    outcome = fit(experiment, data, model, task, log, resume, taken)
    print(f"{'Stopped' if outcome.stopped else 'Trained'} at step {outcome.step} "
          f"after {time.monotonic() - started:.1f} s", flush=True)
    if not outcome.stopped:
        log.tags({"glassbox.model_step": outcome.model_step})
        log.phase("saving the model")
        # As long as examples can be: a split of sentences would cut the two to the longer one's length.
        example = task.model_input(Split.take(data.test, torch.arange(2), device))
        write.log_model(log.run_id, model.cpu().eval(), example.cpu())
    return outcome


def _load(experiment: Experiment, log: write.RunLog) -> Data:
    dataset = catalog.get("dataset", experiment.dataset)(experiment.data)
    availability = dataset.availability()
    if not availability.ready:
        if not availability.fetchable:
            raise UserError(f"{dataset.card.title}: {availability.sentence}")
        log.phase("downloading data")
        dataset.fetch(lambda done, total: None)
    log.phase("loading data")
    data = dataset.load()
    log.data(experiment.dataset, data)
    return data


class Heartbeat:
    """Touches the run's heartbeat file, at most once a second."""

    def __init__(self, folder: RunFolder):
        self._file, self._last = folder.heartbeat, 0.0
        self()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._last > 1:
            self._file.touch()
            self._last = now


def sentence(error: BaseException) -> str:
    """The cause of a failure as a person understands it."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return "The GPU's memory is full: take a smaller batch size or a narrower model, or wait for other runs to end."
    if _disk_full(error):
        return "The disk is full: free some space, then resume the run."
    if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
        return ("torch.compile could not do its work here: switch training.compile off. The log below says what it lacked, "
                "often a C++ compiler or, on a GPU, Triton.")
    if isinstance(error, MemoryError):
        return "The machine's memory is full: take a smaller batch size or data set."
    return f"{type(error).__name__}: {error}. The log below says where; this is a fault of the program, not yours."


def _disk_full(error: BaseException) -> bool:
    return (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "disk is full" in str(error)


if __name__ == "__main__":
    sys.exit(main())
