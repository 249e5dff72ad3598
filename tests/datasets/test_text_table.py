"""Tables of texts: their form, whether the first row is a header, and which columns hold what."""

import pytest

from core.datasets import text_table
from core.errors import UserError

REVIEWS = "".join(f'"{i} nice words, and more of them",{"good" if i % 2 else "bad"},{i % 5},{i / 7}\n' for i in range(30))


def read(text: str, name: str = "mine.csv"):
    return text_table.read(name, text.encode())


def test_commas_in_quotation_marks_and_the_line_ends_of_windows_part_no_cells():
    table = read('text,label\r\n"Good, I say, ""very"" good",yes\r\n"two\r\nlines",no\r\n')
    assert table.names == ("text", "label")
    assert table.rows == [['Good, I say, "very" good', "yes"], ["two\nlines", "no"]]


def test_between_tabs_a_quotation_mark_is_a_sign_like_any_other_unless_it_is_around_the_cell():
    table = read('text\tlabel\n"Open and never closed\ta\n"whole, ""so"""\tb\nplain "inner"\ta\n')
    assert table.column("text") == ['"Open and never closed', 'whole, "so"', 'plain "inner"']


@pytest.mark.parametrize(("text", "headed"), [
    ("review,opinion,stars,price\n" + REVIEWS, True),
    ("A short one,good\nAnother text,bad\nAnd a third,good\n", False),  # good comes again
    ("Go.\tVa !\nRun!\tCours !\n", False),  # sentences
    ("4 stars,12\nnone,7\n", False),  # a number
    ("german\tenglish\nHallo\tHello\n", True),
])
def test_the_first_row_names_the_columns_unless_it_looks_like_any_other(text, headed):
    table = read(text, "mine.tsv")
    assert ("names them" in table.said) == headed
    assert len(table.rows) == text.count("\n") - headed


def test_prose_classes_and_numbers_are_told_apart():
    table = read("review,opinion,stars,price\n" + REVIEWS)
    assert table.prose == ("review",) and table.numbers == ("stars", "price") and table.classes == ("opinion", "stars")


def test_words_without_spaces_are_prose_too():
    table = read("text,label\n" + "".join(f"これはとても良い映画でした{i},{'yn'[i % 2]}\n" for i in range(20)))
    assert table.prose == ("text",)


def test_rows_of_another_width_are_empty_and_keep_their_place():
    table = read("text,label\na,x\nb\nc,x,y\nd,y\n")
    assert table.rows == [["a", "x"], ["", ""], ["", ""], ["d", "y"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told(encoding):
    table = text_table.read("mine.csv", "text,label\ncafé,x\nthé,y\n".encode(encoding))
    assert table.names == ("text", "label") and table.column("text") == ["café", "thé"]
    assert {"cp1252": "Windows-1252", "utf-16": "UTF-16"}.get(encoding, "UTF-8") in table.said


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "has only one column"), ("one\ntwo\n", "has only one column"), ("text,label\n", "and no other"),
    ('a,b\n"' + "x" * 200_000, "a quotation mark may lack its end"),
])
def test_what_is_no_table_of_texts_is_one_sentence(text, sentence):
    with pytest.raises(UserError, match=sentence) as error:
        read(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_of_a_long_file_the_beginning_tells_what_it_holds(tmp_path, monkeypatch, encoding):
    path = tmp_path / "mine.csv"
    path.write_bytes(("review,opinion,stars,price\n" + REVIEWS).encode(encoding))
    monkeypatch.setattr(text_table, "GLANCE", 602)
    table = text_table.glance(path)
    assert table.names == ("review", "opinion", "stars", "price") and 4 < len(table.rows) < 20
