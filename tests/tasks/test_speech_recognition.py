"""Speech recognition: what padding may not change, what is measured, and what is hidden in training."""

import jiwer
import pytest
import torch

from core import catalog
from core.catalog import BLANK, DataSpec
from core.datasets.base import Batch, Split
from core.experiment import Experiment
from core.tasks import ctc
from core.tasks.hearing import played, spec_augment
from core.tasks.speech_recognition import SpeechRecognition
from core.training.setup import build_model, build_task
from tests.sounds import tone

SPEC = DataSpec(kind="sounds", shape=(8000,), sizes={"train": 8, "validation": 8, "test": 8}, sample_rate=8000,
                vocabulary=("", "a", "b", "c"), vocabulary_size=4, target_length=4)


@pytest.fixture
def task() -> SpeechRecognition:
    torch.manual_seed(0)
    experiment = Experiment.make("speech_recognition", "speech-lstm", "spoken-digits", model={"width": 8},
                                 objective={"band_mask": 0, "time_mask": 0.0, "speed": 0.0})
    made = build_task(experiment, SPEC, build_model(experiment, SPEC))
    made.model.eval()
    made.model.letters.weight.data *= 20  # so that letters, not only the blank, are likeliest somewhere
    return made


def recordings(count: int = 6) -> Split:
    draw = torch.Generator().manual_seed(1)
    sounds = torch.randint(1, 9000, (count, 8000), generator=draw).short()
    targets = torch.randint(1, 4, (count, 4), generator=draw)
    for i in range(count):
        sounds[i, : 2000 + 400 * i] //= torch.linspace(1, 30, 2000 + 400 * i).short()  # it fades
        sounds[i, 2000 + 400 * i :] = 0
        targets[i, 2 + i % 3 :] = BLANK
    return Split(sounds, targets)


def test_padding_changes_neither_loss_nor_logits_nor_text_of_a_recording(task):
    split = recordings()
    together, counts = task.logits(split.inputs)
    texts = [task._decoded(chances) for chances in task.chances(together, counts)]
    losses = task._ctc(together, counts, split.targets)
    assert any(texts)
    for i, text in enumerate(texts):
        end, letters = 2000 + 400 * i, 2 + i % 3
        alone, count = task.logits(split.inputs[i : i + 1, :end])
        assert count == counts[i]
        torch.testing.assert_close(together[i : i + 1, : counts[i]], alone, atol=1e-4, rtol=1e-4)
        assert [task._decoded(chances) for chances in task.chances(alone, count)] == [text]
        loss, _ = task.loss(Batch(split.inputs[i : i + 1, :end], split.targets[i : i + 1, :letters]))
        torch.testing.assert_close(losses[i], loss, rtol=1e-4, atol=1e-4)


def test_the_loss_of_a_batch_is_the_mean_over_its_recordings(task):
    split = recordings(4)
    each = [task.loss(split.take(torch.tensor([i]), torch.device("cpu")))[0] for i in range(4)]
    torch.testing.assert_close(task.loss(Batch(split.inputs, split.targets))[0], torch.stack(each).mean())


def test_a_recording_too_short_for_its_transcript_teaches_nothing(task):
    sound = torch.ones(1, 200, dtype=torch.int16)  # two steps for four letters
    loss, _ = task.loss(Batch(sound, torch.tensor([[1, 2, 3, 1]])))
    assert loss == 0


@pytest.mark.parametrize("beam", [1, 8])
def test_error_rates_are_those_of_the_texts(task, beam):
    task.settings = task.settings.model_copy(update={"beam": beam})
    split = recordings()
    measured = task.evaluate(split)
    said = [task.text(row) for row in split.targets.tolist()]
    texts = [task._decoded(chances) for chances in task.chances(*task.logits(split.inputs))]
    wrong = sum(a != b for a, b in zip(said, texts, strict=True))
    assert measured["word_error_rate"] == pytest.approx(wrong / len(said))  # one word each
    letters = [jiwer.process_characters(a, b) for a, b in zip(said, texts, strict=True)]
    edits = sum(one.substitutions + one.deletions + one.insertions for one in letters)
    assert measured["character_error_rate"] == pytest.approx(edits / sum(map(len, said)))


def test_a_beam_finds_texts_at_least_as_likely_as_the_likeliest_paths(task):
    split = recordings()
    for chances in task.chances(*task.logits(split.inputs)):
        logs = dict(ctc.prefix_beam(chances, 100))
        assert max(logs.values()) >= logs.get(ctc.greedy(chances), -1e9)
        task.settings = SpeechRecognition.Settings(beam=100)
        assert task._decoded(chances) == task.text(max(logs, key=logs.get))


def test_at_most_two_bands_and_two_stretches_are_hidden_and_nothing_else_changes():
    torch.manual_seed(0)
    frames, counts = torch.ones(200, 50, 40), torch.tensor([50, 20] * 100)
    changed = spec_augment(frames, counts, bands=8, share=0.2)
    assert set(changed.unique().tolist()) == {0, 1}
    hidden = changed == 0
    bands, stretches = hidden.all(1).sum(1), hidden.all(2).sum(1)  # each (recordings,)
    assert bands.max() <= 16 and bands.float().mean() == pytest.approx(7.5, abs=1)  # twice 4 on the mean, some overlapping
    assert stretches[::2].max() <= 20 and stretches[1::2].max() <= 8
    assert torch.equal(hidden, hidden.all(1)[:, None, :] | hidden.all(2)[:, :, None])
    assert not hidden[1::2, 20:].all(2).any()  # stretches lie within the recording
    assert torch.equal(spec_augment(frames, counts, bands=0, share=0.0), frames)


@pytest.mark.parametrize("hertz", [440, 1000])
def test_faster_is_shorter_and_higher_by_the_same_factor(hertz):
    torch.manual_seed(0)
    sounds = torch.zeros(50, 9000, dtype=torch.int16)
    sounds[:, :8000] = torch.from_numpy(tone(hertz, 1))
    factors = []
    for sound in played(sounds, 0.2):
        sound = sound[: int(sound.nonzero().max()) + 1].double()
        factors.append(8000 / len(sound))
        pitch = torch.fft.rfft(sound).abs().argmax() * 8000 / len(sound)
        assert pitch == pytest.approx(hertz * factors[-1], abs=2)
    assert 0.79 < min(factors) < 0.85 and 1.15 < max(factors) < 1.21


def test_hiding_and_playing_at_other_speeds_are_for_training_alone(task):
    task.settings = SpeechRecognition.Settings()
    split = recordings()
    batch = Batch(split.inputs, split.targets)
    assert task.evaluate(split) == task.evaluate(split)
    torch.manual_seed(0)
    first, second = (task.loss(batch)[0].item() for _ in range(2))
    assert first != second


def test_what_has_no_transcripts_is_refused():
    reason = "speech recognition needs sounds with transcripts."
    assert SpeechRecognition.misfit(SPEC.model_copy(update={"target_length": 0})) == reason
    assert SpeechRecognition.misfit(DataSpec(kind="sentences", shape=(4,), sizes={}, vocabulary_size=9)) == reason
    assert catalog.misfit("speech_recognition", "lenet", "spoken-digits").startswith("LeNet-5 is made for")
