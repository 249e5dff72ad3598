"""3,000 recordings of the English digits by six people: Jakobovski and others 2016, the Free Spoken Digit Dataset."""

from __future__ import annotations

import io
import re
import urllib.request
import wave
import zipfile
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import ValidationInfo, field_validator

from core.catalog import BLANK, DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

ADDRESS = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.zip"
_FILE = "free-spoken-digits.zip"
_MOST_BYTES = 100_000_000  # the archive has 16 MB: anything much larger is something else
_NAME = re.compile(r"(?:.*/)?(\d)_([a-z]+)_(\d+)\.wav")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTERS = ("", *sorted(set("".join(WORDS))))  # the blank is no letter
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
EACH = 50  # recordings of each digit by each speaker
RATE = 8000
LONGEST = 18_262  # samples


@dataset(
    "spoken-digits",
    title="Spoken digits",
    year=2016,
    people="Zohar Jackson, César Souza, Jason Flaks, Yuxin Pan, Hereman Nicolas, Adhish Thite",
    paper="Free Spoken Digit Dataset",
    url="https://github.com/Jakobovski/free-spoken-digit-dataset",
    licence="CC BY-SA 4.0",
    beginner="Six people say the digits from zero to nine in English, fifty times each. What is to be written down is the "
    "word.",
    expert="3,000 recordings, 8 kHz, mono, 16 bits, cut where they are quiet, 0.44 s on the mean. Split by "
    "recordings (the authors' way): 0 to 4 of each speaker and digit are the test, 5 to 9 the validation. Split by "
    "speakers: theo is the validation, yweweler the test, and neither is heard in training.",
)
class SpokenDigits(Dataset):
    """Sounds `(18262,)` with the letters of their words `(5,)`."""

    class Settings(Settings):
        split: Literal["recordings", "speakers"] = setting(
            "recordings", "Tests on other recordings of the people heard in training, or on a person never heard."
        )

    def spec(self) -> DataSpec:
        sizes = {"train": 2400, "validation": 300, "test": 300}
        if self.settings.split == "speakers":
            sizes = {"train": 2000, "validation": 500, "test": 500}
        return DataSpec(
            kind="sounds", shape=(LONGEST,), sizes=sizes, sample_rate=RATE, vocabulary=LETTERS,
            vocabulary_size=len(LETTERS), target_length=max(map(len, WORDS)),
        )

    def availability(self) -> Availability:
        if found := find_data(_FILE):
            return Availability(True, f"On disk: {found}.")
        return Availability(False, "Not on disk; the run downloads it first (16 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        packed = bytearray()
        try:
            with urllib.request.urlopen(ADDRESS, timeout=30) as answer:
                total = int(answer.headers.get("Content-Length") or 0)
                while len(packed) < _MOST_BYTES and (part := answer.read(65_536)):
                    packed += part
                    progress(len(packed), total or len(packed))
            if total and len(packed) != total:
                raise OSError(f"{len(packed)} of {total} bytes arrived")
            _recordings(io.BytesIO(packed))
        except (OSError, HTTPException, ValueError) as error:
            raise UserError(
                f"The spoken digits could not be downloaded from {ADDRESS}: check the network, or put {_FILE} into "
                f"{writable_data_folder()} ({error})."
            ) from error
        part = writable_data_folder() / f"{_FILE}.part"
        part.write_bytes(packed)
        part.replace(part.with_suffix(""))

    def load(self) -> Data:
        found = find_data(_FILE)
        if found is None:
            raise UserError(
                "The spoken digits are not on disk: connect to the network, or point GLASSBOX_DATA at a folder with "
                f"{_FILE}."
            )
        try:
            recordings = _recordings(found)
        except (OSError, ValueError) as error:
            raise UserError(f"{found} can't be read: delete it and launch again ({error}).") from error
        parts: dict[str, list[tuple[str, int, int]]] = {"train": [], "validation": [], "test": []}
        for name in sorted(recordings):
            parts[self._part(*name)].append(name)
        splits = {}
        for part, names in parts.items():
            inputs = torch.zeros(len(names), LONGEST, dtype=torch.int16)
            for i, (speaker, digit, number) in enumerate(names):
                sound = torch.from_numpy(recordings[speaker, digit, number])
                inputs[i, : len(sound)] = sound
            splits[part] = Split(inputs, torch.tensor([self._target(speaker, digit) for speaker, digit, _ in names]))
        return Data(self.spec(), **splits, source=str(found))

    def _target(self, speaker: str, digit: int) -> int | list[int]:
        """What is to be answered, as numbers."""
        letters = [LETTERS.index(letter) for letter in WORDS[digit]]
        return letters + [BLANK] * (self.spec().target_length - len(letters))

    def _part(self, speaker: str, digit: int, number: int) -> str:
        if self.settings.split == "speakers":
            return {"theo": "validation", "yweweler": "test"}.get(speaker, "train")
        return "test" if number < 5 else "validation" if number < 10 else "train"


@dataset(
    "spoken-digit-classes",
    title="Spoken digits by class",
    **{key: getattr(SpokenDigits.card, key) for key in ("year", "people", "paper", "url", "licence")},
    beginner="Six people say the digits from zero to nine in English, fifty times each. What is to be named is the digit, "
    "or who says it.",
    expert=SpokenDigits.card.expert,
)
class SpokenDigitClasses(SpokenDigits):
    """Sounds `(18262,)` with the class of their digit, or of their speaker."""

    class Settings(SpokenDigits.Settings):
        classes: Literal["digits", "speakers"] = setting("digits", "What is told apart: the ten digits, or the six people.")

        @field_validator("classes")
        @classmethod
        def _heard(cls, value: str, info: ValidationInfo) -> str:
            if value == "speakers" and info.data.get("split") == "speakers":
                raise ValueError("digits where the data are split by speakers: nobody is told by a voice never heard")
            return value

    def spec(self) -> DataSpec:
        classes = WORDS if self.settings.classes == "digits" else SPEAKERS
        return super().spec().model_copy(update={"classes": classes, "vocabulary": (), "vocabulary_size": 0,
                                                 "target_length": 0})

    def _target(self, speaker: str, digit: int) -> int | list[int]:
        return digit if self.settings.classes == "digits" else SPEAKERS.index(speaker)


def _recordings(file: Path | io.BytesIO) -> dict[tuple[str, int, int], np.ndarray]:
    """All recordings, int16 `(samples,)`, by speaker, digit and number, read out of the zip without unpacking it. Raises
    `ValueError` where they aren't the 3,000 of this data set."""
    found = {}
    wanted = {(speaker, digit, number) for speaker in SPEAKERS for digit in range(len(WORDS)) for number in range(EACH)}
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                named = _NAME.fullmatch(entry.filename)
                key = (named[2], int(named[1]), int(named[3])) if named else None
                if key in wanted:
                    if entry.file_size > 2 * LONGEST + 1000:
                        raise ValueError(f"{entry.filename} is too long")
                    found[key] = _samples(archive.read(entry), entry.filename)
    except (zipfile.BadZipFile, zlib.error, wave.Error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if len(found) < len(wanted):
        raise ValueError(f"{len(found):,} of {len(wanted):,} recordings are in it")
    return found


def _samples(content: bytes, name: str) -> np.ndarray:
    with wave.open(io.BytesIO(content)) as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, RATE):
            raise ValueError(f"{name} is not mono of 16 bits at {RATE:,} Hz")
        samples = np.frombuffer(sound.readframes(LONGEST), "<i2").astype(np.int16)
    if not samples.any():
        raise ValueError(f"{name} is silent")
    return samples
