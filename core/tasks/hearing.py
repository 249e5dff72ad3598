"""What the tasks that hear share: recordings cut to the longest of a batch, and how they are varied in training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core import experiment
from core.architectures.speech_lstm import lengths
from core.experiment import setting


class Settings(experiment.Settings):
    """How recordings are varied in training."""

    band_mask: int = setting(6, "Widest of the two bands hidden from each recording in training, of 40; 0 hides none.",
                             unit="bands", ge=0, le=40)
    time_mask: float = setting(0.08, "Longest of the two stretches hidden from each recording in training, as a share "
                               "of it; 0 hides none.", ge=0, le=0.5)
    speed: float = setting(0.1, "How much faster or slower each recording is played in training, at most, with its "
                           "pitch.", ge=0, le=0.5)

    def hidden(self, frames: Tensor, counts: Tensor) -> Tensor:
        """Frames `(batch, frames, mels)` as a model is given them in training."""
        return spec_augment(frames, counts, self.band_mask, self.time_mask)


def trimmed(sounds: Tensor) -> tuple[Tensor, Tensor]:
    """Waveforms `(batch, samples)` as long as the longest of them, and the samples that each has, `(batch,)`."""
    samples = lengths(sounds)
    return sounds[:, : int(samples.max())], samples


def varied(sounds: Tensor, speed: float) -> Tensor:
    """Waveforms as a model is given them in training."""
    return played(trimmed(sounds)[0], speed)


def played(sounds: Tensor, spread: float) -> Tensor:
    """Waveforms int16 `(batch, samples)`, each played at a speed between `1 - spread` and `1 + spread`: Ko, Povey, Peddinti
    and Khudanpur 2015, "Audio augmentation for speech recognition", section 2.1."""
    batch, samples = sounds.shape
    speed = 1 + spread * (2 * torch.rand(batch, 1, device=sounds.device) - 1)
    place = torch.arange(math.ceil(samples / (1 - spread)), device=sounds.device) * speed  # (batch, longer)
    before = place.long().clamp(max=samples - 2)
    left, right = (sounds.gather(1, at).float() for at in (before, before + 1))
    return torch.lerp(left, right, place - before).where(place <= samples - 1, 0).round().short()


def spec_augment(frames: Tensor, counts: Tensor, bands: int, share: float) -> Tensor:
    """Frames `(batch, frames, mels)` with two bands of up to `bands` mels and two stretches of up to `share` of each
    recording's `counts` `(batch,)` frames set to 0, which is their mean: Park et al. 2019, "SpecAugment", section 2. Time is
    not warped, which the paper found to matter least."""
    batch, length, mels = frames.shape
    hidden = torch.zeros_like(frames, dtype=torch.bool)
    for size, whole, most, axis in (
        (mels, torch.full_like(counts, mels), torch.full_like(counts, bands), 1), (length, counts, counts * share, 2),
    ):
        place = torch.arange(size, device=frames.device)
        for _ in range(2):
            drawn = torch.rand(2, batch, device=frames.device)
            width = (drawn[0] * (most + 1)).floor()  # (batch,), whole numbers from 0 to `most`
            start = (drawn[1] * (whole - width + 1)).floor()
            masked = (place >= start[:, None]) & (place < (start + width)[:, None])  # (batch, mels or frames)
            hidden |= masked.unsqueeze(axis)
    return frames.masked_fill(hidden, 0)
