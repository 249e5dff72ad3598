"""Captioned photographs and Flickr8k, from files that the test draws, and the real thousand where they are."""

import pytest
import torch

from core.catalog import END, PADDING, START
from core.datasets import captioned, subwords
from core.datasets.captions import Captions, Flickr8k
from core.errors import UserError
from tests.captions import drawn, file, lines, packed

SIZES = {"train": 12, "validation": 2, "test": 2}


@pytest.fixture
def thousand(empty, monkeypatch):
    """The data set, as if it had 16 pictures with three captions each."""
    monkeypatch.setattr("core.datasets.captions._CAPTIONS", 3)
    monkeypatch.setattr(Captions, "sizes", SIZES)
    monkeypatch.setattr(Flickr8k, "sizes", SIZES)
    (empty / "captions").mkdir()
    packed(empty / "captions" / "images.zip", 16)
    (empty / "captions" / "captions.txt").write_text(lines(16))
    return Captions(Captions.Settings(side=32, vocabulary_size=320))


def test_it_loads_as_promised(thousand):
    assert thousand.availability().ready
    data = thousand.load()
    promised = thousand.spec()
    assert (data.spec.shape, data.spec.sizes, data.spec.captions) == (promised.shape, SIZES, 3)
    assert data.spec.vocabulary_size == len(data.spec.vocabulary) <= promised.vocabulary_size
    assert torch.equal(data.train.inputs[3], torch.from_numpy(drawn(3)[0]).permute(2, 0, 1))
    told = [subwords.text(row, data.spec) for row in data.test.targets[1].tolist()]
    assert told == [captioned.plain(caption) for caption in drawn(15)[1]]
    row = data.train.targets[0, 0].tolist()
    assert row[0] == START and END in row and set(row[row.index(END) + 1 :]) == {PADDING}


def test_where_it_is_not_it_says_what_to_put_where(empty):
    for cls in (Captions, Flickr8k):
        there = cls(cls.Settings()).availability()
        assert not there.ready and not there.fetchable and str(empty) in there.sentence
        with pytest.raises(UserError, match="Not on disk: "):
            cls(cls.Settings()).load()


@pytest.mark.parametrize(("count", "message"), [(15, "15 pictures instead of 16"),
                                                (16, "2 pictures of .* missing or damaged")])
def test_what_is_not_whole_is_refused_in_a_sentence(thousand, empty, count, message):
    (empty / "captions" / "captions.txt").write_text(lines(count))
    packed(empty / "captions" / "images.zip", 14)
    with pytest.raises(UserError, match=message):
        thousand.load()


def test_a_picture_with_fewer_captions_is_named(thousand, empty):
    (empty / "captions" / "captions.txt").write_text(lines(16).rsplit("\n", 2)[0])
    with pytest.raises(UserError, match=r"does not have 3 captions for 015\.png"):
        thousand.load()


def test_flickr8k_is_read_as_its_makers_hand_it_out(thousand, empty):
    folder = empty / "flickr8k"
    (folder / "Flicker8k_Dataset").mkdir(parents=True)
    for i in range(16):
        (folder / "Flicker8k_Dataset" / f"{i:03}.jpg").write_bytes(file(drawn(i)[0]))
    tokens = [f"{i:03}.jpg#{n}\t{caption}" for i in range(16) for n, caption in enumerate(drawn(i)[1])]
    (folder / "Flickr8k.token.txt").write_text("\n".join(tokens))
    for name, numbers in (("train", range(4, 16)), ("dev", (0, 1)), ("test", (2, 3))):
        (folder / f"Flickr_8k.{name}Images.txt").write_text("\n".join(f"{i:03}.jpg" for i in numbers))
    data = Flickr8k(Flickr8k.Settings(side=32, vocabulary_size=320)).load()
    assert data.spec.sizes == SIZES
    assert subwords.text(data.test.targets[0, 0].tolist(), data.spec) == captioned.plain(drawn(2)[1][0])


def test_lines_are_split_at_the_first_comma_and_words_are_left_plain():
    text = "image,caption\n1.jpg,A dog, wet, runs .\n1.jpg#1\tIt's a DOG!\n\n2.jpg,…\n"
    assert captioned.parsed("x", text) == {"1.jpg": ["a dog wet runs", captioned.plain("It's a DOG!")], "2.jpg": []}


@pytest.mark.parametrize(("text", "message"), [("1.jpg,A dog\nnothing here", "Line 2 of x has no caption"),
                                               ("image,caption\n", "x holds no captions")])
def test_other_lines_are_named(text, message):
    with pytest.raises(UserError, match=message):
        captioned.parsed("x", text)


def test_the_real_captions_are_as_promised_and_hardly_one_is_cut(shared):
    data = Captions(Captions.Settings()).load()
    assert (data.spec.sizes, data.spec.captions) == ({"train": 800, "validation": 100, "test": 100}, 5)
    targets = torch.cat([split.targets for split in (data.train, data.validation, data.test)])
    assert (targets[:, :, 0] == START).all()
    assert (targets[:, :, -1] != PADDING).float().mean() < 0.005
