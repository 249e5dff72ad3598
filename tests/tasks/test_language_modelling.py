"""Language modelling."""

import copy
import math
from unittest.mock import Mock

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.gpt import GPT
from core.catalog import DataSpec
from core.datasets import characters
from core.datasets.base import Batch, Data, Split
from core.datasets.characters import NONE, TextSettings
from core.errors import UserError
from core.experiment import Experiment, Training
from core.tasks import language_modelling
from core.tasks.decoding import shaped
from core.tasks.language_modelling import LanguageModelling
from core.training.loop import fit
from core.training.setup import build_model, build_task, seed_everything

TEXT = "".join("the cat sat on the mat; " [(i * 7) % 24] for i in range(2000)) + "xyz"


class Fixed(nn.Module):
    """Gives the same logits at every place, and keeps what it was asked."""

    def __init__(self, logits: Tensor):
        super().__init__()
        self.logits, self.asked = nn.Parameter(logits), []

    def forward(self, tokens: Tensor) -> Tensor:
        self.asked.append(tokens)
        return self.logits.expand(*tokens.shape, -1)


def task_for(model: nn.Module, spec: DataSpec) -> LanguageModelling:
    return LanguageModelling(LanguageModelling.Settings(), Training(), spec, model.eval())


@pytest.fixture
def data():
    return characters.data(TEXT, TextSettings(length=16), "drawn")


@pytest.fixture
def task(data):
    torch.manual_seed(0)
    return task_for(GPT(GPT.Settings(width=16, depth=2), data.spec), data.spec)


def test_measures_are_those_of_all_characters_held_out_each_once(task, data):
    """Against torch's own cross-entropy over windows of one character more, without those that repeat."""
    found = task.evaluate(data.validation)
    nats, right, count = [], 0, 0
    with torch.no_grad():
        for inputs, targets in zip(data.validation.inputs, data.validation.targets, strict=True):
            logits, real = task.model(inputs[None])[0], targets != NONE
            nats.append(F.cross_entropy(logits[real], targets[real], reduction="sum"))
            right, count = right + int((logits.argmax(1) == targets)[real].sum()), count + int(real.sum())
    loss = float(sum(nats)) / count
    assert count == 2003 * 95 // 100 - 2003 * 90 // 100
    assert found["loss"] == pytest.approx(loss, rel=1e-5) and found["accuracy"] == pytest.approx(right / count)
    assert found["perplexity"] == pytest.approx(math.exp(loss), rel=1e-4)
    assert found["bits_per_character"] == pytest.approx(loss / math.log(2), rel=1e-5)


def test_blind_guessing_has_as_many_choices_as_there_are_characters(data):
    kinds = data.spec.vocabulary_size
    found = task_for(Fixed(torch.zeros(kinds)), data.spec).evaluate(data.test)
    assert found["perplexity"] == pytest.approx(kinds, rel=1e-5)
    assert found["bits_per_character"] == pytest.approx(math.log2(kinds), rel=1e-5)


def test_the_loss_is_the_mean_over_all_places(task, data):
    batch = data.train.take(torch.arange(4), torch.device("cpu"))
    loss, measures = task.loss(batch)
    logits = task.model(batch.inputs)
    expected = -logits.log_softmax(2).gather(2, batch.targets[:, :, None]).mean()
    torch.testing.assert_close(loss, expected)
    assert measures["accuracy"] == (logits.argmax(2) == batch.targets).float().mean()


@pytest.mark.parametrize("count", [1, 15, 16, 17, 24, 25, 60])
def test_in_a_long_text_every_character_has_half_a_window_before_it(data, count):
    """A model that answers with the number of characters that it was given."""
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.place = nn.Parameter(torch.zeros(1))

        def forward(self, tokens):
            return torch.arange(1.0, tokens.shape[1] + 1)[None, :, None].expand(*tokens.shape, 2)

    task = task_for(Counts(), data.spec)
    seen = task.following(torch.zeros(count, dtype=torch.int64))[:, 0].tolist()
    assert len(seen) == count
    for place, given in enumerate(seen, 1):
        assert given == place - task.start_of(place)
        assert given == place if place <= 16 else 8 < given <= 16


def test_following_is_the_model_s_own_answer_in_the_first_window(task, data):
    numbers = data.validation.inputs[0]
    torch.testing.assert_close(task.following(numbers), task.model(numbers[None])[0].detach())


def test_temperature_and_top_p_are_those_of_their_papers():
    logits = torch.tensor([0.5, 0.2, 0.25, 0.05]).log()
    torch.testing.assert_close(shaped(logits, 1.0, 1.0), logits.exp())
    torch.testing.assert_close(shaped(logits, 2.0, 1.0), logits.exp().sqrt() / logits.exp().sqrt().sum())
    # The smallest set of the likeliest whose sum reaches p (Holtzman et al. 2020, equation 2), scaled to one.
    torch.testing.assert_close(shaped(logits, 1.0, 0.7), torch.tensor([2 / 3, 0, 1 / 3, 0]))
    torch.testing.assert_close(shaped(logits, 1.0, 0.8), torch.tensor([0.5, 0.2, 0.25, 0]) / 0.95)
    torch.testing.assert_close(shaped(logits, 1.0, 0.05), torch.tensor([1.0, 0, 0, 0]))
    torch.testing.assert_close(shaped(logits, 0.0, 1.0), torch.tensor([1.0, 0, 0, 0]))
    torch.testing.assert_close(shaped(logits.expand(2, 3, 4), 1.0, 0.7)[1, 2], torch.tensor([2 / 3, 0, 1 / 3, 0]))


def test_what_is_drawn_comes_as_often_as_its_chance(data):
    logits = torch.full((data.spec.vocabulary_size,), -torch.inf)
    logits[[1, 4, 6]] = torch.tensor([0.5, 0.2, 0.3]).log()
    task = task_for(Fixed(logits), data.spec)
    luck = torch.rand(3000, generator=torch.Generator().manual_seed(0))
    written, chances = task.write(torch.tensor([2]), luck)
    shares = torch.bincount(written, minlength=len(logits)) / 3000
    torch.testing.assert_close(shares[[1, 4, 6]], torch.tensor([0.5, 0.2, 0.3]), atol=0.03, rtol=0)
    assert shares[[1, 4, 6]].sum() == 1
    torch.testing.assert_close(chances, logits.exp()[written])
    assert task.write(torch.tensor([2]), torch.tensor([0.0, 0.9999999]), top_p=0.6)[0].tolist() == [1, 6]


def test_it_reads_what_it_wrote_and_no_more_than_a_window(data):
    model = Fixed(torch.eye(data.spec.vocabulary_size)[3] * 50)
    prompt = torch.tensor([5, 2] * 7)
    written, _ = task_for(model, data.spec).write(prompt, torch.rand(4))
    assert written.tolist() == [3] * 4
    assert [tokens[0].tolist() for tokens in model.asked] == [
        [5, 2] * 7, [5, 2] * 7 + [3], [5, 2] * 7 + [3, 3], [2] + [5, 2] * 6 + [3, 3, 3]]


def test_a_text_becomes_numbers_and_back_and_what_was_never_read_is_told(task):
    numbers, unknown = task.numbers("the QaQté")
    assert "".join(task.text(numbers)) == "the at" and unknown == "Qé"


def test_the_same_luck_writes_the_same_preview_and_leaves_the_run_s_random_numbers_alone(task, data):
    before = torch.get_rng_state()
    first, = task.previews(data)
    second, = task.previews(data)
    assert first.data == second.data and torch.equal(before, torch.get_rng_state())
    given = first.data["bits"].count(None)
    assert given == 16 and first.data["bits"][:given] == [None] * given  # a window at most
    assert len(first.data["characters"]) == len(first.data["bits"]) == given + 360
    assert first.image.shape[1] == 72 * 10 + 16


def test_the_report_is_the_test_text_with_its_surprise(task, data):
    seen, = task.report(data)
    assert "".join(seen.data["characters"]) == TEXT[2003 * 95 // 100 :]
    assert seen.data["bits"][0] is None
    bits = torch.tensor(seen.data["bits"][1:17])
    numbers, _ = task.numbers(TEXT[2003 * 95 // 100 :])
    logits = task.model(numbers[None, :16])[0].detach()
    expected = F.cross_entropy(logits, numbers[1:17], reduction="none") / math.log(2)
    torch.testing.assert_close(bits, expected, atol=0.01, rtol=0)


def test_the_parts_of_a_batch_make_the_same_step_as_the_whole(data):
    batch = data.train.take(torch.arange(8), torch.device("cpu"))
    gradients = []
    for accumulate in (1, 4):
        torch.manual_seed(0)
        model = GPT(GPT.Settings(width=16, depth=1), data.spec)
        training = Training(batch_size=8, accumulate=accumulate)
        task = LanguageModelling(LanguageModelling.Settings(), training, data.spec, model)
        task.start(10)
        task.step(Batch(*batch))
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-4)


def test_it_needs_a_running_text():
    assert LanguageModelling.misfit(characters.spec(10_000, TextSettings(), 30)) is None
    assert LanguageModelling.misfit(DataSpec(kind="sentences", shape=(4,), sizes={})).endswith("needs a running text.")


class Listener:
    """Stops once, at `step`, and keeps the last checkpoint and what was measured."""

    def __init__(self, stop_at: int):
        self.stop_at, self.measured = stop_at, {}

    def metrics(self, values, step):
        self.measured.setdefault(step, {}).update(
            {name: value for name, value in values.items() if name != "train/samples_per_second"})
        self.step = step

    def wants_stop(self):
        return self.step == self.stop_at

    def checkpoint(self, state, step):
        self.state = copy.deepcopy(state)

    def __getattr__(self, moment):
        return lambda *what: None


def carrying(data, architecture="lstm", **training) -> LanguageModelling:
    experiment = Experiment.make(
        "language_modelling", architecture, "python-reference", objective={"carry_state": True},
        model={"width": 8, "embedding": 6, "depth": 2}, data={"length": 16},
        training={"epochs": 2, "batch_size": 20, "previews": 1, **training})
    seed_everything(0, False)
    return build_task(experiment, data.spec, build_model(experiment, data.spec))


@pytest.mark.parametrize("architecture", ["elman", "gru", "lstm"])
def test_with_a_carried_state_the_windows_give_what_reading_the_whole_text_at_once_gives(data, architecture):
    task = carrying(data, architecture)
    task.model.eval()
    whole = data.train.text[:101]
    logits = task.model(whole[None, :-1])[0]
    state, parts = (), []
    for window in whole[:-1].split(16):
        read, state = task.model(window[None], state)
        parts.append(read[0])
    torch.testing.assert_close(torch.cat(parts), logits)
    torch.testing.assert_close(task.chances(whole), logits.softmax(1).gather(1, whole[1:, None])[:, 0].detach())
    split = data.validation
    text = torch.cat([split.inputs[0, :1], split.targets[split.targets != NONE]])
    expected = F.cross_entropy(task.model(text[None, :-1])[0], text[1:])
    assert task.evaluate(split)["loss"] == pytest.approx(float(expected.detach()), rel=1e-5)


def test_with_a_carried_state_a_text_is_written_after_all_that_stands_before_it(data):
    task = carrying(data)
    task.model.eval()
    prompt = data.train.text[:30]
    written, given = task.write(prompt, torch.rand(30, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(task.chances(torch.cat([prompt, written]))[29:], given)


def test_half_precision_carries_its_state_too(data):
    task = carrying(data, precision="bfloat16")
    task.start(2)
    streams = task.reads(data.train)
    for index in torch.arange(40).split(20):
        assert task.step(streams.take(index, torch.device("cpu")))["loss"].isfinite()


def test_no_gradient_reaches_beyond_the_window_though_its_state_does(data):
    task = carrying(data, batch_size=2)
    task.model.eval()
    streams, read = task.reads(data.train), []
    task.model.tokens.register_forward_hook(lambda module, inputs, output: read.append(output))
    first, second = (streams.take(index, torch.device("cpu")) for index in torch.arange(4).split(2))
    task.loss(first)
    loss, _ = task.loss(second)
    before, own = torch.autograd.grad(loss, read, allow_unused=True)
    assert before is None and own.abs().sum() > 0
    task.carried = ()
    assert not torch.equal(task.loss(second)[0], loss)


@pytest.mark.parametrize(("architecture", "objective"), [("gpt", {}), ("lstm", {"carry_state": True})])
def test_a_run_that_was_interrupted_goes_on_with_the_same_windows_and_states(data, architecture, objective):
    experiment = Experiment.make("language_modelling", architecture, "python-reference", model={"width": 8, "depth": 1},
                                 data={"length": 16}, objective=objective,
                                 training={"epochs": 3, "batch_size": 20, "previews": 1})

    def run(listener: Listener, resume: dict | None = None) -> dict[int, dict[str, float]]:
        seed_everything(0, False)
        model = build_model(experiment, data.spec)
        fit(experiment, data, model, build_task(experiment, data.spec, model), listener, resume)
        return listener.measured

    whole, first, second = (Listener(at) for at in (-1, 7, -1))  # an epoch has 6 steps
    run(whole), run(first)
    rest = {step: values for step, values in whole.measured.items() if step > 7}
    assert rest and run(second, first.state) == rest


def test_now_and_then_a_stream_begins_with_an_empty_state_as_another_text_does(data, monkeypatch):
    task = carrying(data, batch_size=2)
    task.start(2), task.model.eval()
    first, second = (task.reads(data.train).take(index, torch.device("cpu")) for index in torch.arange(4).split(2))
    task.step(first)
    left, expected = task.carried, task.loss(second)[0]
    task.carried = ()
    empty = task.loss(second)[0]
    assert not torch.equal(empty, expected)
    for share, loss in ((0, expected), (1, empty)):
        monkeypatch.setattr(language_modelling, "EMPTIED", share)
        task.carried = left
        with monkeypatch.context() as still:
            still.setattr(task, "descent", Mock())
            torch.testing.assert_close(task.step(second)["loss"], loss.detach())


def test_what_has_no_state_can_t_carry_it(data):
    with pytest.raises(UserError, match="GPT has no state that could be carried"):
        Experiment.make("language_modelling", "gpt", "python-reference", objective={"carry_state": True})
    with pytest.raises(UserError, match="Each of these sequences stands alone"):
        Experiment.make("language_modelling", "lstm", "copying", objective={"carry_state": True})
    with pytest.raises(UserError, match="belongs to a whole batch"):
        carrying(data, accumulate=2)


@pytest.fixture
def in_pieces():
    text = "".join(f"{['the', 'cats', 'sat', 'on the', 'mat,', 'Größe', 'too'][i * i % 7]} " for i in range(1500))
    return characters.data(text, TextSettings(length=16, tokens="subwords", vocabulary_size=300), "drawn"), text


def test_of_pieces_perplexity_is_for_each_piece_and_bits_are_for_each_character(in_pieces):
    data, text = in_pieces
    found = task_for(Fixed(torch.zeros(data.spec.vocabulary_size)), data.spec).evaluate(data.test)
    pieces = int((data.test.targets != NONE).sum())
    written = "".join(task_for(Fixed(torch.zeros(1)), data.spec).text(data.test.targets[data.test.targets != NONE]))
    assert found["perplexity"] == pytest.approx(data.spec.vocabulary_size, rel=1e-5)
    assert text.endswith(written) and pieces < len(written)
    bits = math.log2(data.spec.vocabulary_size) * pieces
    assert found["bits_per_character"] == pytest.approx(bits / len(written), rel=1e-5)


def test_a_text_becomes_pieces_and_back_with_nothing_unknown(in_pieces):
    data, _ = in_pieces
    task = task_for(Fixed(torch.zeros(data.spec.vocabulary_size)), data.spec)
    numbers, unknown = task.numbers("The cat\nsat")
    assert "".join(task.text(numbers)) == " The cat\nsat" and unknown == ""
    assert int(task.letters(numbers).sum()) == 12
    seen, = task.report(data)
    assert len(seen.data["characters"]) == len(seen.data["bits"])


class Repeats(nn.Module):
    """Foretells what stood eleven places before: a perfect copy where the pause is empty."""

    def __init__(self):
        super().__init__()
        self.sure = nn.Parameter(torch.tensor(5.0))

    def forward(self, tokens: Tensor) -> Tensor:
        before = F.pad(tokens, (10, 0))[:, : tokens.shape[1]]
        return self.sure * F.one_hot(before, 10).float()


def copied() -> tuple[LanguageModelling, Data]:
    torch.manual_seed(0)
    sequences = torch.cat([torch.randint(8, (6, 10)), torch.full((6, 1), 9)], 1)
    sequences = torch.cat([sequences, sequences[:, :10]], 1)  # ten symbols, a sign, and the ten again
    targets = sequences[:, 1:].clone()
    targets[:, :10] = NONE
    spec = DataSpec(kind="text", shape=(20,), symbols=True, vocabulary=tuple("abcdefgh·>"), vocabulary_size=10,
                    sizes={"train": 6, "validation": 6, "test": 6})
    split = Split(sequences[:, :-1], targets)
    return task_for(Repeats(), spec), Data(spec, split, split, split, "drawn")


def test_only_what_is_asked_for_counts_in_training_too():
    task, data = copied()
    _, measures = task.loss(Batch(data.train.inputs, data.train.targets))
    assert measures["accuracy"] == task.evaluate(data.validation)["accuracy"] == 1


def test_what_comes_back_is_read_on_with_and_shown_below_what_was_asked_for():
    task, data = copied()
    chances = task.recalled(data.test.inputs[:, :11], 10)
    assert torch.equal(chances.argmax(2), data.test.targets[:, 10:])
    torch.testing.assert_close(chances.amax(2), torch.full((6, 10), math.exp(5) / (math.exp(5) + 9)))
    preview, = task.report(data)
    assert preview.name == "test_recall" and len(preview.data["rows"]) == 6
    assert all(row["asked"] == row["recalled"] for row in preview.data["rows"])
