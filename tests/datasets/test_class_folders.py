"""A zip of pictures in class folders: read as it should be, and everything that may be wrong with it found and said."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.datasets import class_folders
from core.errors import UserError


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


def png(colour=(10, 20, 30), size=(8, 8), mode="RGB", **more) -> bytes:
    held = io.BytesIO()
    Image.new(mode, size, colour).save(held, "PNG", **more)
    return held.getvalue()


GOOD = {f"{split}/{name}/{i}.png": png((level, 0, i)) for split in ("train", "test")
        for name, level in (("cat", 50), ("ant", 200)) for i in (0, 1)}


@pytest.fixture
def packed(tmp_path):
    """`packed(files, **others)` writes a zip of the good files, changed by these: None takes one out."""
    def pack(changes=None, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "mine.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in (GOOD | (changes or {})).items():
                if content is not None:
                    archive.writestr(name, content)
        return path

    return pack


def without(start):
    return {name: None for name in GOOD if name.startswith(start)}


def test_pictures_come_by_class_and_name_with_the_classes_in_order(packed):
    path = packed({"README.txt": b"mine", "__MACOSX/train/cat/._0.png": b"?", "train/cat/.hidden.png": b"?"})
    assert class_folders.listing(path).classes == ("ant", "cat")
    read = class_folders.load(path, side=8)
    assert read["train"].shape == (4, 3, 8, 8) and read["train_targets"].tolist() == [0, 0, 1, 1]
    assert read["train"][:, :, 0, 0].tolist() == [[200, 0, 0], [200, 0, 1], [50, 0, 0], [50, 0, 1]]


def test_grey_other_sizes_palettes_and_transparency_are_brought_to_one_form(packed):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    held = io.BytesIO()
    clear.save(held, "PNG")
    read = class_folders.load(packed({
        "train/ant/0.png": png(200, (30, 10), "L"), "train/ant/1.png": held.getvalue(), "train/cat/0.png": png(1, mode="1"),
        "train/cat/1.png": png(7, mode="P"),
    }), side=4)
    assert read["train"].shape == (4, 3, 4, 4)
    assert read["train"][0].unique().tolist() == [200] and read["train"][1].unique().tolist() == [255]  # white paper
    assert class_folders.load(packed(), side=4, grey=True)["test"].shape == (4, 1, 4, 4)


def test_the_second_load_reads_no_picture_until_the_zip_changes(packed, monkeypatch):
    path = packed()
    first = class_folders.load(path, side=8)
    with monkeypatch.context() as patch:
        patch.setattr(class_folders, "picture", None)
        again = class_folders.load(path, side=8)
    assert all(again[name].equal(first[name]) for name in first)
    changed = class_folders.load(packed({"train/ant/0.png": png((1, 2, 3)), "train/ant/2.png": png()}), side=8)
    assert len(changed["train"]) == 5 and changed["train"][0, :, 0, 0].tolist() == [1, 2, 3]


def test_a_damaged_cache_is_made_anew(packed, tmp_path):
    path = packed()
    class_folders.load(path, side=8)
    kept, = (tmp_path / "home" / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert len(class_folders.load(path, side=8)["train"]) == 4


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"/etc/passwd.png": png()}, "a file that points outside of it"),
    ({"train/../../x.png": png()}, "a file that points outside of it"),
    ({"..\\x.png": png()}, "a file that points outside of it"),
    ({"C:/train/x.png": png()}, "a file that points outside of it"),
    ({"x.png": png()}, "'x.png': put each into train/CLASS/ or test/CLASS/"),
    ({"train/cat/more/x.png": png()}, "put each into train/CLASS/"),
    (without("test/"), "no picture in test/CLASS/"),
    (without("train/"), "no picture in train/CLASS/"),
    (without("train/cat") | without("test/cat"), "the one class 'ant'"),
    (without("test/cat"), "the class 'cat' in only one of train/ and test/"),
])
def test_what_is_wrong_in_the_list_of_files_is_said(packed, changes, sentence):
    with pytest.raises(UserError) as error:
        class_folders.listing(packed(changes))
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("content", "sentence"), [
    (b"no picture", "cannot identify"),
    (png()[:-30], "train/cat/0.png"),
    (png(40_000, mode="I;16"), "of the kind I;16: save it with eight bits"),
    (png((1, 2, 3), (3, 3))[:20] + (10**5).to_bytes(4, "big") * 2 + png((1, 2, 3), (3, 3))[28:], "train/cat/0.png"),
])
def test_pictures_that_can_t_be_read_are_counted_and_the_first_is_named(packed, content, sentence):
    with pytest.raises(UserError, match=r"1 of the 8 pictures in mine\.zip can't be read") as error:
        class_folders.load(packed({"train/cat/0.png": content}), side=8)
    assert sentence in str(error.value)


def test_a_picture_of_too_many_pixels_is_not_decoded(packed):
    with pytest.raises(UserError, match="it has 8000 × 8000 pixels"):
        class_folders.load(packed({"train/cat/0.png": png(0, (8000, 8000), "L")}), side=8)


def test_a_bomb_that_says_its_size_is_not_unpacked(packed, monkeypatch):
    with pytest.raises(UserError, match="unpacks to 60 MB: no picture is larger than 50 MB"):
        class_folders.listing(packed({"train/cat/0.png": bytes(60_000_000)}))
    monkeypatch.setattr(class_folders, "MOST_BYTES", 400)
    with pytest.raises(UserError, match="unpacks to"):
        class_folders.listing(packed())


def test_a_bomb_that_lies_about_its_size_is_cut_off(packed):
    path = packed({"train/cat/0.png": bytes(30_000_000)})
    content = path.read_bytes().replace((30_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(UserError, match="1 of the 8 pictures"):
        class_folders.load(path, side=8)


def test_too_many_files_are_found_before_they_are_listed(packed, monkeypatch):
    monkeypatch.setattr(class_folders, "MOST_FILES", 5)
    path = packed()
    with pytest.raises(UserError, match="holds 8 files: at most 5"):
        class_folders.listing(path)
    monkeypatch.setattr(class_folders, "MOST_DIRECTORY_BYTES", 300)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(UserError, match="holds too many files"):
        class_folders.listing(path)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6" + bytes(18)])
def test_what_is_no_zip_is_said(tmp_path, content):
    path = tmp_path / "mine.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"mine\.zip (is no zip file that can be read|has no picture)"):
        class_folders.listing(path)


def test_a_locked_zip_is_said(packed):
    path = packed()
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 8] |= 1  # the flag in the table of contents
    path.write_bytes(content)
    with pytest.raises(UserError, match="locked with a password"):
        class_folders.listing(path)


def test_pixels_are_pil_s_own(packed):
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    held = io.BytesIO()
    Image.fromarray(noise).save(held, "JPEG")
    read = class_folders.load(packed({"train/ant/0.png": held.getvalue()}), side=8)
    assert (read["train"][0].permute(1, 2, 0).numpy() == np.asarray(Image.open(held))).all()
