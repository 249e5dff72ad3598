"""Generators on the pages, under AppTest."""

from __future__ import annotations

import time

import pytest
from mlflow.entities import Metric

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import store, write
from tests.pages.driving import opened, words


def logged(scores: tuple[float, float], **features: float) -> str:
    """A finished run of a generator with these measures, the same at each of five looks."""
    run_id, = queue.submit(Experiment.make("adversarial", "dcgan", "faces"))
    client, at = store.client(), int(1000 * time.time())
    client.update_run(run_id, status="RUNNING")
    measured = {f"validation/{name}_random": value for name, value in features.items()}
    measured |= dict(zip(("train/score_real", "train/score_fake"), scores, strict=True))
    client.log_batch(run_id, metrics=[Metric(name, value, at + i, 10 * i) for name, value in measured.items()
                                      for i in range(1, 6)])
    write.finish(run_id, "FINISHED")
    return run_id


@pytest.mark.parametrize(("scores", "diversity", "said"), [
    ((0.99, 0.01), 0.2, ["Mode collapse", "The discriminator has won"]), ((0.6, 0.4), 0.9, []),
])
def test_a_run_that_goes_wrong_is_warned_of_beside_its_curves(scores, diversity, said):
    page = opened("runs", run=logged(scores, diversity=diversity, precision=0.5, recall=0.5))
    assert [sentence for sentence in said if any(shown.value.startswith(sentence) for shown in page.warning)] == said
    assert bool(page.warning) == bool(said)
    assert ("keep each other busy" in words(page)) != bool(said)
