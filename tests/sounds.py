"""Recordings that tests write themselves, tones in place of words, and a recogniser that has learned nothing."""

from __future__ import annotations

import io
import wave
import zipfile
from pathlib import Path

import numpy as np
import torch

from core import catalog
from core.datasets.base import Data, Split
from core.datasets.spoken_digits import SPEAKERS
from core.experiment import Experiment
from core.tracking import store, write
from core.training.setup import build_model

RATE = 8000


def tone(hertz: float, seconds: float, rate: int = RATE, level: float = 0.3) -> np.ndarray:
    """Int16 `(samples,)`."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * 32767 * np.sin(2 * np.pi * hertz * time + 0.1)).astype(np.int16)


def wav(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return held.getvalue()


def spoken_digits(folder: str = "", leave_out: str = "", **more: bytes) -> bytes:
    """A zip like that of the spoken digits, of tones: each digit has a pitch, each recording a length. `more` by name."""
    held = io.BytesIO()
    sounds = [[wav(tone(300 + 100 * digit, 0.1 + 0.01 * (number % 10))) for number in range(10)] for digit in range(10)]
    with zipfile.ZipFile(held, "w") as archive:
        for speaker in SPEAKERS:
            for digit in range(10):
                for number in range(50):
                    name = f"{digit}_{speaker}_{number}"
                    if name != leave_out:
                        archive.writestr(f"{folder}{name}.wav", more.get(name, sounds[digit][number % 10]))
        for name, content in more.items():
            if "/" in name:
                archive.writestr(name, content)
    return held.getvalue()


def kept_run(task: str = "speech_recognition", dataset: str = "spoken-digits") -> str:
    """The id of a run that kept its weights at the start."""
    experiment = Experiment.make(task, "speech-lstm", dataset, model={"width": 8})
    spec = catalog.get("dataset", dataset)(experiment.data).spec()
    run_id = write.create_run(experiment)
    store.client().update_run(run_id, status="RUNNING")
    log = write.RunLog(run_id, Path("none"), lambda: False, lambda: None)
    targets = torch.ones((1, 5) if spec.target_length else 1, dtype=torch.int64)
    split = Split(torch.ones(1, *spec.shape, dtype=torch.int16), targets)
    log.data(dataset, Data(spec, split, split, split, "nowhere"))
    torch.manual_seed(0)
    log.weights(build_model(experiment, spec).state_dict(), 0)
    log.close()
    write.finish(run_id, "FINISHED")
    return run_id
