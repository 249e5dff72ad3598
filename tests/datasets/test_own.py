"""What a person brings becomes a data set of the catalogue, in every process, until it is removed."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import catalog
from core.datasets import own
from core.errors import UserError
from core.experiment import Experiment

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)


def png(level, i) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.full((12, 12, 3), (level, i, 7), np.uint8)).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def zipped(tmp_path):
    """`zipped(more)` writes a zip of two classes of ten pictures each, and what is more."""
    def write(more=None):
        path = tmp_path / "my_flowers.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, level in (("rose", 200), ("tulip", 50)):
                for i in range(10):
                    archive.writestr(f"{name}/{i}.png", png(level, i))
            for name, content in (more or {}).items():
                archive.writestr(name, content)
        return path

    return write


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("width,colour,kind\n" + "".join(f"{i / 3},{'ab'[i % 2]},{'xy'[i // 20]}\n" for i in range(40)))
    return path


def brought(path, name="my-flowers", **changes):
    source = own.propose(path).source.model_copy(update=changes)
    own.add(name, "My flowers", own.examine(source))
    cls = catalog.get("dataset", name)
    return cls(cls.Settings())


def test_pictures_are_an_entry_whose_data_are_as_its_spec_says(zipped):
    dataset = brought(zipped())
    assert "my-flowers" in catalog.entries("dataset") and dataset.card.title == "My flowers"
    spec, data = dataset.spec(), dataset.load()
    assert spec == data.spec and spec.shape == (3, 12, 12) and spec.classes == ("rose", "tulip")
    assert spec.sizes == {"train": 16, "validation": 2, "test": 2}
    for split in (data.train, data.validation, data.test):
        assert (split.inputs[:, 0, 0, 0] > 100).tolist() == (split.targets == 0).tolist()
    assert len(dataset.card.beginner) > 40 and dataset.availability().ready


def test_a_table_is_an_entry_that_the_models_for_features_take(table):
    dataset = brought(table)
    spec, data = dataset.spec(), dataset.load()
    assert (spec.kind, spec.shape, spec.features) == ("features", (3,), ("width", "colour = a", "colour = b"))
    assert data.train.inputs.dtype == torch.float32 and len(spec.mean) == len(spec.std) == 3
    assert catalog.misfit("classification", "mlp", "my-flowers") is None


def test_side_and_colour_are_settings_of_a_run_and_of_the_same_split(zipped):
    dataset = brought(zipped())
    cls = type(dataset)
    grey = cls(cls.Settings(side=10, grey=True))
    assert grey.spec().shape == (1, 10, 10) and len(grey.spec().mean) == 1
    data, colour = grey.load(), dataset.load()
    assert data.test.inputs.shape == (2, 1, 10, 10) and data.test.targets.equal(colour.test.targets)
    luma = (colour.test.inputs[:, :, 0, 0].double() @ torch.tensor([0.299, 0.587, 0.114]).double()).round()
    assert (data.test.inputs[:, 0, 0, 0] - luma).abs().max() <= 1


def test_an_experiment_on_it_goes_to_json_and_back_while_it_stands(zipped):
    brought(zipped())
    made = Experiment.make("classification", "mlp", "my-flowers", data={"side": 16})
    assert Experiment.from_json(made.model_dump_json()) == made


def test_another_process_knows_it_too(zipped):
    brought(zipped())
    code = "from core import catalog; c = catalog.get('dataset', 'my-flowers'); print(c(c.Settings()).load().digest)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    cls = catalog.get("dataset", "my-flowers")
    assert printed.stdout.strip() == cls(cls.Settings()).load().digest, printed.stderr


def test_removed_it_is_offered_no_more_its_runs_are_read_and_the_files_of_a_path_stay(zipped):
    path = zipped()
    brought(path)
    stored = Experiment.make("classification", "mlp", "my-flowers").model_dump_json()
    cached = Path(own.home() / "cache")
    assert list(cached.iterdir())
    own.remove("my-flowers")
    assert "my-flowers" not in catalog.entries("dataset") and path.exists() and not list(cached.iterdir())
    assert Experiment.from_json(stored).dataset == "my-flowers"
    cls = catalog.get("dataset", "my-flowers")
    assert cls(cls.Settings()).availability().sentence == "It was removed: bring it again to train on it."
    with pytest.raises(UserError, match="was removed"):
        cls(cls.Settings()).load()


def test_an_upload_is_copied_once_and_deleted_with_its_data_set(zipped):
    with open(zipped(), "rb") as file:
        path = own.upload("../my flowers.zip", file, "token")
    assert path == own.home() / "uploads" / "token" / "my flowers.zip"
    with open(__file__, "rb") as file:
        assert own.upload("../my flowers.zip", file, "token").read_bytes() == zipped().read_bytes()
    brought(path)
    own.remove("my-flowers")
    assert not path.parent.exists()


def test_uploads_that_nobody_added_go_after_a_day(zipped, monkeypatch):
    added = own.upload("a.zip", io.BytesIO(zipped().read_bytes()), "added")
    brought(added)
    left = own.upload("b.zip", io.BytesIO(b"?"), "left")
    monkeypatch.setattr(own, "KEPT_SECONDS", -1)
    own.upload("c.zip", io.BytesIO(b"?"), "new")
    assert added.exists() and not left.exists()


@pytest.mark.parametrize(("name", "sentence"), [
    ("digits", "There is a data set 'digits' already: take another name"),
    ("my-flowers", "There is a data set 'my-flowers' already"),
    ("Röschen", "use up to 40 small letters"), ("../x", "use up to 40 small letters"), ("", "use up to 40 small letters"),
])
def test_a_name_that_is_taken_or_no_name_is_refused(zipped, name, sentence):
    path = zipped()
    brought(path)
    with pytest.raises(UserError, match=sentence):
        brought(path, name)


def test_a_removed_name_is_free_for_the_same_kind_only(zipped, table):
    brought(zipped())
    own.remove("my-flowers")
    with pytest.raises(UserError, match="belonged to pictures, and its runs are kept"):
        brought(table)
    assert brought(zipped()).availability().ready
    assert own.suggest(zipped()) == "my-flowers-2" and own.suggest(table) == "mine"


def test_only_what_was_brought_can_be_removed():
    with pytest.raises(UserError, match="'digits' is none of the data sets that were brought"):
        own.remove("digits")
    with pytest.raises(UserError, match="There is no data set 'nothing-like-it'"):
        own.remove("nothing-like-it")


def test_broken_pictures_must_be_left_out_before_it_is_added(zipped):
    path = zipped({"rose/bad.png": b"?", "read me.txt": b"!", "tulip/deep.png": png(1, 1)[:-30]})
    examined = own.examine(own.propose(path).source)
    broken, = examined.broken
    assert broken.sentence.startswith("2 of the 22 pictures can't be read")
    assert "'rose/bad.png' (it is no picture)" in broken.sentence
    assert "1 file is passed over, being no picture; the first is 'read me.txt'" in examined.findings[1].sentence
    with pytest.raises(UserError, match="can't be read: mend them, or leave them out"):
        own.add("mine", "Mine", examined)
    assert sum(brought(path, leave_out=("unreadable",)).spec().sizes.values()) == 20


def test_files_that_changed_or_went_are_said(zipped):
    path = zipped()
    dataset = brought(path)
    zipped({"rose/new.png": png(9, 9)})
    with pytest.raises(UserError, match="have changed since it was added"):
        dataset.load()
    path.unlink()
    assert "Its files are gone from" in dataset.availability().sentence


def test_a_damaged_description_hides_only_its_own_data_set(zipped, caplog):
    brought(zipped())
    other = own.home() / "own" / "other"
    other.mkdir()
    (other / "description.json").write_text("{")
    assert "my-flowers" in catalog.entries("dataset") and "other" in caplog.text


@pytest.mark.parametrize(("name", "sentence"), [
    *((name, "There is nothing at") for name in ("nothing", "x\0", "a" * 5000, "x\udcff")),
    ("mine.doc", "mine.doc can't be read: bring pictures or sounds"),
])
def test_what_is_nothing_to_read_is_said(tmp_path, name, sentence):
    if name == "mine.doc":
        (tmp_path / name).write_text("?")
    with pytest.raises(UserError, match=sentence):
        own.propose(tmp_path / name)


def test_the_zip_of_60_000_pictures_is_such_a_set(shared):
    """Its listing alone: reading it takes the rest of a minute."""
    from core.datasets import class_folders

    held = class_folders.listing(shared / "cifar10-jpeg.zip")
    assert len(held.files) == 60_000 and len(held.classes) == 10
    assert class_folders.form(shared / "cifar10-jpeg.zip", held) == (32, False)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("".join(f"Line {i}{', and more' * (i % 3)}.\n" for i in range(800)))
    return path


def test_a_text_is_read_in_windows_of_the_length_that_a_run_asks_for(text):
    dataset = brought(text)
    assert dataset.spec().kind == "text" and dataset.load().spec.sizes == dataset.spec().sizes
    longer = type(dataset)(type(dataset).Settings(length=200))
    data = longer.load()
    assert data.spec.shape == longer.spec().shape == (200,) and data.spec.sizes == longer.spec().sizes
    assert "".join(data.spec.vocabulary[i] for i in data.train.text[:13]) == "Line 0.\nLine "
    assert dataset.card.beginner == f"A text of {len(text.read_text()):,} characters, brought by you."
    text.write_text(text.read_text().replace("7", "8"))
    with pytest.raises(UserError, match="have changed since it was added"):
        dataset.load()


def test_a_text_file_that_holds_a_table_is_a_table(table, text):
    renamed = table.rename(table.with_name("measured.txt"))
    assert own.propose(renamed).source.kind == "features"
    assert own.propose(text).source.kind == "text"
    text.write_text("One line, and no end; " * 50_000)
    assert own.propose(text).source.kind == "text"
