"""The learning-rate range test."""

import math
from functools import cache

import pytest
import torch
from torch import nn

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.classification import Classification
from core.training.find_rate import HIGHEST, LOWEST, STEPS, SUGGESTED, find_rate, refusal
from core.training.setup import build_model, build_task, seed_everything


class Recorder:
    def __init__(self, stop_at: float = math.inf):
        self.stop_at, self.step, self.points, self.suggestion = stop_at, 0, [], None

    def stepped(self, step):
        self.step = step

    def metrics(self, values, step):
        if SUGGESTED in values:
            self.suggestion = values[SUGGESTED]
        else:
            self.points.append((values["train/learning_rate"], values["train/loss"]))

    def wants_stop(self):
        return self.step >= self.stop_at


@cache
def digits():
    return catalog.get("dataset", "digits")(catalog.get("dataset", "digits").Settings()).load()


def found(listener=None, **training):
    training = {"device": "cpu", **training}
    experiment = Experiment.make("classification", "mlp", "digits", model={"width": 32}, training=training)
    seed_everything(0, False)
    model = build_model(experiment, digits().spec)
    listener = listener or Recorder()
    listener.outcome = find_rate(experiment, digits(), model, build_task(experiment, digits().spec, model), listener)
    return listener


def test_the_rates_grow_by_equal_factors_from_the_lowest_and_the_loss_is_followed_until_it_bursts():
    listener = found(optimiser="sgd")
    rates = torch.tensor([rate for rate, _ in listener.points], dtype=torch.float64)
    assert rates[0] == LOWEST and rates[-1] <= HIGHEST
    torch.testing.assert_close(rates.log().diff(), torch.full((len(rates) - 1,), math.log(HIGHEST / LOWEST) / (STEPS - 1),
                                                              dtype=torch.float64))


@pytest.mark.parametrize(("optimiser", "low", "high"), [("adam", 2e-4, 2e-2), ("sgd", 1e-3, 0.5), ("muon", 2e-4, 5e-2)])
def test_the_suggestion_is_a_rate_that_people_take(optimiser, low, high):
    listener = found(optimiser=optimiser)
    assert low < listener.suggestion < high
    assert f"{listener.suggestion:g}" in listener.outcome.note and not listener.outcome.stopped


def test_it_is_a_tenth_of_the_rate_at_which_a_known_loss_is_least(monkeypatch):
    def step(task, batch):
        """A loss that depends on the rate alone, and is least at 0.1."""
        rate = task.descent.optimiser.param_groups[0]["lr"]
        return {"loss": torch.tensor(1 + (math.log10(rate) + 1) ** 2)}

    monkeypatch.setattr(Classification, "step", step)
    # The mean over the last ten steps or so, half a factor of ten, lags behind.
    assert 0.01 <= found().suggestion <= 0.01 * 10**0.6


def test_it_can_be_stopped():
    listener = found(Recorder(stop_at=5))
    assert listener.outcome.stopped and listener.outcome.step == 5 and listener.suggestion is None


def test_a_loss_that_never_falls_is_said(monkeypatch):
    monkeypatch.setattr(nn.Linear, "forward", lambda layer, inputs: inputs.new_zeros(len(inputs), layer.out_features,
                                                                                    requires_grad=True))
    with pytest.raises(UserError, match="The loss fell at no learning rate"):
        found()


def test_what_has_no_learning_rate_or_no_single_loss_is_refused_in_a_sentence():
    assert "rule of its own" in refusal(Experiment.make("classification", "perceptron", "digits"))
    assert "no single loss" in refusal(Experiment.make("adversarial", "dcgan", "face-patches"))
    assert refusal(Experiment.make("classification", "lenet", "digits")) is None
    assert refusal(Experiment.make("denoising", "autoencoder", "natural-images")) is None
