"""The DnCNN paper's photographs."""

import numpy as np
import pytest
from PIL import Image

from core.datasets.dncnn import DnCNNPhotographs
from core.errors import UserError


def photographs(**settings):
    return DnCNNPhotographs(DnCNNPhotographs.Settings(**settings))


@pytest.mark.parametrize("settings", [{"side": 60, "stride": 30}, {"side": 180}])
def test_the_sizes_known_before_loading_are_the_real_ones(shared, settings):
    data = photographs(**settings).load()
    for name, size in data.spec.sizes.items():
        assert getattr(data, name).inputs.shape == (size, 1, settings["side"], settings["side"])
    assert {name: len(pictures) for name, pictures in data.test.pictures.items()} == {"bsd68": 68, "set12": 12}


def test_where_they_are_missing_it_says_where_to_put_them(empty):
    sentence = photographs().availability().sentence
    assert str(empty / "dncnn") in sentence
    with pytest.raises(UserError, match="Not on disk: put the folders train400, set12 and bsd68"):
        photographs().load()


def test_a_folder_that_is_not_whole_is_named(empty):
    for folder in ("train400", "set12", "bsd68"):
        (empty / "dncnn" / folder).mkdir(parents=True)
    Image.fromarray(np.zeros((180, 180), np.uint8)).save(empty / "dncnn" / "train400" / "test_001.png")
    with pytest.raises(UserError, match="train400 has 1 pictures instead of 400"):
        photographs().load()


def test_a_damaged_picture_is_named(empty):
    for folder in ("train400", "set12", "bsd68"):
        (empty / "dncnn" / folder).mkdir(parents=True)
    (empty / "dncnn" / "train400" / "test_001.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match="train400 is damaged"):
        photographs().load()
