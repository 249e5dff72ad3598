"""The film reviews: downloaded from a server on this machine."""

import io
import tarfile

import pytest

from core.datasets import film_reviews
from core.datasets.film_reviews import FilmReviews
from core.datasets.vocabulary import encode
from core.errors import UserError

ARCHIVE = "/rt-polaritydata.tar.gz"


def archive(*, lines=5331, prefix="rt-polaritydata/", kinds=("neg", "pos")) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        for kind in kinds:
            text = "".join(f"a {kind} film , clich\xe9 number {i} .\n" for i in range(lines)).encode("latin-1")
            member = tarfile.TarInfo(f"{prefix}rt-polarity.{kind}")
            member.size = len(text)
            made.addfile(member, io.BytesIO(text))
    return packed.getvalue()


@pytest.fixture
def reviews():
    return FilmReviews(FilmReviews.Settings())


@pytest.fixture
def cornell(server, monkeypatch, empty):
    server.files[ARCHIVE] = archive()
    monkeypatch.setattr(film_reviews, "ADDRESS", server.address)
    return server


def test_they_are_fetched_as_utf_8_with_progress_and_then_load(reviews, cornell, empty):
    assert reviews.availability().fetchable and not reviews.availability().ready
    seen = []
    reviews.fetch(lambda done, total: seen.append((done, total)))
    size = len(cornell.files[ARCHIVE])
    assert seen[-1] == (size, size) and seen == sorted(seen)
    text = (empty / "rt-polarity" / "rt-polarity.pos").read_text(encoding="utf-8")
    assert text.startswith("a pos film , cliché number 0 .\n")
    assert reviews.availability().ready
    assert len(reviews.load().train) == 8530


def test_without_network_it_says_so_in_one_sentence(reviews, empty, monkeypatch, nowhere):
    monkeypatch.setattr(film_reviews, "ADDRESS", nowhere)
    with pytest.raises(UserError, match=r"downloaded from http://127\.0\.0\.1:9/.*: check the network") as error:
        reviews.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)


def test_a_missing_page_is_one_sentence(reviews, cornell):
    del cornell.files[ARCHIVE]
    with pytest.raises(UserError, match="404"):
        reviews.fetch(lambda done, total: None)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Please log in</html>", archive()[:-100], archive(lines=5330), archive(kinds=("pos",)),
        archive(prefix="../../"),
    ],
    ids=["no archive", "cut off", "a line too few", "a file too few", "outside its folder"],
)
def test_anything_else_than_the_archive_is_refused_and_leaves_nothing(reviews, cornell, empty, content):
    cornell.files[ARCHIVE] = content
    with pytest.raises(UserError, match="could not be downloaded"):
        reviews.fetch(lambda done, total: None)
    assert [path for path in empty.parent.rglob("*") if path.is_file()] == []


def test_a_connection_that_breaks_is_noticed(reviews, cornell):
    cornell.cut.add(ARCHIVE)
    with pytest.raises(UserError, match="could not be downloaded"):
        reviews.fetch(lambda done, total: None)


def test_a_file_on_disk_that_is_not_whole_is_named(reviews, cornell, empty):
    reviews.fetch(lambda done, total: None)
    path = empty / "rt-polarity" / "rt-polarity.pos"
    path.write_text("one line\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"rt-polarity\.pos has 1 lines instead of 5331"):
        reviews.load()
    path.write_bytes(b"\xff\xfe not utf-8")
    with pytest.raises(UserError, match="can't be read"):
        reviews.load()


def test_classes_are_balanced_and_no_longer_than_the_default_length(reviews, shared):
    data = reviews.load()
    for split in (data.train, data.validation, data.test):
        assert split.targets.float().mean() == 0.5
    longest = FilmReviews(FilmReviews.Settings(length=256)).load()
    assert (longest.train.inputs[:, 64:] == 0).all() and (longest.test.inputs[:, 64:] == 0).all()


def test_the_vocabulary_comes_from_the_training_sentences_alone(shared):
    data = FilmReviews(FilmReviews.Settings(vocabulary_size=50_000)).load()
    assert len(data.spec.vocabulary) == data.spec.vocabulary_size < 50_000
    seen = set(data.train.inputs.flatten().tolist())
    assert seen == {0, *range(2, data.spec.vocabulary_size)}  # all known, none unknown
    assert (data.test.inputs == 1).any()


def test_a_sentence_of_the_data_is_encoded_as_the_data_are(reviews, shared):
    data = reviews.load()
    row = data.test.inputs[0]
    text = " ".join(data.spec.vocabulary[i] for i in row if i > 1)
    assert encode(text, data.spec)[0][: int((row > 1).sum())] == [int(i) for i in row if i > 1]
