"""The one loop: repeatable, interruptible without a trace, and not changed by being watched."""

import io
import math
from functools import cache

import pytest
import torch

from core import catalog
from core.architectures.airbench import whitening
from core.architectures.mlp import MLP
from core.datasets.base import Data, Split, Streamed
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import ClassifierTask, standardised
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


def run(names, *, listener=None, resume=None, seed=0, objective=None, streamed=False, **training):
    """Trains from the very beginning, as a fresh process does. Gives the listener and the trained model."""
    width = {"mlp": 16, "dcgan": 4, "airbench": 0.1}[names[1]]
    experiment = Experiment.make(
        *names, seed=seed, model={"width": width}, objective=objective or {},
        training={"epochs": 4, "batch_size": 20, "previews": 4, "device": "cpu", **training},
    )
    data, listener = small(names[2]), listener or Recorder()
    if streamed:
        splits = (Streamed(split.inputs, split.targets) for split in (data.train, data.validation, data.test))
        data = Data(data.spec, *splits, data.source)
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


EVERYTHING = {"flip": "on", "border": "reflect", "cutout": 6, "mixup": 0.3, "label_smoothing": 0.1}


@pytest.mark.parametrize("settings", [
    {"optimiser": "sgd", "schedule": "step"}, {"optimiser": "adamw", "schedule": "one-cycle", "accumulate": 3},
    {"optimiser": "muon", "schedule": "cosine", "clip_gradient": 0.1}, {"optimiser": "adam", "channels_last": True},
    {"precision": "bfloat16"}, {"precision": "float16", "optimiser": "sgd", "clip_gradient": 1.0},
], ids=lambda settings: "-".join(map(str, settings.values())))
def test_whatever_the_settings_a_resumed_run_ends_exactly_like_one_that_was_never_interrupted(settings):
    more = {"objective": EVERYTHING, **settings}
    whole, weights = run(CLASSIFY, **more)
    part, _ = run(CLASSIFY, listener=Recorder(7), **more)
    rest, others = run(CLASSIFY, resume=part.state, **more)
    assert part.outcome.stopped and same(weights, others)
    assert part.values + rest.values == whole.values


def test_data_that_stream_train_the_same_model_as_data_in_memory():
    resident, weights = run(CLASSIFY, objective=EVERYTHING)
    streamed, others = run(CLASSIFY, objective=EVERYTHING, streamed=True)
    assert same(weights, others) and streamed.values == resident.values


def measured(monkeypatch, values):
    """Validation accuracies in the order of the epochs, whatever was learned."""
    coming = iter(values)
    monkeypatch.setattr(ClassifierTask, "evaluate", lambda task, split: {"accuracy": next(coming, values[-1])})


def test_without_a_better_epoch_for_as_long_as_its_patience_a_run_ends_with_the_best_one_s_weights(monkeypatch):
    measured(monkeypatch, [0.5, 0.7, 0.7, 0.6, 0.9])
    listener, weights = run(CLASSIFY, epochs=10, patience=2)
    assert listener.outcome.step == 20 and listener.outcome.total == 50 and not listener.outcome.stopped
    assert "after 2 epochs that were no better" in listener.outcome.note and "step 10," in listener.outcome.note
    measured(monkeypatch, [0.5])
    _, best = run(CLASSIFY, listener=Recorder(10), epochs=10)
    assert same(weights, best)
    assert 10 in listener.kept  # and can be looked into
    assert [name for name, step, _ in listener.values if name.startswith("test/")] == ["test/accuracy"]


def test_with_patience_a_run_that_gets_ever_better_goes_on_to_its_end(monkeypatch):
    measured(monkeypatch, [0.1, 0.2, 0.3, 0.4])
    _, weights = run(CLASSIFY)
    measured(monkeypatch, [0.1, 0.2, 0.3, 0.4])
    listener, others = run(CLASSIFY, patience=1)
    assert listener.outcome.step == listener.outcome.total == 20
    assert same(weights, others)


def test_less_is_better_where_the_task_says_so():
    assert loop._better(0.1, {"value": 0.2}, False) and not loop._better(0.2, {"value": 0.2}, False)
    assert loop._better(0.3, {"value": 0.2}, True) and not loop._better(math.nan, {"value": 0.2}, True)


@pytest.mark.parametrize("stop_at", [3, 12, 20])
def test_early_stopping_ends_at_the_same_step_in_a_resumed_run(monkeypatch, stop_at):
    # The step of size 0 makes every epoch as good as the first.
    still = {"epochs": 8, "patience": 3, "learning_rate": 1e-12}
    whole, weights = run(CLASSIFY, **still)
    part, _ = run(CLASSIFY, listener=Recorder(stop_at), **still)
    rest, others = run(CLASSIFY, resume=part.state, **still)
    assert whole.outcome.step == 20 and rest.outcome == whole.outcome
    assert same(weights, others)


def test_a_state_without_memory_of_a_best_epoch_is_not_needed_where_there_is_no_patience():
    listener, _ = run(CLASSIFY)
    assert listener.state["best"] is None


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
