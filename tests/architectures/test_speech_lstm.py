"""The speech recogniser's frames against formulas, its layers against torch's own."""

import math

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from core.architectures.speech_lstm import FLOOR, MELS, BothWays, LogMel, SpeechLSTM, mel_filters
from core.catalog import DataSpec

SPEC = DataSpec(kind="sounds", shape=(4000,), sizes={"train": 10}, vocabulary_size=5, sample_rate=8000, target_length=3)


def noise(*lengths: int) -> torch.Tensor:
    """Noise of these lengths, followed by zeros."""
    torch.manual_seed(0)
    sounds = torch.randint(1, 9000, (len(lengths), max(lengths))).short()
    for sound, length in zip(sounds, lengths, strict=True):
        sound[length:] = 0
    return sounds


def mel(frequency: float) -> float:
    return 2595 * math.log10(1 + frequency / 700)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_mel_filters_are_the_triangles_of_the_htk_book(rate):
    size = 256 if rate == 8000 else 512
    step = mel(rate / 2) / (MELS + 1)
    expected = torch.zeros(MELS, size // 2 + 1)
    for band in range(MELS):
        low, peak, high = (step * (band + place) for place in range(3))
        for k in range(size // 2 + 1):
            at = mel(k * rate / size)
            if low < at < high:
                expected[band, k] = (at - low) / (peak - low) if at < peak else (high - at) / (high - peak)
    torch.testing.assert_close(mel_filters(size // 2 + 1, rate), expected, atol=1e-5, rtol=0)
    assert (expected.sum(1) > 0).all()  # no band is empty


def test_energies_are_those_of_a_fourier_sum_written_out():
    front, sounds = LogMel(8000), noise(900)
    wave = torch.cat([torch.zeros(128), sounds[0].double() / 2**15, torch.zeros(256)])
    frame = 4  # around sample 4 · 80; the window of 200 samples lies in the middle of 256
    hann = torch.tensor([0.5 - 0.5 * math.cos(2 * math.pi * n / 200) for n in range(200)], dtype=torch.float64)
    part = wave[frame * 80 :][:256].clone()
    part[:28], part[228:] = 0, 0
    part[28:228] *= hann
    n = torch.arange(256, dtype=torch.float64)
    power = torch.tensor([
        (part * (2 * math.pi * k * n / 256).cos()).sum() ** 2 + (part * (2 * math.pi * k * n / 256).sin()).sum() ** 2
        for k in range(129)
    ])
    expected = (mel_filters(129, 8000) @ power.float() + FLOOR).log()
    torch.testing.assert_close(front.energies(sounds)[0, frame], expected, rtol=1e-4, atol=1e-4)


def test_frames_have_mean_0_and_variance_1_within_a_recording_and_are_0_beyond_it():
    frames, counts = LogMel(8000)(noise(2000, 801))
    assert frames.shape == (2, 25, MELS) and counts.tolist() == [25, 11]
    for one, count in zip(frames, counts, strict=True):
        torch.testing.assert_close(one[:count].mean(), torch.tensor(0.0), atol=1e-5, rtol=0)
        torch.testing.assert_close(one[:count].var(correction=0), torch.tensor(1.0), atol=1e-3, rtol=0)
        assert (one[count:] == 0).all()


def test_louder_speech_gives_the_same_frames():
    sounds = noise(2000)
    torch.testing.assert_close(LogMel(8000)(sounds)[0], LogMel(8000)(sounds * 3)[0], atol=1e-2, rtol=0)


def test_a_layer_both_ways_is_torchs_packed_bidirectional_lstm():
    torch.manual_seed(0)
    ours, theirs = BothWays(6, 5, 2), nn.LSTM(6, 5, batch_first=True, bidirectional=True)
    for name, value in ours.forwards.named_parameters():
        value.data = getattr(theirs, name).data
    for name, value in ours.backwards.named_parameters():
        value.data = getattr(theirs, f"{name}_reverse").data
    states, counts = torch.randn(3, 9, 6), torch.tensor([9, 4, 1])
    packed = pack_padded_sequence(states, counts, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)
    found = ours(states, counts)
    for one, other, count in zip(found, expected, counts, strict=True):
        torch.testing.assert_close(one[:count], other[:count])


@pytest.mark.parametrize("model", [{}, {"bidirectional": False, "stacking": 3, "depth": 3}], ids=["deep", "one way"])
def test_padding_never_changes_the_logits_of_a_recording(model):
    torch.manual_seed(0)
    speech = SpeechLSTM(SpeechLSTM.Settings(width=8, **model), SPEC).eval()
    lengths = [3999, 1234, 400]
    together = speech(noise(*lengths))
    assert together.shape == (3, -(-3999 // speech.stride), 5)
    for row, length in enumerate(lengths):
        alone = speech(noise(*lengths)[row : row + 1, :length])
        assert alone.shape[1] == -(-length // speech.stride)
        torch.testing.assert_close(together[row : row + 1, : alone.shape[1]], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("model", [{}, {"bidirectional": False, "stacking": 2, "depth": 1}], ids=["deep", "one way"])
def test_padding_never_changes_the_classes_of_a_recording(model):
    torch.manual_seed(0)
    spec = SPEC.model_copy(update={"classes": ("a", "b", "c"), "vocabulary_size": 0, "target_length": 0})
    speech = SpeechLSTM(SpeechLSTM.Settings(width=8, **model), spec).eval()
    lengths = [3999, 1234, 400]
    together = speech(noise(*lengths))
    assert together.shape == (3, 3)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(together[row : row + 1], speech(noise(*lengths)[row : row + 1, :length]), atol=1e-5,
                                   rtol=1e-4)


def test_the_whole_model_can_be_exported_from_the_waveform_on():
    torch.manual_seed(0)
    speech = SpeechLSTM(SpeechLSTM.Settings(width=4), SPEC).eval()
    exported = torch.export.export(speech, (noise(3999, 1234),)).module()
    sounds = noise(3000, 3999)
    torch.testing.assert_close(exported(sounds), speech(sounds))
