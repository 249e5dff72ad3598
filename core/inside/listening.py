"""What a model that hears makes of a recording, and recordings from a person's hand: opened with care, kept for an address,
and put into the model's form. Graves, Fernández, Gomez and Schmidhuber 2006, figure 1, shows letters this way."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.catalog import BLANK, DataSpec
from core.datasets import recordings
from core.datasets.recordings import LONGEST, Sound
from core.errors import UserError
from core.inside import kept as files
from core.inside.load import Loaded
from core.tasks import ctc

PLACE = ("sounds", ".flac")  # of what is kept: the folder, and how names end
BEAM = 16  # texts kept at each step of the search


@dataclass(frozen=True)
class Seen:
    """A recording as a model is given it: `samples` float32 `(n,)` at the model's `rate`; `spectrum` float32
    `(mels, frames)`, around 0, the lowest band first, whose centres are `hertz` `(mels,)`, with `hop` samples from frame to
    frame; `stride`: how many samples the model reads in one step; `waveform` int16 `(1, n)`."""

    samples: np.ndarray
    rate: int
    spectrum: np.ndarray
    hertz: np.ndarray
    hop: int
    stride: int
    waveform: Tensor


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of a recording.

    `chances` float32 `(steps, letters)`, for `letters`, of which the one at `BLANK` is the blank; `texts`: the likeliest,
    each with its probability; `path` `(steps,)`: for each step the place of its letter in the first of the texts, or -1.
    """

    chances: np.ndarray
    letters: tuple[str, ...]
    texts: tuple[tuple[str, float], ...]
    path: np.ndarray


def fits(loaded: Loaded) -> bool:
    """Whether the run hears: it writes down what is said, or names it."""
    return loaded.spec.kind == "sounds"


def see(loaded: Loaded, sound: Sound) -> Seen:
    """A sound as the model is given it. Raises `UserError` where it is too long."""
    front, rate, waveform = loaded.model.front, loaded.spec.sample_rate, in_form(sound, loaded.spec)
    with loaded.lock, torch.no_grad():
        frames, _ = front(waveform)  # (1, frames, mels)
    return Seen(
        samples=waveform[0].numpy().astype(np.float32) / 2**15, rate=rate, spectrum=frames[0].T.numpy(),
        hertz=front.filters.argmax(1).numpy() * rate / front.size, hop=front.hop, stride=loaded.model.stride,
        waveform=waveform,
    )


def listen(loaded: Loaded, seen: Seen) -> Heard:
    """A recogniser's hearing of a sound, letter by letter."""
    task = loaded.task
    with loaded.lock:
        (log_chances,) = task.chances(*task.logits(seen.waveform))  # (steps, letters)
    found = ctc.prefix_beam(log_chances, BEAM)
    return Heard(np.exp(log_chances), loaded.spec.vocabulary,
                 tuple((task.text(text), math.exp(log)) for text, log in found), ctc.alignment(log_chances, found[0][0]))


def of_data(row: Tensor, spec: DataSpec) -> Sound:
    """A sound of the data, int16 `(samples,)`, without what fills it up."""
    samples = row.numpy()
    return Sound(samples[: np.flatnonzero(samples)[-1] + 1].astype(np.float32) / 2**15, spec.sample_rate)


def said(target: Tensor, spec: DataSpec) -> str:
    """What a sound of the data is: its class `()`, or its transcript `(letters,)` as text."""
    if spec.classes:
        return spec.classes[int(target)]
    return "".join(spec.vocabulary[i] for i in target.tolist() if i != BLANK)


def in_form(sound: Sound, spec: DataSpec) -> Tensor:
    """A sound at the model's rate, int16 `(1, samples)`, up to its last sample that isn't 0. Raises `UserError` where it is
    too long."""
    if sound.seconds > LONGEST:
        raise UserError(f"This sound has {sound.seconds:.0f} seconds, and at most {LONGEST:.0f} are listened to: take a "
                        "shorter one.")
    return torch.from_numpy(recordings.at_rate(sound, spec.sample_rate))[None]


def open_sound(content: bytes) -> Sound:
    """An uploaded or recorded sound. Raises `UserError` where it can't be read, is much too long, empty or silent."""
    try:
        return recordings.opened(content)
    except ValueError as error:
        raise UserError(f"This can't be heard, since {error}: record or choose another one, a WAV, FLAC or OGG file of at "
                        f"most {LONGEST:.0f} seconds.") from error


def keep(sound: Sound) -> str:
    """Keeps a sound in the home, so that an address can hold it. Gives its name. Raises `UserError` where it is too long or
    can't be written."""
    import soundfile

    if sound.seconds > LONGEST:
        raise UserError(f"This sound has {sound.seconds:.0f} seconds without the quiet around it, and at most {LONGEST:.0f} "
                        "are listened to: take a shorter one.")
    held = io.BytesIO()
    soundfile.write(held, sound.samples, sound.rate, format="FLAC", subtype="PCM_16")
    return files.keep(held.getvalue(), *PLACE,
                      "The sound could not be kept on this server: free some space, then take it again")


def kept(name: str) -> Sound:
    """The sound that `keep` named so. Raises `UserError` where it is not here (any more)."""
    import soundfile

    path = files.find(name, *PLACE, "The sound of this address is not on this server (any more): record or choose it again.")
    samples, rate = soundfile.read(path, dtype="float32")
    return Sound(samples, rate)
