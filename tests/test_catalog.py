"""What holds for everything in the catalogue. A new architecture, data set or task is tested here without a line."""

import copy
import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core import catalog
from core.architectures.base import OwnRule
from core.catalog import BLANK, END, NOWHERE, PADDING, START, DataSpec
from core.datasets.base import DTYPES, Batch, Data, Split
from core.datasets.games import Episodes
from core.errors import UserError
from core.experiment import Experiment
from core.training.setup import build_model, build_task

KINDS = ("architecture", "dataset", "task")
ENTRIES = [(kind, name) for kind in KINDS for name in catalog.entries(kind)]
TRIPLES = [
    (task, architecture, dataset)
    for task in catalog.entries("task")
    for architecture in catalog.entries("architecture")
    for dataset in catalog.entries("dataset")
]
FITTING = [triple for triple in TRIPLES if catalog.misfit(*triple) is None]


def spec_of(experiment: Experiment) -> DataSpec:
    """The data's spec as it is after loading: with a vocabulary, where it has one."""
    spec = catalog.get("dataset", experiment.dataset)(experiment.data).spec()
    words = tuple(f"word{i}" for i in range(spec.vocabulary_size))
    return spec.model_copy(update={"vocabulary": words})


def examples(spec: DataSpec, count: int) -> Split:
    """Random examples of the spec's shape: smooth pictures, rows of a table, a text, sounds or sentences of different
    lengths."""
    draw = torch.Generator().manual_seed(0)
    targets = torch.arange(count) % len(spec.classes) if spec.classes else None
    if spec.kind == "images":
        channels, height, width = spec.shape
        coarse = torch.rand(count, channels, 4, 4, generator=draw)
        return Split(F.interpolate(coarse, (height, width), mode="bilinear").mul(255).byte(), targets)
    if spec.kind == "captioned":
        pictures = torch.rand(count, 3, 4, 4, generator=draw)
        targets = torch.full((count, spec.captions, spec.target_length), PADDING)
        for i, target in enumerate(targets.flatten(0, 1)):
            target[: 7 + i % 3] = torch.tensor([START, *torch.randint(4, 50, (5 + i % 3,), generator=draw), END])
        return Split(F.interpolate(pictures, spec.shape[1:], mode="bilinear").mul(255).byte(), targets)
    if spec.kind == "features":
        rows = torch.randn(count, *spec.shape, generator=draw)
        return Split(rows * torch.tensor(spec.std) + torch.tensor(spec.mean), targets)
    if spec.kind == "text":
        text = torch.arange(count * spec.shape[0] + 1) % spec.vocabulary_size
        return Split(text[:-1].view(count, -1), text[1:].view(count, -1))
    if spec.kind == "games":  # of each the move, what it was worth, its weight and its log chance
        episodes = Episodes(torch.randn(count, *spec.shape, generator=draw), range(count))
        moves = torch.arange(count) % len(spec.actions)
        ones = torch.ones(count)
        episodes.targets = torch.stack([moves, torch.linspace(1, 2, count), ones, -ones], 1)
        return episodes
    if spec.kind == "series":
        rows = torch.rand(count, *spec.shape, generator=draw)
        return Split(rows, rows[:, -1].sum(1))
    if spec.kind == "sounds":
        sounds = torch.randint(-9000, 9000, (count, *spec.shape), generator=draw).short()
        for i, sound in enumerate(sounds):  # tenths of a second, of another loudness each
            sound[spec.sample_rate * (3 + i % 3) // 10 :] = 0
            sound[: spec.sample_rate // 10] //= 2 + i % 5
        if spec.target_length:
            targets = torch.randint(1, spec.vocabulary_size, (count, spec.target_length), generator=draw)
            targets[::2, spec.target_length // 2 :] = BLANK
        return Split(sounds, targets)
    sentences = torch.randint(1, spec.vocabulary_size, (count, *spec.shape), generator=draw)
    for i, sentence in enumerate(sentences):
        sentence[2 + i % len(sentence) :] = 0
    if spec.kind == "pairs":
        targets = torch.full((count, spec.target_length), PADDING)
        for i, target in enumerate(targets):
            target[0], target[6 + i % 3] = START, END
            target[1 : 6 + i % 3] = torch.randint(4, spec.vocabulary_size, (5 + i % 3,), generator=draw)
    if spec.kind == "questions":
        targets = torch.full((count, spec.target_length, 2), NOWHERE)
        for i, sentence in enumerate(sentences):
            sentence[:] = torch.randint(4, spec.vocabulary_size, sentence.shape, generator=draw)
            sentence[3 + i], sentence[30 + i :] = END, PADDING
            targets[i, 0] = torch.tensor((10 + i, 12 + 2 * i))
    return Split(sentences, targets)


def smallest() -> list[tuple[str, str, str]]:
    """For every task and architecture the fitting data set with the smallest examples, of each number of channels: deep
    networks train on them in seconds. That all other shapes pass too is held by `training/test_summary.py`."""
    chosen = {}
    for task, architecture, dataset in FITTING:
        spec = spec_of(Experiment.make(task, architecture, dataset))
        key = (task, architecture, spec.kind, spec.shape[0] if spec.kind == "images" else None)
        size = math.prod(spec.shape)
        if key not in chosen or size < chosen[key][0]:
            chosen[key] = (size, (task, architecture, dataset))
    return [names for _, names in chosen.values()]


def has_own_rule(names: tuple[str, str, str]) -> bool:
    return issubclass(catalog.get("architecture", names[1]), OwnRule)


BY_GRADIENT = [names for names in smallest() if not has_own_rule(names)]
BY_OWN_RULE = [names for names in smallest() if has_own_rule(names)]


def build(names: tuple[str, str, str], train: int | None = None):
    """Task, data spec and four examples, for the default settings. `train`: so many training examples instead of all."""
    experiment = Experiment.make(*names)
    spec = spec_of(experiment)
    if train:
        spec = spec.model_copy(update={"sizes": spec.sizes | {"train": train}})
    torch.manual_seed(0)
    task = build_task(experiment, spec, build_model(experiment, spec))
    task.start(total_steps=25)
    return task, spec, examples(spec, 4)


@pytest.fixture(params=[*BY_GRADIENT, *BY_OWN_RULE], ids="-".join)
def built(request):
    return build(request.param)


@pytest.fixture(params=BY_GRADIENT, ids="-".join)
def by_gradient(request):
    return build(request.param)


@pytest.fixture(params=BY_OWN_RULE, ids="-".join)
def by_own_rule(request):
    """With as few training examples as fill the classes twice, and these examples."""
    classes = len(spec_of(Experiment.make(*request.param)).classes)
    task, spec, _ = build(request.param, train=2 * classes)
    return task, spec, examples(spec, 2 * classes)


def test_every_parameter_that_is_learned_gets_a_gradient(by_gradient):
    task, _, split = by_gradient
    task.step(Batch(split.inputs, split.targets))
    learned = {name: p.grad for name, p in task.model.named_parameters() if p.requires_grad}
    assert learned
    assert [name for name, gradient in learned.items() if gradient is None or not gradient.abs().sum() > 0] == []


def test_a_rule_of_its_own_uses_no_gradients_and_gives_every_learned_number_its_value(by_own_rule):
    task, _, split = by_own_rule
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    for batch in split.batches(7, torch.device("cpu")):
        task.step(batch)
    assert not any(p.requires_grad or p.grad is not None for p in task.model.parameters())
    assert [name for name, value in task.model.state_dict().items() if torch.equal(value, before[name])] == []


def test_a_rule_of_its_own_answers_better_on_what_it_learned(by_own_rule):
    task, _, split = by_own_rule
    before = task.evaluate(split)
    for _ in range(5):
        task.step(Batch(split.inputs, split.targets))
    after = task.evaluate(split)
    assert after["accuracy"] > before["accuracy"] and after["loss"] < before["loss"]


def test_a_rule_of_its_own_is_given_the_examples_as_they_are(by_own_rule, monkeypatch):
    task, _, split = by_own_rule
    given = []
    monkeypatch.setattr(task.model, "learn", lambda inputs, targets: given.append(inputs) or {})
    batch = Batch(split.inputs, split.targets)
    task.step(batch)
    assert torch.equal(given[0], task.model_input(batch))


def test_a_rule_of_its_own_goes_on_exactly_where_it_was_interrupted(by_own_rule, tmp_path):
    task, spec, split = by_own_rule
    other = type(task)(task.settings, task.training, spec, copy.deepcopy(task.model))
    other.start(total_steps=25)
    first, *rest = split.batches(7, torch.device("cpu"))
    other.step(first)
    torch.save({"model": other.model.state_dict(), "task": other.state_dict()}, tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.manual_seed(1)
    for batch in rest:
        other.step(batch)
    task.model.load_state_dict(state["model"])
    task.load_state_dict(state["task"])
    torch.manual_seed(1)
    for batch in rest:
        task.step(batch)
    assert torch.equal(task.logits(split), other.logits(split))
    assert all(torch.equal(value, other.model.state_dict()[name]) for name, value in task.model.state_dict().items())


def test_the_loss_falls_on_one_batch(by_gradient):
    task, _, split = by_gradient
    # A generator's loss need not fall, since its judge learns too: there the judge's loss has to.
    losses = []

    def fallen() -> bool:
        return len(losses) >= 10 and np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])

    while len(losses) < 25 and not fallen():
        torch.manual_seed(0)  # the same augmentation and noise each time: else it would be another batch
        measures = task.step(Batch(split.inputs, split.targets))
        losses.append(measures["loss" if "loss" in measures else "discriminator_loss"].item())
    assert fallen(), losses


def test_steps_give_finite_scalars_that_hold_no_graph(built):
    task, _, split = built
    for name, value in task.step(Batch(split.inputs, split.targets)).items():
        assert value.shape == () and value.isfinite() and not value.requires_grad, name


def test_evaluation_is_finite_repeatable_and_holds_the_task_s_measure(built):
    task, _, split = built
    task.model.eval()
    first, second = task.evaluate(split), task.evaluate(split)
    assert first == second
    assert all(math.isfinite(value) for value in first.values())
    assert task.measure.removeprefix("validation/") in first


def test_previews_are_pictures_and_plain_values(built):
    task, spec, split = built
    task.model.eval()
    data = Data(spec, split, split, split, "drawn")
    shown = [*task.previews(data), *task.report(data)]
    assert shown
    assert len({preview.name for preview in shown}) == len(shown)
    for preview in shown:
        assert preview.image.dtype == np.uint8 and preview.image.ndim == 3 and preview.image.shape[2] == 3
        assert json.loads(json.dumps(preview.data)) == preview.data


def test_the_model_takes_what_the_task_says_that_it_takes(built):
    task, _, split = built
    task.model.eval()
    with torch.no_grad():
        output = task.model(task.model_input(split.take(torch.arange(2), torch.device("cpu"))))
    assert len(output) == 2 and output.isfinite().all()


def test_the_task_s_state_can_be_stored_and_taken_up_again(built, tmp_path):
    task, _, split = built
    task.step(Batch(split.inputs, split.targets))
    torch.save(task.state_dict(), tmp_path / "state.pt")
    task.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    task.step(Batch(split.inputs, split.targets))


@pytest.mark.parametrize("architecture", catalog.entries("architecture"))
def test_default_experiments_survive_json(architecture):
    for names in FITTING:
        if names[1] == architecture:
            experiment = Experiment.make(*names)
            assert Experiment.from_json(experiment.model_dump_json()) == experiment


@pytest.mark.parametrize("architecture", catalog.entries("architecture"))
def test_what_does_not_fit_says_why_in_a_sentence(architecture):
    for names in TRIPLES:
        if names[1] == architecture and names not in FITTING:
            reason = catalog.misfit(*names)
            assert reason.endswith(".") and "\n" not in reason, names
            with pytest.raises(UserError) as error:
                Experiment.make(*names)
            assert str(error.value) == reason


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_entry_has_a_card_and_explains_its_settings(kind, name):
    entry = catalog.get(kind, name)
    assert entry.card.name == name and entry.card.title
    assert len(entry.card.beginner) > 40 and len(entry.card.expert) > 20
    for field, info in entry.Settings.model_fields.items():
        assert info.description and info.description.endswith("."), field


@pytest.mark.parametrize("name", catalog.entries("architecture"))
def test_every_architecture_names_its_source_and_tasks_that_exist(name):
    card = catalog.get("architecture", name).card
    assert card.year and card.people and card.paper and card.url.startswith("https://")
    assert card.tasks and set(card.tasks) <= set(catalog.entries("task"))


@pytest.mark.parametrize("name", catalog.entries("dataset"))
def test_every_data_set_states_its_licence_sizes_and_whereabouts_without_being_read(name):
    dataset = catalog.get("dataset", name)(catalog.get("dataset", name).Settings())
    assert dataset.card.licence
    spec = dataset.spec()
    assert set(spec.sizes) == {"train", "validation", "test"} and min(spec.sizes.values()) > 0
    if spec.kind in ("images", "features", "captioned", "games"):
        assert len(spec.mean) == len(spec.std) == spec.shape[0] and min(spec.std) > 0
    if spec.kind == "features":
        assert len(spec.features) == spec.shape[0]
    assert dataset.availability().sentence.strip()


@pytest.mark.parametrize("name", catalog.entries("dataset"))
def test_what_is_here_loads_as_the_spec_promises(name, home):
    dataset = catalog.get("dataset", name)(catalog.get("dataset", name).Settings())
    if not dataset.availability().ready:
        pytest.skip(dataset.availability().sentence)
    data = dataset.load()
    promised = dataset.spec()
    assert (data.spec.kind, data.spec.shape, data.spec.sizes) == (promised.kind, promised.shape, promised.sizes)
    assert data.spec.classes == promised.classes
    for split_name in ("train", "validation", "test"):
        split = getattr(data, split_name)
        assert len(split) == promised.sizes[split_name]
        assert split.inputs.dtype == DTYPES[promised.kind]
        if promised.kind == "games":  # for training a few of the episodes that there can be
            assert split.inputs.shape == (len(split.seeds), *promised.shape)
            continue
        assert split.inputs.shape == (promised.sizes[split_name], *promised.shape)
        if promised.classes:
            assert split.targets.dtype == torch.int64 and split.targets.shape == (promised.sizes[split_name],)
            assert set(split.targets.tolist()) == set(range(len(promised.classes)))
        elif promised.kind == "text":
            assert split.targets.shape == split.inputs.shape and split.targets.dtype == torch.int64
            assert split.inputs.min() >= 0 and split.inputs.max() < data.spec.vocabulary_size <= promised.vocabulary_size
        elif promised.kind == "series":
            assert split.targets.dtype == torch.float32 and split.targets.shape == (promised.sizes[split_name],)
        elif promised.target_length:
            assert split.targets.dtype == torch.int64
            spans = (2,) if promised.kind == "questions" else ()
            several = (promised.captions,) if promised.captions else ()
            assert split.targets.shape == (promised.sizes[split_name], *several, promised.target_length, *spans)
        else:
            assert split.targets is None


@pytest.mark.parametrize("task", catalog.entries("task"))
def test_every_task_has_something_to_learn_and_to_learn_from(task):
    assert any(triple[0] == task for triple in FITTING)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_hints_at_the_nearest_one(kind):
    name = next(iter(catalog.entries(kind)))
    with pytest.raises(UserError, match=f"did you mean '{name}'"):
        catalog.get(kind, name + "x")


def test_two_modules_can_t_claim_one_name():
    with pytest.raises(ValueError, match="both claim the task 'classification'"):
        catalog.task("classification", title="Another", beginner="")(type("Another", (), {}))
