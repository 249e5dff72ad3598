"""The sentence on over- and underfitting: on made curves, and on those of real runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import catalog
from core.datasets.base import Data, Split
from core.experiment import Experiment
from core.tracking.generalisation import Pair, judged, pair
from core.tracking.read import History
from core.training.loop import fit
from core.training.setup import build_model, build_task, seed_everything

EPOCHS = np.arange(1, 21)
FALLING = 1 / EPOCHS
SURE = 10_000  # examples: two standard errors are within a point


def curves(train, validation, start: int = 0) -> Pair:
    train, validation = (np.broadcast_to(np.asarray(values, float), EPOCHS.shape)[start:] for values in (train, validation))
    return Pair(100 * EPOCHS[start:], train, validation)


def with_accuracy(train, validation, loss=FALLING, examples=SURE) -> str:
    return judged(curves(FALLING, loss), curves(train, validation), examples)


RISING = 1 - 0.5 / EPOCHS


def test_training_that_rises_while_validation_falls_is_overfitting() -> None:
    peak = 0.9 - 0.005 * np.abs(EPOCHS - 8)
    said = with_accuracy(RISING, peak)
    assert said.startswith("Training accuracy is still rising while that of validation has fallen since step ")
    assert int(said.split("step ")[1].split(" ")[0].replace(",", "")) in (800, 900)
    assert said.endswith("points: it is overfitting.")


def test_a_fall_within_chance_is_none() -> None:
    peak = 0.9 - 0.002 * np.abs(EPOCHS - 12)
    assert "overfitting." in with_accuracy(RISING * 0.9, peak, examples=SURE)
    assert "it is overfitting" not in with_accuracy(RISING * 0.9, peak, examples=100)


def test_both_still_rising_should_train_longer() -> None:
    said = with_accuracy(0.02 * EPOCHS, 0.02 * EPOCHS - 0.01)
    assert said == "Training and validation accuracy are both still rising: train longer."


def test_both_fallen_is_no_overfitting() -> None:
    fallen = 0.9 - 0.02 * EPOCHS
    assert "Both training and validation have become worse" in with_accuracy(fallen, fallen)


def test_a_gap_that_costs_nothing_is_what_holds_for_training_alone() -> None:
    said = with_accuracy(0.999, 0.95)
    assert said == ("Training accuracy is 4.9 points above that of validation, which has not fallen: some of what it "
                    "learned holds for its training data alone.")


def test_a_loss_that_rises_under_a_level_accuracy_is_said() -> None:
    said = with_accuracy(0.999, 0.95, loss=0.2 + 0.01 * np.abs(EPOCHS - 5))
    assert "But validation loss has risen since step" in said and said.endswith("its mistakes grow surer.")


def test_curves_that_go_together_are_said_to() -> None:
    assert with_accuracy(0.95, 0.952) == "Training and validation accuracy go together: no overfitting to see."
    assert "even above that of training" in with_accuracy(0.9, 0.95)


def test_a_run_without_accuracy_is_judged_by_its_loss() -> None:
    assert judged(curves(FALLING, 0.2 + 0.02 * np.abs(EPOCHS - 8)), None, SURE).startswith(
        "Training loss is still falling while that of validation has risen since step ")
    assert "both still falling" in judged(curves(1 - 0.03 * EPOCHS, 1 - 0.03 * EPOCHS), None, SURE)
    assert judged(curves(0.3, 0.3), None, SURE) == "Training and validation loss go together: no overfitting to see."


@pytest.mark.parametrize("accuracy", [None, curves(RISING, RISING, start=17)])
def test_three_epochs_are_too_few(accuracy) -> None:
    assert judged(curves(FALLING, FALLING, start=17), accuracy, SURE).startswith("Too early to tell")


def test_training_is_averaged_over_the_steps_of_each_epoch() -> None:
    def history(steps, values) -> History:
        return History(np.array(steps), np.array(values, float), np.zeros(len(steps)), len(steps))

    found = pair(history([1, 2, 3, 4, 6], [1, 2, 3, 5, 9]), history([2, 4, 5, 6], [0.1, 0.2, 0.3, np.nan]))
    assert found.steps.tolist() == [2, 4]  # nothing was trained up to step 5; what is no number says nothing
    assert found.train.tolist() == [1.5, 4.0]
    assert found.validation.tolist() == [0.1, 0.2]


class Curves:
    """Keeps the measures of a run."""

    def __init__(self) -> None:
        self.points: dict[str, list[tuple[int, float]]] = {}

    def metrics(self, values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            self.points.setdefault(name, []).append((step, value))

    def wants_stop(self) -> bool:
        return False

    def nothing(self, *_: object) -> None: ...

    started = stepped = preview = weights = checkpoint = nothing

    def pair(self, measure: str) -> Pair:
        return pair(*(History(*map(np.array, zip(*self.points[f"{split}/{measure}"], strict=True)), np.zeros(0), 0)
                      for split in ("train", "validation")))


@pytest.mark.parametrize(("wrong", "epochs", "rate", "expected"), [
    (0.0, 5, 0.00003, "train longer"), (0.0, 15, 0.003, "holds for its training data alone"),
    (0.4, 30, 0.002, "it is overfitting"),
])
def test_real_networks_underfit_know_more_of_training_and_overfit_wrong_labels(wrong, epochs, rate, expected) -> None:
    cls = catalog.get("dataset", "sklearn-digits")
    whole = cls(cls.Settings()).load()
    generator = torch.Generator().manual_seed(0)
    labels = whole.train.targets.clone()
    drawn = torch.rand(len(labels), generator=generator) < wrong
    labels[drawn] = torch.randint(0, 10, (int(drawn.sum()),), generator=generator)
    data = Data(whole.spec, Split(whole.train.inputs, labels), whole.validation, whole.test, "")
    experiment = Experiment.make(
        "classification", "mlp", "sklearn-digits", objective={"shift": 0}, model={"width": 128, "depth": 2},
        training={"epochs": epochs, "batch_size": 32, "learning_rate": rate, "previews": 1,
                  "schedule": "constant", "device": "cpu"})
    seed_everything(0, deterministic=False)
    model = build_model(experiment, data.spec)
    seen = Curves()
    fit(experiment, data, model, build_task(experiment, data.spec, model), seen)
    assert expected in judged(seen.pair("loss"), seen.pair("accuracy"), len(data.validation))
