"""The queue, the supervisor and the workers as real processes, killed at real moments."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import psutil
import pytest
import torch

from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue, supervisor
from core.jobs.folder import RunFolder
from core.tracking import read, store, write

pytestmark = pytest.mark.usefixtures("ready_store")
LONG = {"epochs": 60, "previews": 3}


def perceptron(**training) -> Experiment:
    return Experiment.make("classification", "mlp", "digits", model={"width": 64, "dropout": 0.2}, training=training)


def ended(run: read.Run) -> bool:
    return run.state in read.ENDED


def training(run: read.Run) -> bool:
    return run.step > 20


def ending(run_id: str) -> read.Run:
    """The run once it has ended, however."""
    end = time.monotonic() + 120
    while (run := read.run(run_id)).state not in read.ENDED and time.monotonic() < end:
        time.sleep(0.1)
    return run


def final(run: read.Run) -> dict[str, float]:
    return {name: value for name, value in run.metrics.items() if name.startswith(("test/", "validation/", "train/"))
            and name != "train/samples_per_second"}


def test_a_run_killed_and_resumed_ends_exactly_like_one_that_was_never_interrupted(home: Path, until) -> None:
    whole, broken = queue.submit(perceptron(**LONG))[0], queue.submit(perceptron(**LONG))[0]
    until(broken, training)
    queue.stop(broken)
    stopped = until(broken, ended)
    assert stopped.state == "KILLED"
    queue.resume(broken)
    until(broken, lambda run: run.step > stopped.step + 20)
    os.kill(RunFolder(broken).pid, signal.SIGKILL)
    assert ending(broken).state == "FAILED"
    queue.resume(broken)
    first, second = until(whole, ended), until(broken, ended)
    assert first.state == second.state == "FINISHED"
    assert final(first) == final(second)
    last = read.checkpoints(whole)[-1]
    for name, value in read.weights(whole, last).items():
        assert torch.equal(value, read.weights(broken, last)[name])
    assert len(read.history(broken, "train/loss").steps) == len(read.history(whole, "train/loss").steps)


def test_a_stop_keeps_all_that_was_logged_and_says_where_it_goes_on(home: Path, until) -> None:
    run_id = queue.submit(perceptron(epochs=5000))[0]
    until(run_id, training)
    queue.stop(run_id)
    run = until(run_id, ended, 30)
    assert run.state == "KILLED"
    assert "resume goes on from there" in run.cause
    assert run.metrics["train/loss"] > 0
    assert read.resume_state(run_id)["step"] > 20
    with pytest.raises(UserError, match="already ended"):
        queue.stop(run_id)


def test_a_killed_worker_leaves_a_failed_run_with_a_cause(home: Path) -> None:
    run_id = queue.submit(perceptron(epochs=5000))[0]
    while read.run(run_id).step < 20:
        time.sleep(0.1)
    os.kill(RunFolder(run_id).pid, signal.SIGKILL)
    run = ending(run_id)
    assert run.state == "FAILED"
    assert "killed from outside" in run.cause


def test_a_killed_supervisor_costs_a_run_nothing_and_the_next_one_takes_it_over(home: Path, until) -> None:
    run_id = queue.submit(perceptron(epochs=5000))[0]
    until(run_id, training)
    os.kill(int((home / "supervisor.pid").read_text()), signal.SIGKILL)
    step = read.run(run_id).step
    until(run_id, lambda run: run.step > step + 20)
    assert not supervisor.alive()
    queue.stop(run_id)  # starts another supervisor, which finds the worker by its lock
    assert until(run_id, ended, 60).state == "KILLED"


def test_a_run_that_a_restart_of_the_machine_broke_off_goes_back_into_the_queue(home: Path) -> None:
    run_id = write.create_run(perceptron(epochs=1))
    client = store.client()
    client.set_tag(run_id, "glassbox.boot", "an earlier one")
    client.set_tag(run_id, "glassbox.started", str(time.time() - 3600))
    client.update_run(run_id, status="RUNNING")
    crew = supervisor.Supervisor()
    assert not crew._watch(read.run(run_id))
    assert read.run(run_id).state == "SCHEDULED"


def test_a_run_whose_worker_died_unseen_does_not_stay_running(home: Path) -> None:
    run_id = write.create_run(perceptron(epochs=1))
    client = store.client()
    client.set_tag(run_id, "glassbox.boot", supervisor._boot())
    client.set_tag(run_id, "glassbox.started", str(time.time() - 3600))
    client.update_run(run_id, status="RUNNING")
    supervisor.Supervisor()._watch(read.run(run_id))
    assert read.run(run_id).state == "FAILED"


def test_seeds_are_runs_of_their_own_carried_out_in_order(home: Path, until) -> None:
    made = queue.submit(perceptron(epochs=1), seeds=3)
    runs = [until(run_id, ended) for run_id in made]
    assert [run.params["seed"] for run in runs] == ["0", "1", "2"]
    assert [run.state for run in runs] == ["FINISHED"] * 3
    assert len({run.metrics["test/loss"] for run in runs}) == 3
    starts = [run.started for run in runs]
    assert starts == sorted(starts)


def test_a_worker_is_no_child_of_the_process_that_launched(home: Path, until) -> None:
    code = ("from core.jobs import queue; from core.experiment import Experiment; "
            "print(*queue.submit(Experiment.make('classification', 'mlp', 'digits', training={'epochs': 5})))")
    launcher = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    run_id = launcher.stdout.strip()
    until(run_id, training)
    worker = psutil.Process(RunFolder(run_id).pid)
    assert os.getpgid(worker.pid) == worker.pid
    assert os.getpgid(worker.pid) != os.getpgid(int((home / "supervisor.pid").read_text()))
    assert until(run_id, ended).state == "FINISHED"


def test_a_call_has_the_supervisor_look_at_once(home: Path, monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 1e6)
    monkeypatch.setattr(supervisor, "alive", lambda: True)
    waiting = threading.Thread(target=supervisor.Supervisor().wait, daemon=True)
    waiting.start()
    supervisor.ensure()
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_second_supervisor_says_so_and_goes(home: Path) -> None:
    with supervisor._lock(), pytest.raises(UserError, match="already lives"):
        supervisor.supervise()


def test_a_waiting_run_can_be_stopped_and_deleted_and_a_running_one_not_deleted(home: Path, monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "ensure", lambda: None)
    waiting = queue.submit(perceptron())[0]
    queue.stop(waiting)
    assert read.run(waiting).state == "KILLED"
    queue.delete(waiting)
    with pytest.raises(UserError, match="deleted"):
        read.run(waiting)
    running = queue.submit(perceptron())[0]
    store.client().update_run(running, status="RUNNING")
    with pytest.raises(UserError, match="stop it first"):
        queue.delete(running)
    with pytest.raises(UserError, match="only a stopped or failed run"):
        queue.resume(running)


def test_a_failing_run_says_its_cause_in_a_sentence(home: Path) -> None:
    run_id = queue.submit(perceptron(epochs=3, optimiser="sgd", learning_rate=10.0, momentum=0.99))[0]
    run = ending(run_id)
    assert run.state == "FAILED"
    assert "lower learning rate" in run.cause
    assert run.metrics["system/process_memory_megabytes"] > 0
    assert "UserError" in read.log_tail(run_id)


def test_a_full_disk_is_said_before_anything_is_launched(home: Path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("usage", "total used free")(10, 10, 0))
    with pytest.raises(UserError, match="free some space"):
        queue.submit(perceptron())
    assert read.runs() == []


def test_a_store_out_of_reach_is_one_sentence(home: Path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="can't be reached"):
        queue.submit(perceptron())


def test_eight_processes_may_open_a_fresh_store_at_once(home: Path) -> None:
    for part in home.glob("mlflow.db*"):
        part.unlink()
    code = "from core.tracking import read; read.runs()"
    openers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(8)]
    assert [opener.wait(300) for opener in openers] == [0] * 8
