"""A table of the person's own: its form is found out, and everything that may be wrong with it found and said."""

import numpy as np
import pytest

from core.datasets import csv_table
from core.errors import UserError

ROWS = [(i / 4, 10 - i, ("red", "blue")[i % 2], ("cat", "dog", "ant")[i % 3]) for i in range(12)]
HEAD = "width,height,colour,kind"


@pytest.fixture
def made(tmp_path):
    """`made(text)` writes a table, by default a good one."""
    def write(text=None, head=HEAD, sign=",", encoding="utf-8"):
        text = "\n".join([head.replace(",", sign), *(sign.join(map(str, row)) for row in ROWS)]) if text is None else text
        path = tmp_path / "mine.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def taken(path, label=None, leave_out=()):
    table = csv_table.read(path)
    return csv_table.examples(path, table, label or table.guess, leave_out)


def found(examples):
    return {finding.key: finding for finding in examples.findings}


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_numbers_stay_and_columns_of_few_words_become_columns_of_0_and_1(made, sign):
    examples, inputs, features = taken(made(sign=sign))
    assert features == ("width", "height", "colour = blue", "colour = red") and inputs.dtype == np.float32
    assert inputs[1].tolist() == [0.25, 9, 1, 0] and examples.usable.all()
    assert examples.classes == ("ant", "cat", "dog") and examples.targets[:3].tolist() == [1, 2, 0]


@pytest.mark.parametrize(("head", "guess"), [(HEAD, "kind"), ("Species,a,b,c", "Species"), ("a,class,b,target", "class")])
def test_the_likely_column_of_classes_is_proposed(made, head, guess):
    assert csv_table.read(made(head=head)).guess == guess


def test_a_table_without_names_has_its_columns_numbered_and_loses_no_row(made):
    table = csv_table.read(made("1.5,2,a\n2.5,3,b\n"))
    assert [column.name for column in table.columns] == ["column 1", "column 2", "column 3"] and len(table.values) == 2
    assert "numbered" in table.said


def test_decimal_commas_quotes_old_encodings_and_double_names_are_read(made):
    table = csv_table.read(made('größe;größe;"a;b"\n1,5;2;x\n2,5;3;y\n', encoding="cp1252"))
    assert [column.name for column in table.columns] == ["größe", "größe (2)", "a;b"]
    assert table.values[:, 0].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_of_the_encoding_is_no_part_of_the_first_name(made, encoding):
    assert csv_table.read(made(encoding=encoding)).columns[0].name == "width"


def test_rows_that_lack_something_are_counted_and_must_be_left_out(made):
    lines = made().read_text().splitlines()
    lines[1] = ",1,red,cat"
    lines[2] = "1,NA,red,cat"
    lines[3] = "1,2,,cat"
    lines[4] = "1,2,red,?"
    lines[5] = "1,2"
    lines[6] = "inf,2,red,cat"
    examples, inputs, _ = taken(made("\n".join(lines)))
    assert found(examples)["missing"].must and found(examples)["missing"].sentence.startswith("6 of the 12 rows lack")
    assert examples.usable.tolist() == [False] * 6 + [True] * 6 and np.isfinite(inputs).all()


def test_a_column_of_too_many_words_must_be_left_out_and_is_named(made, monkeypatch):
    monkeypatch.setattr(csv_table, "MOST_ONE_HOT", 1)
    examples, _, features = taken(made())
    assert found(examples)["text"].must and "'colour'" in found(examples)["text"].sentence
    assert features == ("width", "height")


def test_constant_and_counting_columns_are_said_and_left_out_on_demand(made):
    text = "id,a,b,kind\n" + "".join(f"{i},{i % 5},7,{'xy'[i % 2]}\n" for i in range(10))
    examples, _, features = taken(made(text))
    assert features == ("id", "a", "b")
    assert "'b': the same in every row" in found(examples)["constant"].sentence
    assert "'id': a mere number of the row" in found(examples)["counting"].sentence
    assert taken(made(text), leave_out=("constant", "counting"))[2] == ("a",)


def test_rows_are_the_same_by_their_features_alone(made):
    examples, _, _ = taken(made("a,b,kind\n" + "1,0.0,x\n1,-0.0,y\n2,0,x\n" * 3))
    assert len(set(examples.digests.tolist())) == 2


@pytest.mark.parametrize(("values", "classes"), [([10, 2, 1] * 4, ("1", "2", "10")), ([0.5, 1.5] * 6, ("0.5", "1.5")),
                                                 (["b", 10, "a"] * 4, ("10", "a", "b"))])
def test_numbers_are_classes_in_their_own_order(made, values, classes):
    examples, _, _ = taken(made("a,label\n" + "".join(f"{i * i},{value}\n" for i, value in enumerate(values))))
    assert examples.classes == classes
    assert [classes[target] for target in examples.targets] == [str(value) for value in values]


@pytest.mark.parametrize(("text", "sentence"), [
    (b"", "mine.csv is empty"),
    (b"a,b\n1\0,2\n", "mine.csv is no text: save the table as CSV"),
    ("a\n1\n2\n", "has only one column"),
    ("a,b\n", "a first row with names, and no other"),
    ("a,kind\n" + "1,x\n" * 5, "the column 'kind' holds only the one value 'x'"),
    ("a,kind\n" + "1,\n" * 5, "the column 'kind' holds nothing"),
    ("a,kind\n" + "".join(f"1,name{i}\n" for i in range(9)), "9 different values in 9 rows: too many to be classes"),
    ("a,price\n" + "".join(f"1,{i + 0.5}\n" for i in range(90)), "90 different numbers: to predict those is regression"),
    ("a,kind\n" + ",x\n,y\n" * 5, "No row of mine.csv is whole"),
    ("a,kind\n" + '"' + "x" * 200_000, "is no table that can be read"),
])
def test_what_no_classes_can_be_learned_from_is_said_in_one_sentence(made, text, sentence):
    with pytest.raises(UserError) as error:
        taken(made(text))
    assert sentence.lower() in str(error.value).lower() and "\n" not in str(error.value)


def test_an_unknown_label_names_the_nearest_column(made):
    with pytest.raises(UserError, match="no column 'kinds': take 'kind'"):
        taken(made(), label="kinds")


def test_a_huge_table_is_refused_before_it_is_read(made, monkeypatch):
    path = made()
    monkeypatch.setattr(csv_table, "MOST_BYTES", 100)
    with pytest.raises(UserError, match="tables of at most"):
        csv_table.read(path)
    monkeypatch.undo()
    memory = type("Memory", (), {"available": 1000})
    monkeypatch.setattr(csv_table.psutil, "virtual_memory", lambda: memory)
    with pytest.raises(UserError, match="take fewer rows or columns"):
        csv_table.read(path)
