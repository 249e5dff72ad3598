"""Sounds, in class folders or with transcripts, brought by a person."""

import io
import zipfile

import numpy as np
import pytest
import soundfile
import torch

from core import catalog
from core.datasets import own, recordings
from core.datasets.brought.sounds import normalised
from core.errors import UserError
from tests.sounds import tone, wav


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


@pytest.fixture
def packed(tmp_path):
    def write(contents: dict[str, bytes | str]):
        path = tmp_path / "mine.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return path

    return write


def sound(i: int, hertz: float = 400, rate: int = 8000) -> bytes:
    return wav(tone(hertz + 5 * i, 0.4 + 0.01 * i, rate), rate)


def folders(count: int = 10) -> dict[str, bytes]:
    return {f"{name}/{i}.wav": sound(i, hertz) for name, hertz in (("high", 900), ("low", 300)) for i in range(count)}


def spoken(count: int = 20, folder: str = "clips/") -> dict[str, bytes | str]:
    table = "file\ttext\n" + "".join(f"{i}.wav\tGo {'Up' if i % 2 else 'down'}, on!\n" for i in range(count))
    return {f"{folder}{i}.wav": sound(i) for i in range(count)} | {"transcripts.tsv": table}


def found(examined):
    return {finding.key: finding for finding in examined.findings}


def examined(path, **changes):
    return own.examine(own.propose(path).source.model_copy(update=changes))


def brought(path, **changes):
    own.add("mine", "Mine", examined(path, **changes))
    return catalog.get("dataset", "mine")


def pitch(samples: torch.Tensor, rate: int) -> float:
    heard = samples[: int(samples.nonzero().max()) + 1].numpy()
    return np.abs(np.fft.rfft(heard)).argmax() * rate / len(heard)


def test_class_folders_of_sounds_are_classes_and_a_run_takes_its_own_rate(packed):
    cls = brought(packed(folders()))
    for rate in (8000, 16000):
        dataset = cls(cls.Settings(rate=rate))
        data, promised = dataset.load(), dataset.spec()
        assert promised == data.spec and promised.shape == (rate // 10 * 5,) and promised.classes == ("high", "low")
        assert promised.sizes == {"train": 16, "validation": 2, "test": 2} and promised.sample_rate == rate
        for row, target in zip(data.train.inputs, data.train.targets, strict=True):
            assert (pitch(row, rate) > 600) == (target == 0)
    assert catalog.misfit("sound_classification", "speech-lstm", "mine") is None
    assert catalog.misfit("speech_recognition", "speech-lstm", "mine").endswith("needs sounds with transcripts.")


def test_any_rate_kind_and_channels_are_brought_to_one_form(packed):
    contents = folders()
    for name, rate in (("high/a.flac", 44100), ("high/b.ogg", 16000), ("low/c.wav", 11025)):
        said = tone(1200, 0.4, rate) / 2**15
        held = io.BytesIO()
        soundfile.write(held, np.stack([said, 0.2 * said], 1), rate, format=name[-4:].strip("."))
        contents[name] = held.getvalue()
    data = examined(packed(contents)).data
    whole = torch.cat([data.train.inputs, data.validation.inputs, data.test.inputs])
    assert whole.dtype == torch.int16
    assert sum(abs(pitch(row, 8000) - 1200) < 5 for row in whole) == 3
    assert all(abs(int(row.max()) - recordings.PEAK * 2**15) < 800 for row in whole)


def test_transcripts_become_letters_without_case_and_punctuation(packed):
    path = packed(spoken())
    assert own.propose(path).source.kind == "transcripts"
    cls = brought(path)
    dataset = cls(cls.Settings())
    data, promised = dataset.load(), dataset.spec()
    assert data.spec.vocabulary == ("", *sorted(set("go up down on")))
    assert promised.model_copy(update={"vocabulary": data.spec.vocabulary}) == data.spec
    assert data.spec.target_length == len("go down on")
    assert data.spec.sizes == promised.sizes == {"train": 16, "validation": 2, "test": 2}
    said = {"".join(data.spec.vocabulary[i] for i in row) for row in data.train.targets.tolist()}
    assert said == {"go up on", "go down on"}
    assert catalog.misfit("speech_recognition", "speech-lstm", "mine") is None
    assert catalog.misfit("sound_classification", "speech-lstm", "mine").endswith("needs sounds with at least two classes.")


@pytest.mark.parametrize("name", ["{i}.wav", "{i}", "clips/{i}.wav", ".\\clips\\{i}.wav"])
def test_a_table_may_name_sounds_by_place_or_name_and_needs_no_heading(packed, name):
    contents = spoken() | {"transcripts.tsv": "".join(f"{name.format(i=i)}|Go on\n" for i in range(20))}
    seen = examined(packed(contents))
    assert sum(seen.data.spec.sizes.values()) == 20 and not seen.broken


def test_a_file_beside_the_sounds_that_names_some_of_them_is_no_table_of_transcripts(packed):
    path = packed(folders() | {"read me.txt": "sound,note\n1.wav,loud\nhigh/2.wav,soft\n" + "other,none\n" * 9})
    assert list(own.propose(path).forms) == ["sounds"]


def test_the_column_of_what_is_said_is_proposed_and_picked(packed):
    table = "speaker,file,note,sentence\n" + "".join(f"Ann,{i}.wav,a long note of many words,go {i}\n" for i in range(20))
    choice, = own.propose(packed(spoken() | {"transcripts.tsv": table})).choices
    assert choice.field == "text" and choice.options == ("sentence", "note", "speaker")


def test_what_can_t_be_used_of_sounds_with_transcripts_is_found_and_must_be_left_out(packed, monkeypatch):
    monkeypatch.setattr(recordings, "LONGEST", 0.8)
    monkeypatch.setattr("core.datasets.brought.sounds.LONGEST", 0.8)
    contents = spoken() | {"clips/bad.wav": b"?", "clips/silent.wav": wav(np.zeros(800)), "clips/untold.wav": sound(50),
                           "clips/long.wav": wav(tone(400, 2)), "clips/empty.wav": sound(30),
                           "clips/crowded.wav": sound(31)}
    contents["transcripts.tsv"] += ("lost.wav\tgo\nbad.wav\tgo\nsilent.wav\tgo\nlong.wav\tgo\nempty.wav\t?!\n"
                                    f"crowded.wav\t{'go on ' * 9}\n")
    seen = examined(packed(contents))
    assert {finding.key for finding in seen.broken} == {"lost", "unreadable", "long", "empty", "crowded"}
    said = {key: finding.sentence for key, finding in found(seen).items()}
    assert said["lost"].startswith("1 of the 26 rows name no sound that is there") and "'lost.wav'" in said["lost"]
    assert "'clips/bad.wav' (it is no sound that can be read), 'clips/silent.wav' (it is silent)" in said["unreadable"]
    assert "1 sound is passed over, having no transcript; the first is 'clips/untold.wav'" in said["untold"]
    assert said["long"].startswith("1 sound is longer than 1 seconds, the longest has 2")
    assert "1 transcript is empty" in said["empty"] and "'crowded.wav'" in said["crowded"]
    cls = brought(packed(contents), leave_out=own.offers(seen.findings))
    assert sum(cls(cls.Settings()).load().spec.sizes.values()) == 20


def test_a_column_of_splits_divides_sounds_too(packed):
    table = "file,text,split\n" + "".join(f"{i}.wav,go,{'test' if i < 5 else 'train'}\n" for i in range(20))
    seen = examined(packed(spoken() | {"transcripts.tsv": table}))
    assert seen.data.spec.sizes == {"train": 13, "validation": 2, "test": 5} and not seen.broken


def test_broken_sounds_in_class_folders_must_be_left_out(packed):
    seen = examined(packed(folders() | {"low/bad.ogg": b"?"}))
    broken, = seen.broken
    assert broken.sentence.startswith("1 of the 21 sounds can't be read") and "'low/bad.ogg'" in broken.sentence


@pytest.mark.parametrize(("contents", "sentence"), [
    ({"a.wav": sound(1), "b.wav": sound(2)}, "put each into a folder of its class"),
    ({"one/a.wav": sound(1), "one/b.wav": sound(2)}, "the one class 'one'"),
    ({"a.txt": "words"}, "bring pictures or sounds or two texts in a folder"),
])
def test_what_is_no_such_set_is_said(packed, contents, sentence):
    with pytest.raises(UserError, match=sentence):
        own.propose(packed(contents))


@pytest.mark.parametrize(("text", "words"), [
    ("Turn  LEFT, please!", "turn left please"), ("It\u2019s 10 o'clock.", "it's 10 o'clock"),
    ("'Quoted' — re-read", "quoted re read"),
    ("Füße über…", "füße über"), ("हिन्दी में", "हिन्दी में"), ("?!", ""),
])
def test_transcripts_are_normalised_as_words_are_counted(text, words):
    assert normalised(text) == words
