"""Optimisers, schedules, and a batch in parts: against torch's own."""

import copy

import pytest
import torch
from torch import nn

from core import catalog
from core.datasets.base import Batch
from core.errors import UserError
from core.experiment import Experiment, Training
from core.tasks.base import parts
from core.tasks.descent import Descent, make_optimiser, make_schedule, orthogonal
from core.training.setup import build_model, build_task


def rates(schedule, steps=100):
    training = Training(learning_rate=1.0, schedule=schedule)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], training.learning_rate)
    return followed(optimiser, make_schedule(optimiser, training, steps), steps)


def followed(optimiser, scheduler, steps=100):
    seen = []
    for _ in range(steps):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return torch.tensor(seen)


def theirs(kind, steps=100, **settings):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    return followed(optimiser, kind(optimiser, **settings), steps)


def test_a_constant_rate_stays():
    assert rates("constant").eq(1).all()


def test_the_cosine_is_torch_s_own():
    expected = theirs(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=100)
    torch.testing.assert_close(rates("cosine"), expected)


def test_the_steps_are_torch_s_own_at_the_paper_s_shares_of_the_run():
    # He et al. 2015, section 4.2: 64,000 steps, a tenth at 32,000 and at 48,000.
    expected = theirs(torch.optim.lr_scheduler.MultiStepLR, 640, milestones=[320, 480], gamma=0.1)
    torch.testing.assert_close(rates("step", 640), expected)


def test_one_cycle_is_torch_s_linear_rise_and_cosine_in_a_row():
    def kind(optimiser):
        rise = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=0.01, total_iters=9.9)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=90)
        return torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[10])

    seen, expected = rates("one-cycle"), theirs(kind)
    torch.testing.assert_close(seen[10:], expected[10:])
    assert seen.argmax() == 10 and seen[:11].diff().gt(0).all()
    torch.testing.assert_close(seen[1:11], torch.arange(1, 11) / 10)
    # Where it falls it is torch's OneCycleLR too, whose last step is the lowest point and not the one before it.
    one = theirs(torch.optim.lr_scheduler.OneCycleLR, 101, max_lr=1.0, total_steps=101, pct_start=11 / 101,
                 final_div_factor=1e9, cycle_momentum=False)
    torch.testing.assert_close(seen[10:], one[10:100], atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "muon"])
def test_decay_is_for_matrices_alone(name):
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2))
    optimiser = make_optimiser(net.parameters(), Training(optimiser=name, weight_decay=0.1))
    decay = {id(p): group["weight_decay"] for group in optimiser.param_groups for p in group["params"]}
    assert decay == {id(p): 0.1 if p.ndim == 2 else 0.0 for p in net.parameters()}


def test_momentum_is_adam_s_first_beta():
    (group, *_) = make_optimiser([nn.Parameter(torch.zeros(2, 2))], Training(momentum=0.5)).param_groups
    assert group["betas"] == (0.5, 0.999)


def test_frozen_parameters_are_left_out():
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad_(False)
    optimiser = make_optimiser(layer.parameters(), Training())
    assert [p is layer.bias for group in optimiser.param_groups for p in group["params"]] == [True]


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(),
                         nn.Linear(96, 8), nn.ReLU(), nn.Linear(8, 3))


def learned(model, optimiser, steps=5):
    draw = torch.Generator().manual_seed(1)
    for _ in range(steps):
        optimiser.zero_grad()
        model(torch.randn(4, 2, 8, 8, generator=draw)).square().mean().backward()
        optimiser.step()
    return dict(model.named_parameters())


def test_muon_s_hidden_weights_are_torch_s_muon_with_flattened_kernels_and_the_rest_is_torch_s_adamw():
    model, reference = net(), net()
    optimiser = make_optimiser(model.parameters(), Training(optimiser="muon", learning_rate=0.02, weight_decay=0.1))
    hidden = {"2.weight", "5.weight"}
    flat = {name: nn.Parameter(p.detach().flatten(1)) for name, p in reference.named_parameters() if name in hidden}
    rest = [p for name, p in reference.named_parameters() if name not in hidden]
    muon = torch.optim.Muon(flat.values(), lr=0.02, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw")
    groups = [{"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.1},
              {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=0.02, betas=(0.9, 0.999))
    draw = torch.Generator().manual_seed(1)
    for _ in range(3):
        reference.zero_grad()
        reference(torch.randn(4, 2, 8, 8, generator=draw)).square().mean().backward()
        for name, p in flat.items():
            p.grad = reference.get_parameter(name).grad.flatten(1)
        muon.step()
        adamw.step()
        with torch.no_grad():
            for name, p in flat.items():
                reference.get_parameter(name).copy_(p.view_as(reference.get_parameter(name)))
    ours = learned(model, optimiser, 3)
    for name, p in reference.named_parameters():
        torch.testing.assert_close(ours[name], p, atol=2e-5, rtol=1e-4, msg=name)


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (16, 16)])
def test_orthogonal_brings_all_singular_values_near_one_and_keeps_the_directions(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    found = orthogonal(matrix)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    values = (left.T @ found @ right.T).diagonal()
    assert found.shape == shape and values.min() > 0.6 and values.max() < 1.3
    assert (found - left @ torch.diag(values) @ right).abs().max() < 0.03


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "muon"])
def test_an_optimiser_goes_on_exactly_where_its_state_was_stored(name, tmp_path):
    training = Training(optimiser=name, learning_rate=0.01, weight_decay=0.01, schedule="step")
    model = net()
    descent = Descent(model, training, total_steps=10)

    def steps(model, descent, first, last):
        for step in range(first, last):
            descent.begin()
            descent.backward(model(torch.randn(4, 2, 8, 8, generator=torch.Generator().manual_seed(step))).square().mean())
            descent.step()

    steps(model, descent, 0, 6)
    torch.save({"model": model.state_dict(), "descent": descent.state_dict()}, tmp_path / "state.pt")
    steps(model, descent, 6, 10)
    stored = torch.load(tmp_path / "state.pt", weights_only=True)
    other = net()
    again = Descent(other, training, total_steps=10)
    other.load_state_dict(stored["model"])
    again.load_state_dict(stored["descent"])
    steps(other, again, 6, 10)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_batch_in_parts_makes_the_same_step_as_a_whole_one(count):
    def stepped(accumulate, size):
        experiment = Experiment.make("classification", "lenet", "digits", objective={"shift": 0}, training={
            "batch_size": size, "accumulate": accumulate, "optimiser": "sgd", "device": "cpu", "clip_gradient": 0.5,
        })
        torch.manual_seed(0)
        spec = catalog.get("dataset", "digits")(experiment.data).spec()
        task = build_task(experiment, spec, build_model(experiment, spec))
        task.start(10)
        measures = task.step(batch)
        return measures, task.model.state_dict()

    draw = torch.Generator().manual_seed(0)
    # 11 examples: the last part is a smaller one where they can't be parted evenly.
    batch = Batch(torch.randint(0, 256, (11, 1, 28, 28), dtype=torch.uint8, generator=draw), torch.arange(11) % 10)
    (one, whole), (many, pieces) = stepped(1, 11), stepped(count, 11)
    assert many["loss"].item() == pytest.approx(one["loss"].item(), rel=1e-5)
    assert many["accuracy"].item() == pytest.approx(one["accuracy"].item())
    for name in whole:
        torch.testing.assert_close(pieces[name], whole[name], atol=1e-6, rtol=1e-4)


def test_the_parts_of_a_batch_hold_each_example_once_and_their_shares_add_up_to_1():
    cut = list(parts(Batch(torch.arange(11), None), Training(batch_size=11, accumulate=3)))
    assert [len(part.inputs) for part, _ in cut] == [4, 4, 3] and sum(share for _, share in cut) == pytest.approx(1)
    assert torch.cat([part.inputs for part, _ in cut]).tolist() == list(range(11))


def test_adversarial_generation_refuses_parts_in_one_sentence():
    with pytest.raises(UserError, match=r"takes each batch whole: set training\.accumulate to 1"):
        Experiment.make("adversarial", "dcgan", "face-patches", training={"accumulate": 2})


def test_channels_last_changes_the_layout_and_no_number():
    training = Training(optimiser="adam", learning_rate=0.01)
    plain, wide = net(), net()
    first = Descent(plain, training, 5)
    second = Descent(wide, training.model_copy(update={"channels_last": True}), 5)
    assert wide[2].weight.is_contiguous(memory_format=torch.channels_last)
    learned(plain, first.optimiser), learned(wide, second.optimiser)
    for p, q in zip(plain.parameters(), wide.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-4, rtol=1e-3)


def test_a_compiled_network_keeps_the_names_of_its_weights_and_answers_alike(monkeypatch):
    usual = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda module: usual(module, backend="eager"))  # the tracing alone
    plain, compiled = net(), net()
    Descent(compiled, Training(compile=True), 5)
    assert compiled.state_dict().keys() == plain.state_dict().keys()
    inputs = torch.randn(2, 2, 8, 8)
    torch.testing.assert_close(compiled(inputs), plain(inputs))
    assert copy.deepcopy(compiled)._compiled_call_impl is None


def test_float16_s_scaler_halves_its_scale_at_an_overflow_and_leaves_that_step_out():
    model = nn.Linear(2, 1)
    descent = Descent(model, Training(precision="float16", optimiser="sgd"), 5)
    before, scale = model.weight.detach().clone(), descent.scaler.get_scale()
    descent.begin()
    descent.backward((model(torch.ones(1, 2)) * float("inf")).sum())
    descent.step()
    assert torch.equal(model.weight, before) and descent.scaler.get_scale() == scale / 2
    again = Descent(nn.Linear(2, 1), Training(precision="float16", optimiser="sgd"), 5)
    again.load_state_dict(descent.state_dict())
    assert again.scaler.get_scale() == scale / 2
