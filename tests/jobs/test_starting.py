"""A run that starts from another run's weights."""

from pathlib import Path

import pytest
import torch

from core import catalog
from core.__main__ import _sections
from core.datasets.base import Data, Split
from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue, starting, supervisor
from core.tracking import read, store, write
from core.training.setup import build_model

LENET = ("classification", "lenet", "digits")
NAMES = dict(zip(("task", "architecture", "dataset"), LENET, strict=True))


@pytest.fixture(autouse=True)
def nothing_trains(ready_store, monkeypatch):
    monkeypatch.setattr(supervisor, "ensure", lambda: None)


def kept(steps=(0, 10), tags=None, names=LENET, **model) -> str:
    """A finished run that kept weights at these steps."""
    experiment = Experiment.make(*names, model=model)
    spec = catalog.get("dataset", experiment.dataset)(experiment.data).spec()
    run_id = write.create_run(experiment)
    log = write.RunLog(run_id, Path("none"), lambda: False, lambda: None)
    split = Split(torch.zeros(1, *spec.shape), torch.zeros(1, dtype=torch.int64))
    log.data(experiment.dataset, Data(spec, split, split, split, "nowhere"))
    torch.manual_seed(0)
    for step in steps:
        log.weights(build_model(experiment, spec).state_dict(), step)
    log.tags(tags or {})
    log.close()
    write.finish(run_id, "FINISHED")
    return run_id


def fine_tuned(start_from: str, **sections) -> Experiment:
    return Experiment.make(**NAMES, **starting.inherited(NAMES, {"start_from": start_from, **sections}))


def test_the_parent_s_model_settings_are_taken_over_where_the_person_chose_none():
    parent = kept(width=2.0, pooling="average")
    assert fine_tuned(parent).model.width == 2.0
    other = fine_tuned(parent, model={"pooling": "max"}).model
    assert (other.width, other.pooling) == (2.0, "max")


def test_a_launch_pins_the_step_of_the_model_at_the_end_and_launched_again_it_is_the_same_value():
    parent = kept((0, 10, 20), tags={"glassbox.model_step": 10})
    child, = queue.submit(fine_tuned(parent))
    run = read.run(child)
    assert run.experiment.start_from == run.params["start_from"] == f"{parent}@10"
    assert read.run(queue.retry(child)).experiment == run.experiment
    without = kept((0, 10, 20))
    assert read.run(queue.submit(fine_tuned(without))[0]).experiment.parent == (without, 20)
    assert read.run(queue.submit(fine_tuned(f"{without}@0"))[0]).experiment.parent == (without, 0)


def test_parent_and_child_name_each_other_and_seeds_share_their_start():
    parent = kept()
    made = queue.submit(fine_tuned(parent), seeds=2)
    assert {run.id for run in read.children(parent)} == set(made)
    assert {read.run(child).parent for child in made} == {parent}
    assert store.client().get_run(made[0]).data.tags["glassbox.start_step"] == "10"
    assert read.children(made[0]) == []


def test_what_there_is_nothing_to_start_from_is_said_at_launch():
    with pytest.raises(UserError, match="There is no run"):
        fine_tuned("0" * 32)
    empty = kept(())
    with pytest.raises(UserError, match="has kept no checkpoint to start from"):
        queue.submit(fine_tuned(empty))
    parent = kept()
    with pytest.raises(UserError, match=r"no checkpoint of step 7 \(any more\): take one of 0, 10"):
        queue.submit(fine_tuned(f"{parent}@7"))
    experiment = fine_tuned(parent)
    queue.delete(parent)
    with pytest.raises(UserError, match=f"Run {parent} was deleted"):
        queue.submit(experiment)
    other = kept(names=("classification", "mlp", "digits"))
    with pytest.raises(UserError, match="is no LeNet-5"):
        fine_tuned(other)
    assert [run.name for run in read.runs_in_state("SCHEDULED")] == []


def test_the_worker_s_model_takes_the_parent_s_weights():
    parent = kept()
    experiment = starting.pinned(fine_tuned(parent))
    spec = catalog.get("dataset", "digits")(experiment.data).spec().model_copy(update={"classes": ("a", "b", "c")})
    model = build_model(experiment, spec)
    found = starting.begin(experiment, model, spec)
    weights = read.weights(parent, 10)
    assert found.new and all(name.startswith(("classifier", "head", "layers")) for name in found.new)
    assert all(torch.equal(value, weights[name]) for name, value in found.weights.items())


def test_the_command_line_names_the_run_as_a_setting():
    assert _sections(["start_from=abc", "seed=1"]) == {"start_from": "abc", "seed": "1"}
