"""The person's own zip of faces."""

import zipfile

import pytest
import torch

from core.datasets.faces import Faces
from core.errors import UserError


def faces(**settings):
    return Faces(Faces.Settings(**settings))


def test_where_they_are_missing_it_says_where_to_put_them(empty):
    availability = faces().availability()
    assert not availability.ready and not availability.fetchable
    assert f"put faces-64.zip into {empty}" in availability.sentence
    for attempt in (faces().load, lambda: faces().fetch(lambda done, total: None)):
        with pytest.raises(UserError) as error:
            attempt()
        assert str(error.value) == availability.sentence


@pytest.mark.parametrize("content", [b"", b"this is no zip", b"PK\x03\x04 nor is this"])
def test_a_file_that_is_no_zip_is_damaged(empty, content):
    (empty / "faces-64.zip").write_bytes(content)
    with pytest.raises(UserError, match="damaged: replace it"):
        faces().load()


def test_a_picture_that_is_none_is_damage(empty):
    with zipfile.ZipFile(empty / "faces-64.zip", "w") as archive:
        archive.writestr("faces/00000.jpg", b"no picture")
    with pytest.raises(UserError, match="damaged: replace it"):
        faces().load()


def test_too_few_pictures_are_counted(empty):
    with zipfile.ZipFile(empty / "faces-64.zip", "w"):
        pass
    with pytest.raises(UserError, match="holds 0 pictures instead of 5925"):
        faces().load()


def test_both_sides_show_the_same_faces(shared):
    small, large = faces(side=32).load(), faces(side=64).load()
    reduced = torch.nn.functional.avg_pool2d(large.validation.inputs.float(), 2)
    difference = (small.validation.inputs.float() - reduced).abs().mean()
    assert difference < 5  # of 255: another filter, not another picture
