"""A zip of pictures in class folders: read as it should be, and everything that may be wrong with it found and said."""

import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.datasets import class_folders, files
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
    (b"no picture", "it is no picture"),
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
    monkeypatch.setattr(files, "MOST_FILES", 5)
    path = packed()
    with pytest.raises(UserError, match="holds 8 files: at most 5"):
        class_folders.listing(path)
    monkeypatch.setattr(files, "MOST_DIRECTORY_BYTES", 300)
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


# ---- folders, plain class folders, and the names of files


PLAIN = {name.removeprefix("train/"): content for name, content in GOOD.items() if name.startswith("train/")}


@pytest.fixture
def laid(tmp_path):
    """`laid(files)` writes them into a folder."""
    def lay(files):
        for name, content in files.items():
            path = tmp_path / "mine" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "mine"

    return lay


@pytest.mark.parametrize("files", [PLAIN, {f"mine/{name}": content for name, content in PLAIN.items()}])
def test_plain_class_folders_say_no_split_and_one_folder_around_them_is_looked_through(laid, files):
    held = class_folders.listing(laid(files))
    assert held.classes == ("ant", "cat") and held.targets == (0, 0, 1, 1) and held.splits == ("",) * 4


def test_a_folder_and_a_zip_of_the_same_files_are_read_alike(laid, packed):
    folder, path = laid(GOOD), packed()
    held = class_folders.listing(folder), class_folders.listing(path)
    assert [file.place for file in held[0].files] == [file.place for file in held[1].files]
    one, other = (class_folders.decode(*pair, 8, False) for pair in zip((folder, path), held, strict=True))
    assert all(one[name].equal(other[name]) for name in one)


def test_a_validation_folder_is_taken_under_its_usual_names(packed):
    more = {f"{name}/{kind}/0.png": png() for name in ("val",) for kind in ("ant", "cat")}
    assert class_folders.listing(packed(more)).splits == ("train",) * 4 + ("validation",) * 2 + ("test",) * 4


def test_a_changed_file_in_a_folder_is_read_anew(laid):
    folder = laid(GOOD)
    class_folders.load(folder, side=8)
    laid({"train/ant/0.png": png((1, 2, 3), (9, 9))})
    assert class_folders.load(folder, side=8)["train"][0, :, 0, 0].tolist() == [1, 2, 3]


def test_links_that_leave_the_folder_are_refused_and_those_within_it_followed(laid, tmp_path):
    folder = laid(PLAIN)
    (folder / "cat" / "again.png").symlink_to(folder / "cat" / "0.png")
    assert len(class_folders.listing(folder).files) == 5
    (folder / "dog").symlink_to(folder / "cat")
    with pytest.raises(UserError, match="a link to a folder \\('dog'\\): put the folder itself there"):
        class_folders.listing(folder)
    (folder / "dog").unlink()
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "cat" / "out.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(UserError, match=r"a link that leaves it \('out\.png'\)"):
        class_folders.listing(folder)


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        link = zipfile.ZipInfo("cat/0.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="a link instead of a file"):
        class_folders.listing(tmp_path / "mine.zip")


def test_a_folder_of_too_many_files_is_not_walked_to_its_end(laid, monkeypatch):
    folder = laid(PLAIN)
    monkeypatch.setattr(files, "MOST_FILES", 3)
    with pytest.raises(UserError, match="more than 3 files"):
        class_folders.listing(folder)


def test_names_of_a_zip_without_a_stated_encoding_are_read_as_utf_8_where_they_are_it(tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("käfer/0.png", "cat/0.png"):
            archive.writestr(name, png())
    content = path.read_bytes()
    for mark, at in ((b"PK\3\4", 7), (b"PK\1\2", 9)):  # the flag of UTF-8 names taken away
        start = content.index(mark)
        content = content[: start + at] + bytes([content[start + at] & ~8]) + content[start + at + 1 :]
    path.write_bytes(content)
    held = class_folders.listing(path)
    assert held.classes == ("cat", "käfer") and not held.odd
    path.write_bytes(content.replace("käfer".encode(), b"k\x84\x84fer"))
    held = class_folders.listing(path)
    assert held.classes == ("cat", "kääfer") and held.odd == ("kääfer/0.png",)


def test_a_file_name_of_bytes_that_are_no_text_is_listed_as_odd_and_read(laid):
    folder = laid(PLAIN)
    with open(os.fsencode(folder) + b"/cat/\xff.png", "wb") as file:
        file.write(png())
    held = class_folders.listing(folder)
    assert held.odd == ("cat/�.png",) and class_folders.decode(folder, held, 8, False)["readable"].all()


def test_cmyk_is_converted_empty_files_are_broken_and_an_upright_photograph_stands_upright(packed):
    held = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(held, "JPEG")
    lying = Image.fromarray(np.repeat(np.array([[255], [0]], np.uint8), 8, 1).repeat(4, 0))  # white above black
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 3  # upside down
    lying.save(turned, "PNG", exif=exif)
    path = packed({"train/ant/0.png": held.getvalue(), "train/ant/1.png": turned.getvalue(), "train/cat/0.png": b""})
    listed = class_folders.listing(path)
    read = class_folders.decode(path, listed, 8, False)
    red, upright = read["pictures"][:2, :, 0, 0].tolist()
    assert red[0] > 200 and max(red[1:]) < 60 and upright == [0, 0, 0]
    assert read["readable"].tolist() == [True, True, False] + [True] * 5
    assert class_folders.faults(path, [listed.files[2]]) == ["'train/cat/0.png' (it is empty)"]


def test_pictures_that_would_not_fit_into_the_memory_say_which_side_would(packed, monkeypatch):
    memory = type("Memory", (), {"available": 8 * 3 * 10**2 * 2})
    monkeypatch.setattr(class_folders.psutil, "virtual_memory", lambda: memory)
    path = packed()
    with pytest.raises(UserError, match="take a side of at most 10 pixels"):
        class_folders.load(path, side=11)
    class_folders.load(path, side=10)


@pytest.mark.parametrize(("colour", "size", "mode", "form"), [
    ((1, 2, 3), (32, 32), "RGB", (32, False)), (5, (28, 28), "L", (28, True)), ((1, 2, 3), (40, 20), "RGB", (64, False)),
])
def test_side_and_colour_are_proposed_from_the_pictures(laid, colour, size, mode, form):
    folder = laid({name: png(colour, size, mode) for name in PLAIN})
    assert class_folders.form(folder, class_folders.listing(folder)) == form
