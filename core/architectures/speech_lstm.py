"""Deep bidirectional LSTM over log-mel frames: Graves, Mohamed and Hinton 2013, "Speech recognition with deep recurrent
neural networks", sections 2 and 3. The frames' mel scale is that of the HTK book (Young et al. 2006, section 5.4)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.architectures.recurrent import BothWays
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

WINDOW, HOP = 0.025, 0.010  # seconds
MELS = 40
FLOOR = 1e-8  # of a mel band's energy, below what 16 bits resolve: silence has a logarithm too


@architecture(
    "speech-lstm",
    title="Speech LSTM",
    year=2013,
    people="Alex Graves, Abdel-rahman Mohamed, Geoffrey Hinton",
    paper="Speech recognition with deep recurrent neural networks",
    url="https://arxiv.org/abs/1303.5778",
    tasks=("speech_recognition", "sound_classification"),
    beginner="It hears a recording as a picture of which pitches sound when, reads that from both ends at once, remembering "
    "what it has heard, and says for each moment how likely each letter is, or what it was in the end.",
    expert="40 log-mel bands each 10 ms, standardised over each recording, some frames stacked into one; LSTM layers "
    "(Hochreiter and Schmidhuber 1997, with forget gates), each forwards and backwards in time, dropout between them; one "
    "linear layer to the letters and the CTC blank, or from the largest of each number over all steps to the classes. The "
    "backward direction starts at each recording's own end, so padding never reaches it.",
)
class SpeechLSTM(Architecture):
    """Input waveforms int16 `(batch, samples)`, each ended by its last sample that isn't 0. Of data with transcripts: output
    logits `(batch, ceil(samples / stride), letters)`, of which those at or after a recording's end mean nothing. Of data
    with classes: `(batch, classes)`.

    `stride` is the number of samples that one row of logits stands for.
    """

    takes = ("sounds",)

    class Settings(Settings):
        width: int = setting(128, "Memory cells of each layer and direction.", unit="cells", ge=4, le=2048)
        depth: int = setting(2, "Layers of memory cells.", unit="layers", ge=1, le=8)
        bidirectional: bool = setting(True, "Reads each recording from its end too; else a letter knows only the past.")
        stacking: int = setting(3, "Frames of 10 ms that are read as one: fewer steps, and coarser in time.", unit="frames",
                                ge=1, le=8)
        dropout: float = setting(0.3, "Share of numbers between the layers silenced at random in each training step.", ge=0,
                                 lt=1)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.vocabulary_size or len(spec.classes) > 1:
            return None
        return "Speech LSTM writes letters or names classes, and these data have neither transcripts nor classes."

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 32)
        return {
            "epochs": epochs_for(1500, spec, batch_size), "batch_size": batch_size, "optimiser": "adamw",
            "learning_rate": 3e-3, "weight_decay": 0.01, "schedule": "one-cycle", "clip_gradient": 5.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.spec, self.front = spec, LogMel(spec.sample_rate)
        self.stacking, self.stride = settings.stacking, self.front.hop * settings.stacking
        directions = 2 if settings.bidirectional else 1
        sizes = [MELS * settings.stacking] + [directions * settings.width] * (settings.depth - 1)
        self.layers = nn.ModuleList(BothWays(size, settings.width, directions) for size in sizes)
        self.dropout = nn.Dropout(settings.dropout)
        if spec.classes:
            self.classifier = nn.Linear(directions * settings.width, len(spec.classes))
        else:
            self.letters = nn.Linear(directions * settings.width, spec.vocabulary_size)

    def forward(self, sounds: Tensor, change: Callable[[Tensor, Tensor], Tensor] | None = None) -> Tensor:
        """`change`, where there is one, is given the frames `(batch, frames, mels)` and their counts `(batch,)` before they
        are read, as augmentation is."""
        frames, counts = self.front(sounds)
        if change:
            frames = change(frames, counts)
        frames = F.pad(frames, (0, 0, 0, -frames.shape[1] % self.stacking))
        states = frames.unflatten(1, (-1, self.stacking)).flatten(2)  # (batch, steps, stacking · mels)
        counts = -(-counts // self.stacking)
        for layer in self.layers:
            states = self.dropout(layer(states, counts))  # (batch, steps, directions · width)
        if self.spec.classes:
            real = torch.arange(states.shape[1], device=states.device) < counts[:, None]  # (batch, steps)
            return self.classifier(states.masked_fill(~real.unsqueeze(2), -torch.inf).amax(1))
        return self.letters(states)  # (batch, steps, letters)


class LogMel(nn.Module):
    """Waveforms int16 `(batch, samples)` to log-mel frames float32 `(batch, frames, mels)` and their counts `(batch,)`.

    Every `hop` samples a Hann window of 25 ms around that place gives a power spectrum, whose bands the mel filters add up.
    Their logarithms have mean 0 and variance 1 over each recording, so that loudness does not count; beyond its end they are
    0. Each band by itself is not standardised: in a word of a fifth of a second that takes away what tells vowels apart.
    """

    def __init__(self, rate: int):
        super().__init__()
        self.hop, window = round(HOP * rate), round(WINDOW * rate)
        self.size = 2 ** math.ceil(math.log2(window))
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.register_buffer("filters", mel_filters(self.size // 2 + 1, rate), persistent=False)

    def forward(self, sounds: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(sounds.device.type, enabled=False):
            energies = self.energies(sounds)  # (batch, frames, mels)
            counts = -(-lengths(sounds) // self.hop)
            real = (torch.arange(energies.shape[1], device=sounds.device) < counts[:, None]).unsqueeze(2)
            share = real / counts[:, None, None] / MELS  # (batch, frames, 1), which sum to one over all bands
            centred = energies - (energies * share).sum((1, 2), keepdim=True)
            variance = (centred.square() * share).sum((1, 2), keepdim=True)  # (batch, 1, 1)
            return centred * (variance + 1e-5).rsqrt() * real, counts

    def energies(self, sounds: Tensor) -> Tensor:
        """Log-mel energies as they are, `(batch, ceil(samples / hop), mels)`."""
        spectrum = torch.stft(
            sounds.float() / 2**15, self.size, self.hop, self.window.shape[0], self.window, pad_mode="constant",
            return_complex=True,
        )  # (batch, bins, frames)
        bands = self.filters @ spectrum.abs().square()  # (batch, mels, frames)
        return (bands + FLOOR).log().transpose(1, 2)[:, : -(-sounds.shape[1] // self.hop)]


def lengths(sounds: Tensor) -> Tensor:
    """Samples up to the last that isn't 0, of waveforms `(batch, samples)`: int64 `(batch,)`. One of zeros alone counts in
    full."""
    return sounds.shape[1] - (sounds != 0).flip(1).int().argmax(1)


def mel_filters(bins: int, rate: int) -> Tensor:
    """Triangles over a spectrum of `bins` frequencies from 0 to `rate / 2`: `(mels, bins)`.

    Their corners are evenly spaced on the mel scale, mel(f) = 2595 log10(1 + f / 700); each triangle rises from its left
    neighbour's peak to 1 at its own and falls to 0 at the right neighbour's, along frequency in mel.
    """
    frequency = torch.linspace(0, rate / 2, bins, dtype=torch.float64)
    mel = 2595 * (1 + frequency / 700).log10()  # (bins,)
    corners = torch.linspace(0, mel[-1].item(), MELS + 2, dtype=torch.float64)
    width = corners[1]
    return (1 - (mel - corners[1:-1, None]).abs() / width).clamp(min=0).float()
