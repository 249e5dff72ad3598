"""A running text: its vocabulary, its three parts, and the windows of each."""

from itertools import pairwise

import pytest
import torch

from core.datasets import characters, subwords
from core.datasets.base import Data
from core.datasets.characters import NONE, TextSettings, Windows, held_out
from core.datasets.python_reference import PythonReference
from core.errors import UserError

CPU = torch.device("cpu")
TEXT = "".join(chr(97 + (i * i + i // 7) % 26) for i in range(1000)) + "é\n"


@pytest.fixture
def data() -> Data:
    return characters.data(TEXT, TextSettings(length=16), "drawn")


def written(data: Data, numbers: torch.Tensor) -> str:
    return "".join(data.spec.vocabulary[i] for i in numbers)


def test_the_parts_stand_in_order_and_make_up_the_text(data):
    whole = written(data, data.train.text)
    for split in (data.validation, data.test):
        whole += written(data, split.targets[split.targets != NONE])
    assert whole == TEXT
    assert [len(split) for split in (data.train, data.validation, data.test)] == list(data.spec.sizes.values())
    assert data.spec.sizes == characters.sizes(len(TEXT), 16)


@pytest.mark.parametrize("length", [8, 16, 49, 50, 51, 200])
def test_each_character_held_out_is_foretold_exactly_once_after_those_before_it(length):
    text = torch.arange(1000)  # every character another: it says where it stood
    split = held_out(text, 900, 950, length)
    assert sorted(split.targets[split.targets != NONE].tolist()) == list(range(900, 950))
    assert split.inputs.shape == split.targets.shape == (-(-50 // length), length)
    real = split.targets != NONE
    assert torch.equal(split.inputs[real] + 1, split.targets[real])
    assert (split.inputs.diff() == 1).all()


def test_training_windows_are_the_text_moved_on_by_one_and_share_its_memory():
    text = torch.arange(100)
    windows = Windows(text, 8)
    assert torch.equal(windows.targets, windows.inputs + 1) and torch.equal(windows.inputs.flatten(), torch.arange(96))
    assert windows.inputs.data_ptr() == text.data_ptr()
    assert len(windows.to(CPU)) == 12


def test_a_window_for_training_begins_anywhere_in_its_own_stretch():
    torch.manual_seed(0)
    windows = Windows(torch.arange(100), 8)
    index = torch.arange(12).repeat(200)
    batch = windows.take(index, CPU)
    assert torch.equal(batch.targets, batch.inputs + 1) and (batch.inputs.diff() == 1).all()
    starts = batch.inputs[:, 0]
    assert set((starts - 8 * index)[index < 11].tolist()) == set(range(8))
    assert batch.targets.max() == 99  # the text's end is read too


@pytest.mark.parametrize(("count", "size"), [(1, 100), (5, 100), (7, 1000), (64, 100)])
def test_streams_go_on_from_batch_to_batch_and_miss_little_of_the_text(count, size):
    windows = Windows(torch.arange(size), 8)
    streams = windows.streams(count)
    batches = [streams.take(index, CPU) for index in streams.grouped(torch.randperm(len(streams)), count)]
    assert len(batches) == -(-len(windows) // count)  # as many steps as with random windows
    assert all(batch.inputs.shape == (count, 8) and torch.equal(batch.targets, batch.inputs + 1) for batch in batches)
    for before, after in pairwise(batches):
        assert torch.equal(before.targets[:, -1], after.inputs[:, 0])
    read = torch.cat([batch.targets for batch in batches]).unique()
    assert read.max() == (size - 1 if count > 1 else len(batches) * 8) and len(read) > size - 1 - 8


def test_what_is_drawn_follows_from_the_random_state_alone():
    windows = Windows(torch.arange(100), 8)
    torch.manual_seed(3)
    first = [batch.inputs for batch in windows.stream(torch.arange(12).split(5), CPU)]
    torch.manual_seed(3)
    assert all(torch.equal(a, b.inputs) for a, b in zip(first, windows.stream(torch.arange(12).split(5), CPU), strict=True))


@pytest.mark.parametrize(("content", "encoding", "text"), [
    ("Größe\r\nund\rso".encode(), "UTF-8", "Größe\nund\nso"), ("\ufeffß".encode(), "UTF-8", "ß"),
    ("ßé\n".encode("utf-16"), "UTF-16", "ßé\n"), ("Größe".encode("cp1252"), "Windows-1252", "Größe"),
])
def test_encodings_are_told_apart_and_line_ends_made_alike(tmp_path, content, encoding, text):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    assert characters.read(path) == (text, encoding)


@pytest.mark.parametrize(("content", "sentence"), [
    (b"a\0b", "is no text: save it as plain text in UTF-8"), (b"\x81\x8d", "in an encoding that can't be told"),
])
def test_what_is_no_text_is_said(tmp_path, content, sentence):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        characters.read(path)


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "mine.txt"
    path.write_text("abc")
    monkeypatch.setattr(characters, "MOST_BYTES", 2)
    with pytest.raises(UserError, match=r"mine\.txt has 0 MB"):
        characters.read(path)


def test_a_text_of_one_letter_or_of_few_is_refused():
    with pytest.raises(UserError, match="has 9,999 characters: bring a text of at least 10,000"):
        characters.check("mine.txt", "abcdefghi" * 1111)
    with pytest.raises(UserError, match="has 3 different characters"):
        characters.check("mine.txt", "abc" * 5000)


def test_python_s_own_reference_is_here_in_ascii_and_always_of_one_length():
    data = PythonReference(PythonReference.Settings()).load()
    held = data.validation.targets, data.test.targets
    assert len(data.train.text) + sum(int((targets != NONE).sum()) for targets in held) == 400_000
    assert all(character == "\n" or " " <= character <= "~" for character in data.spec.vocabulary)
    assert 'The "assert" statement' in written(data, data.train.text[:2000])


WORDS = "".join(f"{['the', 'cats', 'sat', 'on the', 'mat,', 'Größe', '東京'][i * i % 7]} " for i in range(1500))
IN_PIECES = TextSettings(length=16, tokens="subwords", vocabulary_size=320)


def test_a_text_in_pieces_is_the_same_text_and_none_of_its_characters_is_lost():
    data = characters.data(WORDS, IN_PIECES, "drawn")
    parts = [data.train.text, *(split.targets[split.targets != NONE] for split in (data.validation, data.test))]
    letters = torch.tensor(subwords.characters(data.spec.tokeniser))
    assert subwords.text(torch.cat(parts).tolist(), data.spec) == WORDS.strip()
    assert sum(int(letters[part].sum()) for part in parts) == len(WORDS) + 1  # a blank before the first word
    share = [int(letters[part].sum()) / len(WORDS) for part in parts]
    assert share == pytest.approx([0.9, 0.05, 0.05], abs=0.002)
    assert [len(split) for split in (data.train, data.validation, data.test)] == list(data.spec.sizes.values())
    assert len(data.spec.vocabulary) == data.spec.vocabulary_size <= 320


def test_the_vocabulary_of_pieces_is_found_in_the_training_part_alone():
    text = WORDS[: len(WORDS) * 9 // 10]
    data = characters.data(text + "zyzzyva " * ((len(WORDS) - len(text)) // 8), IN_PIECES, "drawn")
    assert not any("zz" in piece for piece in data.spec.vocabulary)


def test_each_byte_that_begins_a_character_counts_as_one():
    tokeniser = subwords.train(["a"], 300)
    letters = subwords.characters(tokeniser)
    for sign in [*map(chr, range(1, 0x800)), "東", "😀"]:
        (numbers,) = subwords.numbers([sign], tokeniser)
        assert sum(letters[number] for number in numbers) == (1 if sign.isspace() and sign == " " else 2), sign


def test_a_text_with_fewer_pieces_than_a_window_is_refused():
    with pytest.raises(UserError, match="pieces of words: take windows shorter"):
        characters.data("incomprehensibilities " * 500, TextSettings(length=1024, tokens="subwords"), "drawn")
