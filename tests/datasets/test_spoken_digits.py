"""The spoken digits: fetched from a server on this machine, checked, and divided in two ways."""

import numpy as np
import pytest
import torch

from core.datasets import spoken_digits
from core.datasets.spoken_digits import SpokenDigits
from core.errors import UserError
from core.experiment import Experiment
from tests.sounds import spoken_digits as archive
from tests.sounds import tone, wav

FILE = "/master.zip"


@pytest.fixture(scope="module")
def packed() -> bytes:
    return archive("free-spoken-digit-dataset-master/recordings/", **{"free-spoken-digit-dataset-master/README.md": b"#"})


@pytest.fixture
def digits():
    return SpokenDigits(SpokenDigits.Settings())


@pytest.fixture
def github(server, monkeypatch, empty, packed):
    server.files[FILE] = packed
    monkeypatch.setattr(spoken_digits, "ADDRESS", server.address + FILE.removeprefix("/"))
    return server


def said(split, row: int) -> str:
    return "".join(spoken_digits.LETTERS[i] for i in split.targets[row])


def test_they_are_fetched_with_progress_and_load_as_they_were_recorded(digits, github, empty, packed):
    assert digits.availability().fetchable and not digits.availability().ready
    seen = []
    digits.fetch(lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(packed), len(packed)) and seen == sorted(seen)
    assert [path.name for path in empty.iterdir()] == ["free-spoken-digits.zip"]
    assert digits.availability().ready
    data = digits.load()
    assert [len(split) for split in (data.train, data.validation, data.test)] == [2400, 300, 300]
    expected = tone(300, 0.1)  # zero, by george, the first of the test
    assert torch.equal(data.test.inputs[0, : len(expected)], torch.from_numpy(expected))
    assert not data.test.inputs[0, len(expected) :].any()
    assert {said(data.test, row) for row in range(300)} == set(spoken_digits.WORDS)


def test_split_by_speakers_nobody_is_in_two_parts(github, empty, packed):
    # Each speaker says nothing but one pitch here.
    own = {f"{digit}_{speaker}_{number}": wav(tone(200 + 400 * place, 0.1))
           for place, speaker in enumerate(spoken_digits.SPEAKERS) for digit in range(10) for number in range(50)}
    (empty / "free-spoken-digits.zip").write_bytes(archive(**own))
    data = SpokenDigits(SpokenDigits.Settings(split="speakers")).load()
    assert [len(split) for split in (data.train, data.validation, data.test)] == [2000, 500, 500]
    pitches = [{tuple(row[:40].tolist()) for row in split.inputs} for split in (data.train, data.validation, data.test)]
    assert [len(part) for part in pitches] == [4, 1, 1] and len(set.union(*pitches)) == 6


def test_as_classes_the_same_recordings_are_digits_or_speakers(digits, empty, packed):
    (empty / "free-spoken-digits.zip").write_bytes(packed)
    cls = spoken_digits.SpokenDigitClasses
    letters, named, voices = digits.load(), cls(cls.Settings()).load(), cls(cls.Settings(classes="speakers")).load()
    for part in ("train", "validation", "test"):
        ours, theirs = getattr(named, part), getattr(letters, part)
        assert torch.equal(ours.inputs, theirs.inputs)
        assert [named.spec.classes[target] for target in ours.targets] == [said(theirs, row) for row in range(len(ours))]
    assert voices.spec.classes == spoken_digits.SPEAKERS and voices.test.targets.bincount().tolist() == [50] * 6
    assert voices.spec.vocabulary_size == voices.spec.target_length == 0


def test_nobody_is_told_by_a_voice_never_heard():
    with pytest.raises(UserError, match="classes should be digits where the data are split by speakers"):
        Experiment.make("sound_classification", "speech-lstm", "spoken-digit-classes",
                        data={"split": "speakers", "classes": "speakers"})


def test_without_network_it_says_so_in_one_sentence(digits, empty, monkeypatch, nowhere):
    monkeypatch.setattr(spoken_digits, "ADDRESS", nowhere)
    with pytest.raises(UserError, match=r"downloaded from http://127\.0\.0\.1:9/: check the network") as error:
        digits.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda whole: b"<html>Please log in</html>", "not a zip"),
        (lambda whole: whole[:-1000], "not a zip"),
        (lambda whole: archive(leave_out="3_theo_7"), "2,999 of 3,000 recordings"),
        (lambda whole: archive(**{"3_theo_7": wav(tone(300, 0.1, 16000), 16000)}), "3_theo_7.wav is not mono of 16 bits"),
        (lambda whole: archive(**{"3_theo_7": wav(tone(300, 3))}), "3_theo_7.wav is too long"),
        (lambda whole: archive(**{"3_theo_7": wav(np.zeros(800))}), "3_theo_7.wav is silent"),
        (lambda whole: archive(**{"3_theo_7": b"no sound"}), "file does not start with RIFF id"),
    ],
    ids=["no archive", "cut off", "one missing", "another rate", "too long", "silent", "no sound"],
)
def test_anything_else_than_the_recordings_is_refused_and_leaves_nothing(digits, github, empty, packed, content, reason):
    github.files[FILE] = content(packed)
    with pytest.raises(UserError, match=f"could not be downloaded.*{reason}"):
        digits.fetch(lambda done, total: None)
    assert list(empty.iterdir()) == []


def test_a_connection_that_breaks_is_noticed(digits, github):
    github.cut.add(FILE)
    with pytest.raises(UserError, match="could not be downloaded"):
        digits.fetch(lambda done, total: None)


def test_a_damaged_file_on_disk_is_named(digits, empty):
    (empty / "free-spoken-digits.zip").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"free-spoken-digits\.zip can't be read: delete it"):
        digits.load()


def test_what_a_path_in_the_zip_says_is_never_written_anywhere(digits, empty):
    (empty.parent / "home").mkdir()
    (empty / "free-spoken-digits.zip").write_bytes(archive("../../../outside/"))
    before = set(empty.parent.rglob("*"))
    assert len(digits.load().train) == 2400
    assert set(empty.parent.rglob("*")) == before


def test_the_real_recordings_are_as_long_as_the_spec_says(digits, shared):
    data = digits.load()
    longest = max(int((split.inputs != 0).any(0).nonzero().max()) + 1 for split in (data.train, data.validation, data.test))
    assert longest <= data.spec.shape[0] < longest + 100
