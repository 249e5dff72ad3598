"""Recordings out of WAV, FLAC and OGG files: opened with care, brought to one form, and read out of a zip or a folder."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import Tensor

from core.datasets import files
from core.datasets.base import Progress
from core.datasets.cache import cached
from core.datasets.files import File
from core.errors import UserError

SUFFIXES = {".wav", ".flac", ".ogg", ".oga"}
LONGEST = 10.0  # seconds that are listened to
MOST_SECONDS = 600.0  # of a file: more is not opened
QUIET = 0.03  # of the loudest moment: what is quieter before the first and after the last word is cut off
PEAK = 0.3  # the level of the loudest sample, as in recordings of speech


@dataclass(frozen=True)
class Sound:
    """`samples` float32 `(n,)` in -1..1, `rate` of them a second."""

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def opened(content: bytes) -> Sound:
    """A sound out of a file's content: its channels as one, without the quiet before and after, at the level of speech.

    Raises `ValueError` with what is wrong where it can't be read, or is much too long, empty or silent.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate = file.samplerate
            if file.frames > MOST_SECONDS * rate:
                raise ValueError(f"it has {file.frames / rate / 60:.0f} minutes")
            samples = file.read(dtype="float32", always_2d=True).mean(1)  # (n,)
    except (soundfile.SoundFileError, OSError, RuntimeError, TypeError) as error:
        raise ValueError("it is no sound that can be read") from error
    if not len(samples):
        raise ValueError("it is empty")
    samples = np.nan_to_num(samples, posinf=0, neginf=0)
    samples = samples - samples.mean()
    moment = max(1, rate // 100)
    moments = np.pad(samples, (0, -len(samples) % moment)).reshape(-1, moment)
    loudness = np.sqrt(np.square(moments).mean(1))  # of each hundredth of a second
    if loudness.max() < 1e-4:
        raise ValueError("it is silent")
    heard = np.flatnonzero(loudness > QUIET * loudness.max())
    samples = samples[max(0, heard[0] - 3) * moment : (heard[-1] + 4) * moment]
    return Sound((samples * (PEAK / np.abs(samples).max())).astype(np.float32), rate)


def at_rate(sound: Sound, rate: int) -> np.ndarray:
    """A sound at another rate, int16 `(samples,)`, up to its last sample that isn't 0."""
    from scipy.signal import resample_poly

    samples = sound.samples
    if sound.rate != rate:
        common = math.gcd(sound.rate, rate)
        samples = resample_poly(samples, rate // common, sound.rate // common)
    whole = (samples * 2**15).round().clip(-(2**15), 2**15 - 1).astype(np.int16)
    return whole[: np.flatnonzero(whole)[-1] + 1]


def decode(path: Path, held: Sequence[File], version: str, rate: int, progress: Progress) -> dict[str, Tensor]:
    """Files in a zip or a folder as sounds at one rate, from the cache where they were read before.

    Returns: `samples` int16, all one after the other; `lengths` int64 `(n,)`, 0 where a file can't be read or is longer than
    `LONGEST`; `seconds` float64 `(n,)`; `digests` int64 `(n,)`, of each file's content; `readable` bool `(n,)`.
    """
    def read() -> dict[str, Tensor]:
        sounds, count = [np.zeros(0, np.int16)], len(held)
        lengths, seconds = np.zeros(count, np.int64), np.zeros(count)
        digests, readable = np.zeros(count, np.int64), np.zeros(count, bool)
        with files.opened(path) as content_of:
            for i, file in enumerate(held):
                progress(i, count)
                try:
                    content = content_of(file)
                    digests[i] = int.from_bytes(hashlib.sha256(content).digest()[:8], "little", signed=True)
                    sound = opened(content)
                except files.BROKEN:
                    continue
                readable[i], seconds[i] = True, sound.seconds
                if sound.seconds <= LONGEST:
                    sounds.append(at_rate(sound, rate))
                    lengths[i] = len(sounds[-1])
        progress(count, count)
        return {"samples": torch.from_numpy(np.concatenate(sounds)), "lengths": torch.from_numpy(lengths),
                "seconds": torch.from_numpy(seconds), "digests": torch.from_numpy(digests),
                "readable": torch.from_numpy(readable)}

    names = hashlib.sha256("\n".join(file.place for file in held).encode(errors="replace")).hexdigest()
    return cached(path, f"sounds at {rate}, of the files {names}", read, version)


def rows(read: dict[str, Tensor], chosen: np.ndarray, rate: int) -> Tensor:
    """The sounds at `chosen` `(n,)` of what `decode` gave, filled up with 0: int16 `(n, samples)`. Whatever the rate, the
    longest is the same, in whole tenths of a second. Raises `UserError` where they would not fit into the memory."""
    longest = math.ceil(10 * read["seconds"][chosen].max().item()) * rate // 10
    size, free = 2 * len(chosen) * longest, psutil.virtual_memory().available
    if 2 * size > free:  # they are held once more while they are divided
        raise UserError(f"{len(chosen):,} sounds of up to {longest / rate:.1f} seconds take {size / 1e9:,.1f} GB of memory "
                        f"twice, and {free / 1e9:,.1f} GB are free: take fewer or shorter ones.")
    ends = read["lengths"].cumsum(0)
    filled = torch.zeros(len(chosen), longest, dtype=torch.int16)
    for row, i in zip(filled, chosen.tolist(), strict=True):
        row[: read["lengths"][i]] = read["samples"][ends[i] - read["lengths"][i] : ends[i]]
    return filled
