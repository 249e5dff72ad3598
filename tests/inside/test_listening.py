"""What is made of a recording, and recordings that people bring."""

import io

import numpy as np
import pytest
import soundfile
import torch

from core.datasets import recordings
from core.errors import UserError
from core.inside import classify, listening
from core.inside.listening import Sound
from core.tasks import ctc
from tests.sounds import tone, wav


@pytest.fixture
def recogniser(untrained):
    return untrained("speech_recognition", "speech-lstm", "spoken-digits", model={"width": 8})


@pytest.fixture
def namer(untrained):
    return untrained("sound_classification", "speech-lstm", "spoken-digit-classes", model={"width": 8})


def loudest(sound: np.ndarray, rate: int) -> float:
    """The frequency with the most power."""
    return np.abs(np.fft.rfft(sound)).argmax() * rate / len(sound)


def test_only_what_hears_fits(recogniser, namer, untrained):
    assert listening.fits(recogniser) and listening.fits(namer)
    assert not listening.fits(untrained("classification", "lenet", "digits"))


def test_letters_frames_and_path_are_those_of_the_model(recogniser):
    sound = Sound(tone(440, 0.5).astype(np.float32) / 2**15, 8000)
    seen = listening.see(recogniser, sound)
    heard = listening.listen(recogniser, seen)
    waveform = torch.from_numpy(tone(440, 0.5))[None]
    with torch.no_grad():
        expected = recogniser.model(waveform)[0].softmax(1).numpy()
    np.testing.assert_allclose(heard.chances, expected, rtol=1e-4)
    assert heard.chances.shape == (17, 16) and seen.spectrum.shape == (40, 50) and heard.path.shape == (17,)
    assert (seen.hop, seen.stride, seen.rate) == (80, 240, 8000)
    text, share = heard.texts[0]
    assert share == max(chance for _, chance in heard.texts)
    letters = tuple(heard.letters.index(letter) for letter in text)
    assert np.array_equal(heard.path, ctc.alignment(np.log(heard.chances), letters))


def test_the_chances_of_classes_are_the_model_s(namer):
    sound = Sound(tone(440, 0.5).astype(np.float32) / 2**15, 8000)
    answer = classify.classify(namer, listening.see(namer, sound).waveform)
    with torch.no_grad():
        expected = namer.model(torch.from_numpy(tone(440, 0.5))[None])[0].softmax(0).numpy()
    np.testing.assert_allclose(answer.probabilities, expected, rtol=1e-4)
    assert answer.classes[:3] == ("zero", "one", "two")


def test_a_tone_is_loudest_in_the_band_of_its_pitch(recogniser):
    time = np.linspace(0, 1, 8000)
    rising = np.concatenate([0.01 * np.sin(2 * np.pi * 300 * time), 0.3 * np.sin(2 * np.pi * 2000 * time)])
    seen = listening.see(recogniser, Sound(rising.astype(np.float32), 8000))
    band = seen.spectrum[:, 150].argmax()
    assert abs(seen.hertz[band] - 2000) < 200


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_a_sound_of_any_kind_rate_and_channels_keeps_its_pitch_and_loses_its_silence(recogniser, kind):
    said = np.concatenate([np.zeros(44100), tone(700, 0.5, 44100), np.zeros(22050)]) / 2**15
    held = io.BytesIO()
    soundfile.write(held, np.stack([said, 0.5 * said], 1), 44100, format=kind)
    sound = listening.open_sound(held.getvalue())
    assert sound.rate == 44100 and sound.seconds == pytest.approx(0.5, abs=0.1)
    waveform = listening.in_form(sound, recogniser.spec)[0]
    assert waveform.dtype == torch.int16
    assert len(waveform) == pytest.approx(8000 * sound.seconds, abs=300)  # zeros at its end count no more
    assert loudest(waveform.numpy(), 8000) == pytest.approx(700, abs=5)
    assert waveform.abs().max() == pytest.approx(recordings.PEAK * 2**15, rel=0.05)


def test_a_recording_of_the_data_is_heard_exactly_as_it_is(recogniser, namer):
    row = torch.zeros(9000, dtype=torch.int16)
    row[:4000] = torch.from_numpy(tone(440, 0.5))
    sound = listening.of_data(row, recogniser.spec)
    assert torch.equal(listening.in_form(sound, recogniser.spec)[0], row[:4000])
    letters = [recogniser.spec.vocabulary.index(letter) for letter in "one"]
    assert listening.said(torch.tensor([*letters, 0, 0]), recogniser.spec) == "one"
    assert listening.said(torch.tensor(3), namer.spec) == "three"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no sound that can be read"),
        (b"GIF89a nothing", "no sound that can be read"),
        (wav(np.zeros(0)), "empty"),
        (wav(np.zeros(8000)), "silent"),
        (wav(np.full(8000, 900)), "silent"),  # a current, no sound
        (wav(np.tile(tone(440, 10), 61)), "10 minutes"),
    ],
    ids=["nothing", "a picture", "empty", "silent", "constant", "too long"],
)
def test_what_can_t_be_heard_is_one_sentence(content, reason):
    with pytest.raises(UserError, match=reason) as error:
        listening.open_sound(content)
    assert "\n" not in str(error.value)


def test_a_sound_longer_than_is_listened_to_is_refused(recogniser, home):
    sound = listening.open_sound(wav(tone(440, 11)))
    for refused in (lambda: listening.keep(sound), lambda: listening.in_form(sound, recogniser.spec)):
        with pytest.raises(UserError, match=r"11 seconds.*at most 10"):
            refused()


def test_a_kept_sound_comes_back(home):
    sound = listening.open_sound(wav(tone(440, 0.5, 16000), 16000))
    name = listening.keep(sound)
    assert name == listening.keep(sound)
    again = listening.kept(name)
    assert again.rate == 16000
    np.testing.assert_allclose(again.samples, sound.samples, atol=2**-15)


@pytest.mark.parametrize("name", ["../../secret", "0" * 20, ""])
def test_no_other_file_is_read_for_an_address(home, name):
    with pytest.raises(UserError, match="not on this server"):
        listening.kept(name)
