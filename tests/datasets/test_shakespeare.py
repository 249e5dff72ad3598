"""Shakespeare: downloaded from a server on this machine."""

import hashlib

import pytest

from core.datasets import shakespeare
from core.datasets.shakespeare import Shakespeare
from core.errors import UserError

TEXT = "".join(f"Speaker {i % 13}:\nLine {i}, and no more.\n\n" for i in range(600)).encode()


@pytest.fixture
def plays(server, monkeypatch, empty):
    """The data set, as if the text were this one, and the server that has it."""
    server.files["/input.txt"] = TEXT
    monkeypatch.setattr(shakespeare, "ADDRESS", f"{server.address}input.txt")
    monkeypatch.setattr(shakespeare, "_SIZE", len(TEXT))
    monkeypatch.setattr(shakespeare, "_SHA256", hashlib.sha256(TEXT).hexdigest())
    return Shakespeare(Shakespeare.Settings())


def test_it_is_fetched_with_progress_and_then_loads(plays, empty):
    assert plays.availability().fetchable and not plays.availability().ready
    seen = []
    plays.fetch(lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(TEXT), len(TEXT)) and seen == sorted(seen)
    assert (empty / "tinyshakespeare" / "input.txt").read_bytes() == TEXT
    assert plays.availability().ready
    assert plays.load().spec.sizes == plays.spec().sizes


@pytest.mark.parametrize("content", [TEXT[:-1], TEXT + b"!", TEXT.replace(b"Line", b"line"), b"<html></html>", None],
                         ids=["cut off", "longer", "changed", "another page", "no page"])
def test_anything_else_is_refused_in_a_sentence_and_leaves_nothing(plays, server, empty, content):
    server.files["/input.txt"] = content
    with pytest.raises(UserError, match=r"could not be downloaded from .*: check the network") as error:
        plays.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)
    assert [path for path in empty.rglob("*") if path.is_file()] == []


def test_a_changed_file_on_disk_is_named(plays, empty):
    with pytest.raises(UserError, match="is not on disk"):
        plays.load()
    plays.fetch(lambda done, total: None)
    path = empty / "tinyshakespeare" / "input.txt"
    path.write_bytes(TEXT[:-1])
    with pytest.raises(UserError, match=r"input\.txt is not the text that it should be"):
        plays.load()


def test_the_real_text_is_as_promised(shared):
    real = Shakespeare(Shakespeare.Settings())
    data = real.load()
    assert (data.spec.sizes, data.spec.vocabulary_size) == (real.spec().sizes, real.spec().vocabulary_size)
    assert "".join(data.spec.vocabulary[i] for i in data.train.text[:14]) == "First Citizen:"
