"""The one loop: repeatable, interruptible without a trace, and not changed by being watched."""

import io
import math
from functools import cache

import pytest
import torch

from core import catalog
from core.architectures.airbench import whitening
from core.architectures.mlp import MLP
from core.datasets.base import Data, Split
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import standardised
from core.training import loop
from core.training.loop import fit, shuffled
from core.training.setup import build_model, build_task, seed_everything

CLASSIFY = ("classification", "mlp", "digits")
PREPARED = ("classification", "airbench", "digits")  # whose first layer is computed from training examples
GENERATE = ("adversarial", "dcgan", "face-patches")


class Recorder:
    """Keeps all that the loop says, and wants it to stop after `stop_at` steps."""

    def __init__(self, stop_at: float = math.inf):
        self.stop_at = stop_at
        self.step = 0
        self.values: list[tuple[str, int, float]] = []
        self.previewed: list[int] = []
        self.kept: list[int] = []
        self.state: dict | None = None

    def started(self, total_steps, step):
        self.total = total_steps

    def stepped(self, step):
        self.step = step

    def metrics(self, values, step):
        self.values += [(name, step, value) for name, value in values.items() if name != "train/samples_per_second"]

    def preview(self, preview, step):
        self.previewed.append(step)

    def weights(self, state, step):
        self.kept.append(step)

    def checkpoint(self, state, step):
        stored = io.BytesIO()
        torch.save(state, stored)
        stored.seek(0)
        self.state = torch.load(stored, weights_only=True)  # as a worker reads it back

    def wants_stop(self):
        return self.step >= self.stop_at


@cache
def small(dataset: str) -> Data:
    """The named data set, cut to at most 96 training examples."""
    data = catalog.get("dataset", dataset)(catalog.get("dataset", dataset).Settings()).load()

    def cut(split: Split, most: int) -> Split:
        index = torch.linspace(0, len(split) - 1, min(most, len(split))).long()
        return Split(split.inputs[index], None if split.targets is None else split.targets[index])

    return Data(data.spec, cut(data.train, 96), cut(data.validation, 20), cut(data.test, 20), data.source)


def run(names, *, listener=None, resume=None, seed=0, **training):
    """Trains from the very beginning, as a fresh process does. Gives the listener and the trained model."""
    width = {"mlp": 16, "dcgan": 4, "airbench": 0.1}[names[1]]
    experiment = Experiment.make(
        *names, seed=seed, model={"width": width},
        training={"epochs": 4, "batch_size": 20, "previews": 4, "device": "cpu", **training},
    )
    data, listener = small(names[2]), listener or Recorder()
    seed_everything(experiment.seed, deterministic=False)
    model = build_model(experiment, data.spec)
    listener.outcome = fit(experiment, data, model, build_task(experiment, data.spec, model), listener, resume)
    return listener, {name: value.clone() for name, value in model.state_dict().items()}


def same(weights: dict, others: dict) -> bool:
    return weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.mark.parametrize("names", [CLASSIFY, GENERATE], ids="-".join)
def test_the_same_experiment_twice_is_bit_for_bit_the_same(names):
    (first, weights), (second, others) = run(names), run(names)
    assert first.values == second.values
    assert same(weights, others)


def test_another_seed_is_another_run():
    assert not same(run(CLASSIFY)[1], run(CLASSIFY, seed=1)[1])


@pytest.mark.parametrize("names", [CLASSIFY, GENERATE, PREPARED], ids="-".join)
@pytest.mark.parametrize("stop_at", [3, 8])
def test_a_resumed_run_ends_exactly_like_one_that_was_never_interrupted(names, stop_at):
    whole, weights = run(names)
    part, _ = run(names, listener=Recorder(stop_at))
    assert part.outcome.stopped and part.outcome.step == stop_at
    rest, others = run(names, resume=part.state)
    assert not rest.outcome.stopped
    assert same(weights, others)
    assert part.values + rest.values == whole.values


def test_a_model_prepares_itself_once_from_training_examples_as_it_is_fed_them():
    listener, _ = run(PREPARED, listener=Recorder(stop_at=1))
    data = small("digits")
    expected = whitening(standardised(data.train.inputs, data.spec))
    torch.testing.assert_close(listener.state["model"]["whiten.weight"], torch.cat([expected, -expected]))


def test_preparing_draws_no_random_number_of_the_run(monkeypatch):
    _, weights = run(CLASSIFY)
    monkeypatch.setattr(MLP, "prepare", lambda model, examples: torch.rand(len(examples(50))))
    assert same(weights, run(CLASSIFY)[1])


def test_a_resumed_run_shows_the_faces_of_the_same_noise():
    whole, _ = run(GENERATE)
    part, _ = run(GENERATE, listener=Recorder(stop_at=3))
    rest, _ = run(GENERATE, resume=part.state)
    assert torch.equal(whole.state["task"]["fixed_noise"], rest.state["task"]["fixed_noise"])


@pytest.mark.parametrize("names", [CLASSIFY, GENERATE], ids="-".join)
def test_previews_never_change_the_training(names):
    few, weights = run(names, previews=1)
    many, others = run(names, previews=50)
    assert len(many.previewed) > len(few.previewed)
    assert few.values == many.values
    assert same(weights, others)


def test_previews_come_first_last_and_with_the_weights():
    listener, _ = run(CLASSIFY)
    assert listener.previewed[0] == 0 and listener.previewed[-1] == listener.total
    assert sorted(set(listener.previewed)) == listener.kept


@pytest.mark.parametrize("most", [1, 4, 7])
def test_the_points_of_a_curve_are_capped(monkeypatch, most):
    monkeypatch.setattr(loop, "POINTS", most)
    listener, _ = run(CLASSIFY)
    points = [step for name, step, _ in listener.values if name == "train/loss"]
    assert listener.total == 20
    assert 1 <= len(points) <= most and points[-1] == 20


def test_a_point_is_the_mean_over_its_steps(monkeypatch):
    every = [value for name, _, value in run(CLASSIFY)[0].values if name == "train/loss"]
    monkeypatch.setattr(loop, "POINTS", 5)
    means = [value for name, _, value in run(CLASSIFY)[0].values if name == "train/loss"]
    assert means == pytest.approx([sum(every[i : i + 4]) / 4 for i in range(0, 20, 4)], rel=1e-5)


def test_validation_is_measured_each_epoch_and_the_test_split_once_at_the_end():
    listener, _ = run(CLASSIFY)
    assert [step for name, step, _ in listener.values if name == "validation/accuracy"] == [5, 10, 15, 20]
    assert [step for name, step, _ in listener.values if name == "test/accuracy"] == [20]


def test_a_stopped_run_never_looks_at_the_test_split():
    listener, _ = run(CLASSIFY, listener=Recorder(stop_at=7))
    assert listener.outcome == loop.Outcome(7, 20)
    assert not [name for name, _, _ in listener.values if name.startswith("test/")]


def test_every_epoch_sees_every_example_once_in_another_order():
    first, second = shuffled(50, seed=3, epoch=0), shuffled(50, seed=3, epoch=1)
    assert sorted(first.tolist()) == list(range(50))
    assert first.tolist() != second.tolist()
    assert first.tolist() == shuffled(50, seed=3, epoch=0).tolist()


def test_a_loss_that_is_no_number_ends_the_run_with_advice():
    experiment = Experiment.make(*CLASSIFY, training={"epochs": 1, "device": "cpu"})
    data = small(CLASSIFY[2])
    model = build_model(experiment, data.spec)
    with torch.no_grad():
        next(model.parameters()).fill_(math.nan)
    with pytest.raises(UserError, match="train/loss is no longer a number at step 1: try a lower learning rate"):
        fit(experiment, data, model, build_task(experiment, data.spec, model), Recorder())


def test_speed_counts_the_time_of_steps_and_leaves_out_pauses(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: clock[0])

    def after(seconds: float) -> None:
        clock[0] += seconds

    speed = loop.Speed()
    after(2)  # steps that are counted only after the pause
    speed.pause()
    after(100)
    speed.go_on()
    after(2)
    speed.count(400)
    assert speed.value == 100
