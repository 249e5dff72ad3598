"""What the loop and its log cost, as ratios measured side by side in one run: `pytest tests/benchmarks -m benchmark`."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from core import catalog
from core.experiment import Experiment
from core.tasks.augment import shifted
from core.tasks.base import standardised
from core.tasks.descent import make_optimiser, make_schedule
from core.tracking import write
from core.training.loop import fit, shuffled
from core.training.setup import build_model, build_task, seed_everything

EXPERIMENT = Experiment.make("classification", "lenet", "digits", training={"epochs": 8, "previews": 1})


@pytest.mark.benchmark
def test_the_logged_loop_costs_little_beside_the_same_loop_written_bare(home: Path, record_property) -> None:
    data = catalog.get("dataset", "digits")(EXPERIMENT.data).load()
    device = torch.device("cpu")

    def logged() -> float:
        log = write.RunLog(write.create_run(EXPERIMENT), home / "worker.log", lambda: False, lambda: None)
        seed_everything(0, False)
        model = build_model(EXPERIMENT, data.spec)
        task = build_task(EXPERIMENT, data.spec, model)
        started = time.perf_counter()
        fit(EXPERIMENT, data, model, task, log)
        spent = time.perf_counter() - started
        log.close()
        return spent

    def bare() -> float:
        """The same net, tensors, steps and evaluations; nothing logged, shown or kept."""
        seed_everything(0, False)
        model = build_model(EXPERIMENT, data.spec)
        task = build_task(EXPERIMENT, data.spec, model)
        optimiser = make_optimiser(model.parameters(), EXPERIMENT.training)
        size, started = EXPERIMENT.training.batch_size, time.perf_counter()
        epochs = EXPERIMENT.training.epochs
        schedule = make_schedule(optimiser, EXPERIMENT.training, epochs * (len(data.train) // size + 1))
        for epoch in range(epochs):
            model.train()
            for index in shuffled(len(data.train), 0, epoch).split(size):
                batch = data.train.take(index, device)
                loss = F.cross_entropy(model(standardised(shifted(batch.inputs, 2), data.spec)), batch.targets)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                schedule.step()
            model.eval()
            task.evaluate(data.validation)
        task.evaluate(data.test)
        return time.perf_counter() - started

    logged(), bare()  # both warm
    ratios = [logged() / bare() for _ in range(5)]
    ratio = statistics.median(ratios)
    record_property("logged / bare", ratio)
    print(f"\nlogged loop / bare loop: {ratio:.3f} (median of {[round(r, 3) for r in ratios]})")
    # A coarse bound, so that a loop that waits for the store fails; the figure itself is printed above.
    assert ratio < 1.5
