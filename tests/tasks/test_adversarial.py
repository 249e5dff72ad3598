"""Adversarial generation: its loss, its distance, its previews."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from core.architectures.conditional_gan import ConditionalGAN
from core.architectures.data_efficient_gan import DataEfficientGAN
from core.architectures.dcgan import DCGAN
from core.architectures.wgan_gp import WGANGP
from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.errors import UserError
from core.experiment import Experiment, Training
from core.tasks.adversarial import Adversarial

SPEC = DataSpec(kind="images", shape=(3, 32, 32), sizes={}, mean=(0.5,) * 3, std=(0.25,) * 3)


@pytest.fixture
def task():
    torch.manual_seed(0)
    made = Adversarial(Adversarial.Settings(), Training(momentum=0.5), SPEC, DCGAN(DCGAN.Settings(width=4), SPEC))
    made.start(10)
    return made


def test_an_undecided_discriminator_has_the_loss_of_two_coins(task):
    for parameter in task.model.discriminator.parameters():
        torch.nn.init.zeros_(parameter)
    measures = task.step(Batch(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8), None))
    assert measures["discriminator_loss"].item() == pytest.approx(2 * math.log(2))
    assert measures["score_real"] == measures["score_fake"] == 0.5


def test_the_losses_are_goodfellow_s(task):
    batch = Batch(torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8), None)
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    torch.manual_seed(5)
    measures = task.step(batch)
    torch.manual_seed(5)
    fresh = DCGAN(DCGAN.Settings(width=4), SPEC)
    fresh.load_state_dict(before)
    torch.manual_seed(5)
    latents = torch.randn(8, 100)
    fake = fresh.generator(latents)
    real_chance = fresh.discriminator(batch.inputs / 127.5 - 1).sigmoid()
    fake_chance = fresh.discriminator(fake).sigmoid()
    expected = -(real_chance.log().mean() + (1 - fake_chance).log().mean())
    assert measures["discriminator_loss"].item() == pytest.approx(expected.item(), rel=1e-4)
    # The generator faces the discriminator that has just learned.
    fresh.discriminator.load_state_dict(task.model.discriminator.state_dict())
    expected = -fresh.discriminator(fake).sigmoid().log().mean()
    assert measures["generator_loss"].item() == pytest.approx(expected.item(), rel=1e-3)


def test_each_network_is_moved_by_its_own_loss_alone(task):
    batch = Batch(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8), None)
    for still, moving in (("generator", "discriminator"), ("discriminator", "generator")):
        before = {name: p.clone() for name, p in task.model.named_parameters()}
        for group in task.descents[still].optimiser.param_groups:
            group["lr"] = 0.0  # until the schedule sets it again
        task.step(batch)
        changed = {name.split(".")[0] for name, p in task.model.named_parameters() if not torch.equal(p, before[name])}
        assert changed == {moving}


def test_the_discriminator_can_still_learn_after_the_generator_s_turn(task):
    task.step(Batch(torch.zeros(4, 3, 32, 32, dtype=torch.uint8), None))
    assert all(parameter.requires_grad for parameter in task.model.parameters())


def test_the_distance_is_the_same_at_each_look(task):
    split = Split(torch.randint(0, 256, (30, 3, 32, 32), dtype=torch.uint8))
    task.model.eval()
    torch.manual_seed(1)
    first = task.evaluate(split)
    torch.manual_seed(2)
    assert task.evaluate(split) == first


def test_previews_show_the_same_noise_again_and_again(task):
    split = Split(torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8))
    data = Data(SPEC, split, split, split, "drawn")
    task.model.eval()
    (first,), (second,) = task.previews(data), task.previews(data)
    assert np.array_equal(first.image, second.image)
    assert first.image.shape == (8 * 66 - 2, 8 * 66 - 2, 3)


def test_the_report_finds_what_was_learned_by_heart(task, monkeypatch):
    made = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    monkeypatch.setattr(task.model, "decode", lambda latents: made.float() / 255)
    split = Split(made.flip(0))
    (report,) = task.report(Data(SPEC, split, split, split, "drawn"))
    found = [7, 6, 5, 4, 3, 2, 1, 0]
    assert report.data == {"nearest_training_example": found, "nearest_by_random_features": found}


def test_it_needs_pictures():
    assert Adversarial.misfit(SPEC) is None
    assert Adversarial.misfit(DataSpec(kind="sentences", shape=(4,), sizes={})) == "adversarial generation needs pictures."


class Linear(nn.Module):
    """A discriminator whose slope is its weights everywhere."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0)))

    def forward(self, images):
        return (images * self.weights).sum((1, 2, 3))


def made(kind, spec=SPEC, width=4, **settings):
    torch.manual_seed(0)
    objective = Adversarial.Settings(**kind.objective(spec, **settings))
    found = Adversarial(objective, Training(momentum=0.5), spec, kind(kind.Settings(width=width), spec))
    found.start(10)
    return found


def noisy(count, seed=0, targets=None):
    draw = torch.Generator().manual_seed(seed)
    return Batch(torch.randint(0, 256, (count, 3, 32, 32), generator=draw, dtype=torch.uint8), targets)


@pytest.mark.parametrize("penalty", ["gradient", "r1"])
def test_the_penalty_of_a_linear_critic_follows_from_its_weights_alone(penalty):
    task = made(WGANGP, penalty=penalty)
    task.model.discriminator = Linear()
    slope = task.model.discriminator.weights.norm()
    expected = (slope - 1) ** 2 if penalty == "gradient" else slope**2 / 2
    found = task._penalty(torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32), None)
    torch.testing.assert_close(found, expected)
    found.backward()  # a slope of the slope
    direction = task.model.discriminator.weights / slope
    torch.testing.assert_close(task.model.discriminator.weights.grad,
                               2 * (slope - 1) * direction if penalty == "gradient" else slope * direction)


def test_a_penalty_at_every_other_step_counts_twice():
    batch = noisy(4)
    once, twice = made(WGANGP, penalty_every=1, penalty_weight=20.0), made(WGANGP, penalty_every=2)
    for task in (once, twice):
        torch.manual_seed(1)
        task.step(batch)
    assert twice.latest["penalty"] == once.latest["penalty"] / 2
    same = zip(once.model.discriminator.parameters(), twice.model.discriminator.parameters(), strict=True)
    assert all(torch.equal(first, second) for first, second in same)
    kept = twice.latest["penalty"]
    twice.step(batch)
    assert twice.latest["penalty"] is kept


def test_wasserstein_s_losses_are_the_critic_s_marks():
    task = made(WGANGP, penalty="none", critic_steps=1)
    task.model.discriminator = Linear()
    task.start(10)
    batch, weights = noisy(4), task.model.discriminator.weights.detach().clone()
    torch.manual_seed(5)
    fake = task.model.generator(torch.randn(4, 128)).detach()
    torch.manual_seed(5)
    measures = task.step(batch)
    apart = ((batch.inputs / 127.5 - 1) * weights).sum() / 4 - (fake * weights).sum() / 4
    torch.testing.assert_close(measures["critic_gap"], apart, rtol=1e-4, atol=1e-4)
    assert measures["discriminator_loss"] == -measures["critic_gap"]
    learned = task.model.discriminator.weights.detach()
    torch.testing.assert_close(measures["generator_loss"], -(fake * learned).sum() / 4, rtol=1e-4, atol=1e-4)


def test_the_generator_waits_for_as_many_steps_of_the_critic_as_are_set():
    task, moved = made(WGANGP, critic_steps=3), []
    for _ in range(6):
        before = [parameter.clone() for parameter in task.model.generator.parameters()]
        measures = task.step(noisy(4))
        after = task.model.generator.parameters()
        moved.append(not all(torch.equal(a, b) for a, b in zip(before, after, strict=True)))
        assert "generator_loss" in measures
    assert moved == [True, False, False, True, False, False]


def test_the_average_follows_its_formula_and_draws_what_is_seen():
    task = made(DataEfficientGAN, average=0.3)
    start = {name: value.clone() for name, value in task.model.generator.state_dict().items()}
    expected = {name: value.clone() for name, value in start.items()}
    for step in range(4):
        task.step(noisy(4, seed=step))
        stays = min(0.3, (1 + step) / (10 + step))  # 0.1, 0.18, 0.25, 0.3
        for name, value in task.model.generator.state_dict().items():
            learned = name in dict(task.model.generator.named_parameters())
            expected[name] = stays * expected[name] + (1 - stays) * value if learned else value
    torch.testing.assert_close(task.model.average.state_dict(), expected)
    points = torch.randn(2, 100)
    task.model.eval()
    torch.testing.assert_close(task.model.decode(points), (task.model.average(points) + 1) / 2)
    assert not torch.equal(task.model.decode(points), (task.model.generator(points) + 1) / 2)


def test_augmented_pictures_pass_their_slope_on_and_are_never_the_same_twice():
    task = made(DataEfficientGAN, augment="colour-translation-cutout")
    torch.manual_seed(0)
    images = (torch.rand(16, 3, 32, 32) * 2 - 1).requires_grad_()
    first, second = task._augmented(images), task._augmented(images)
    assert not torch.equal(first, second)
    (slopes,) = torch.autograd.grad(first.square().sum(), images)
    assert slopes.isfinite().all() and (slopes.flatten(1).abs().sum(1) > 0).all()
    assert made(DCGAN)._augmented(images) is images


def test_a_network_that_is_told_the_class_draws_and_judges_by_it():
    spec = SPEC.model_copy(update={"classes": ("a", "b", "c")})
    task = made(ConditionalGAN, spec)
    labels = torch.tensor([0, 1, 2, 0])
    measures = task.step(noisy(4, targets=labels))
    assert all(value.isfinite() for value in measures.values())
    task.model.eval()
    noise = torch.randn(1, 100).expand(3, -1)
    pictures = task.model.decode(task.model.points(noise, labels[:3]))
    assert not torch.equal(pictures[0], pictures[1])
    scores = task.model.judge(pictures[:1].expand(3, -1, -1, -1), labels[:3])
    assert len(set(scores.tolist())) == 3
    split = Split(noisy(6).inputs, torch.arange(6) % 3)
    (preview,) = task.previews(Data(spec, split, split, split, "drawn"))
    assert preview.image.shape == (8 * 66 - 2, 3 * 66 - 2, 3)  # a column for each class


def test_a_resumed_step_is_the_step_that_would_have_come():
    task, batch = made(DataEfficientGAN, critic_steps=2, penalty_every=3), noisy(4)
    for _ in range(2):
        task.step(batch)
    state = {"model": {k: v.clone() for k, v in task.model.state_dict().items()}}
    state["task"] = copy.deepcopy(task.state_dict())
    torch.manual_seed(7)
    expected = [task.step(batch) for _ in range(2)]
    other = made(DataEfficientGAN, critic_steps=2, penalty_every=3)
    other.model.load_state_dict(state["model"])
    other.load_state_dict(state["task"])
    torch.manual_seed(7)
    found = [other.step(batch) for _ in range(2)]
    assert found == expected
    assert all(torch.equal(value, other.model.state_dict()[name]) for name, value in task.model.state_dict().items())


@pytest.mark.parametrize(("architecture", "sections", "sentence"), [
    ("dcgan", {"objective": {"average": 0.9}}, "DCGAN has no room for an average"),
    ("wgan-gp", {"training": {"compile": True}}, "slope of a slope"),
    ("dcgan", {"training": {"accumulate": 2}}, "takes each batch whole"),
])
def test_what_can_t_be_trained_so_says_why(architecture, sections, sentence):
    with pytest.raises(UserError, match=sentence):
        Experiment.make("adversarial", architecture, "faces", **sections)


def test_an_architecture_brings_its_paper_s_objective_and_the_person_s_choice_wins():
    wgan = Experiment.make("adversarial", "wgan-gp", "faces", objective={"critic_steps": "2"})
    assert wgan.leaves()["objective.loss"] == "wasserstein" and wgan.leaves()["objective.critic_steps"] == 2
    assert Experiment.from_json(wgan.model_dump_json()) == wgan
    plain = Experiment.make("adversarial", "dcgan", "faces").objective
    assert plain == Adversarial.Settings() and plain.loss == "logistic"
