"""What becomes of the pictures that a person hands in."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import catalog
from core.catalog import DataSpec
from core.errors import UserError
from core.inside import pictures

SPEC = DataSpec(kind="images", shape=(1, 28, 28), sizes={"train": 1}, mean=(0.13,), std=(0.31,))


def encoded(*strokes):
    return ".".join(base64.urlsafe_b64encode(bytes(stroke)).decode().rstrip("=") for stroke in strokes)


def png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def centre(image: torch.Tensor) -> tuple[float, float]:
    ink = image[0, 0].double()
    return tuple(((ink.sum(axis) * torch.arange(28)).sum() / ink.sum()).item() for axis in (1, 0))


def test_strokes_come_back_from_the_address():
    first, second = pictures.strokes(encoded([1, 2, 250, 251], [7, 8]))
    assert first.tolist() == [[1, 2], [250, 251]]
    assert second.tolist() == [[7, 8]]


@pytest.mark.parametrize("drawing", ["QEB!", "QEBQ", "Ä"])
def test_a_damaged_drawing_is_said_in_a_sentence(drawing):
    with pytest.raises(UserError, match="draw it again"):
        pictures.drawn(drawing)


def test_a_drawing_has_ink_along_its_strokes_alone():
    sheet = pictures.drawn(encoded([50, 100, 200, 100]))
    assert sheet[100, 50] == sheet[100, 125] == sheet[100, 200] == 255
    assert sheet[130, 125] == sheet[100, 230] == 0


@pytest.mark.parametrize("stroke", [[40, 40, 40, 200], [10, 10, 60, 30, 20, 60], [200, 240, 250, 250]])
def test_ink_fits_the_box_of_20_pixels_and_its_mass_lies_in_the_middle(stroke):
    image = pictures.as_ink(pictures.drawn(encoded(stroke)), SPEC)
    rows, columns = (np.flatnonzero(image[0, 0].numpy().any(axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert centre(image) == pytest.approx((14, 14), abs=0.51)  # to the nearest pixel


def test_dark_ink_on_paper_is_the_same_digit():
    drawn = pictures.drawn(encoded([60, 60, 180, 60, 120, 200]))
    assert torch.equal(pictures.as_ink(255 - drawn, SPEC), pictures.as_ink(drawn, SPEC))


def test_a_digit_of_the_data_is_brought_back_to_its_own_form():
    dataset = catalog.get("dataset", "digits")
    for image in dataset(dataset.Settings()).load().test.inputs[::10]:
        photographed = np.zeros((400, 500), np.uint8)
        photographed[130:354, 30:254] = image[0].numpy().repeat(8, 0).repeat(8, 1)
        again = pictures.as_ink(photographed, SPEC)[0].float()
        assert (again - image).abs().mean() < 0.05 * image.float().mean()


def test_a_picture_without_ink_is_said():
    with pytest.raises(UserError, match="no ink"):
        pictures.as_ink(np.full((50, 50, 3), 200, np.uint8), SPEC)


def test_a_photograph_takes_the_size_and_channels_of_the_data():
    photograph = np.arange(60 * 90 * 3, dtype=np.uint8).reshape(60, 90, 3)
    spec = SPEC.model_copy(update={"shape": (3, 32, 32)})
    assert pictures.as_photograph(photograph, spec).shape == (1, 3, 32, 32)
    assert pictures.as_photograph(photograph, SPEC).shape == (1, 1, 28, 28)


def test_a_large_photograph_is_bounded_and_keeps_its_shape():
    image = pictures.bounded(np.zeros((300, 1200, 3), np.uint8), channels=3, longest=400)
    assert image.shape == (1, 3, 100, 400)


def test_transparency_lies_on_white_and_the_camera_s_turn_is_undone():
    clear = Image.new("RGBA", (2, 3), (255, 0, 0, 0))
    assert (pictures.open_picture(png(clear)) == 255).all()
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (20, 10)).save(held, "JPEG", exif=exif)
    assert pictures.open_picture(held.getvalue()).shape == (20, 10, 3)


@pytest.mark.parametrize("content", [
    b"", b"import os", png(Image.new("L", (64, 64), 3))[:60], b"\x89PNG\r\n\x1a\n" + bytes(100),
])
def test_a_file_that_is_no_picture_is_said_in_a_sentence(content):
    with pytest.raises(UserError, match="no picture"):
        pictures.open_picture(content)


def test_a_picture_of_too_many_pixels_is_turned_away_before_it_is_unpacked():
    with pytest.raises(UserError, match="at most 40 million"):
        pictures.open_picture(png(Image.new("1", (8000, 8000))))


def test_every_photograph_that_comes_along_opens():
    for name in pictures.PHOTOGRAPHS:
        assert pictures.photograph(name).shape[2] == 3


def test_a_kept_picture_comes_back_by_its_name(home) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    name = pictures.keep(picture)
    assert pictures.keep(picture) == name  # the same picture, the same address
    assert np.array_equal(pictures.kept(name), picture)
    large = pictures.keep(np.zeros((3000, 1500, 3), np.uint8))
    assert pictures.kept(large).shape == (1024, 512, 3)


@pytest.mark.parametrize("name", ["0" * 20, "../../etc/passwd", ""])
def test_an_address_whose_picture_is_not_here_is_a_sentence(home, name: str) -> None:
    with pytest.raises(UserError, match="upload it again"):
        pictures.kept(name)


def test_a_disk_that_takes_no_picture_is_a_sentence(home, monkeypatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="free some space"):
        pictures.keep(np.zeros((8, 8, 3), np.uint8))
