"""The learning-rate range test: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3, with the
rate that grows by factors, the smoothing and the end of fastai's `lr_find` (Howard and Gugger 2020)."""

from __future__ import annotations

import itertools
import math

from torch import Tensor

from core import catalog
from core.architectures.base import Architecture, OwnRule
from core.datasets.base import Data
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import SupervisedTask, chosen
from core.training.loop import Listener, Outcome, shuffled, undisturbed_random_state

LOWEST, HIGHEST = 1e-6, 10.0  # learning rates
STEPS = 140  # 20 for each factor of ten
SMOOTHING = 0.9  # weight of the past in the mean of the losses
WORSE = 4.0  # the test ends when the loss is so many times its least
SUGGESTED = "suggested/learning_rate"  # the metric


def refusal(experiment: Experiment) -> str | None:
    """Why there is no learning rate to find for this experiment, in a sentence, or None."""
    if issubclass(catalog.get("architecture", experiment.architecture), OwnRule):
        title = catalog.get("architecture", experiment.architecture).card.title
        return f"{title} learns by a rule of its own, which no learning rate bears on."
    if not issubclass(task := catalog.get("task", experiment.task), SupervisedTask):
        return f"{task.card.title} has no single loss that a learning rate could be judged by."
    return None


def find_rate(
    experiment: Experiment, data: Data, model: Architecture, task: SupervisedTask, listener: Listener,
    start: dict[str, Tensor] | None = None,
) -> Outcome:
    """Trains `model` for a few steps at ever higher learning rates and logs the loss of each; its weights are spoilt then.
    `start`: as `fit` takes it.

    The suggestion, logged at the end, is a tenth of the rate at which the smoothed loss was least. Raises `UserError` where
    the loss fell at no rate.
    """
    device, size = task.device, experiment.training.batch_size
    train = task.reads(data.train.to(device))
    epochs = (train.grouped(shuffled(len(train), experiment.seed, epoch), size) for epoch in itertools.count())
    task.start(STEPS)
    with undisturbed_random_state():
        model.prepare(lambda count: task.model_input(train.take(chosen(train, count), device)))
    model.load_state_dict(start or {}, strict=False)
    model.train()
    mean, first, least, at = 0.0, math.inf, math.inf, LOWEST
    indices = itertools.islice(itertools.chain.from_iterable(epochs), STEPS)
    for step, batch in enumerate(train.stream(indices, device), start=1):
        rate = LOWEST * (HIGHEST / LOWEST) ** ((step - 1) / (STEPS - 1))
        for group in task.descent.optimiser.param_groups:
            group["lr"] = rate
        loss = task.step(batch)["loss"].item()
        listener.stepped(step)
        if listener.wants_stop():
            return Outcome(step, STEPS)
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth = mean / (1 - SMOOTHING**step)  # without the pull towards 0 of the first ones
        if not smooth <= WORSE * least:  # nor is it where the loss is no number any more
            break
        listener.metrics({"train/loss": loss, "train/learning_rate": rate}, step)
        first = min(first, smooth) if step <= 10 else first
        if smooth < least:
            least, at = smooth, rate
    if not least < 0.98 * first:
        raise UserError("The loss fell at no learning rate: look at the data and the other settings first.")
    suggestion = float(f"{at / 10:.2g}")
    listener.metrics({SUGGESTED: suggestion}, step)
    return Outcome(step, STEPS, f"The loss was least at a learning rate of {at:.2g}: start from a tenth, {suggestion:g}.")
