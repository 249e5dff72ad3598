"""The curtain between two pictures: what is sent to be looked at, and what is saved."""

import io

import numpy as np
import pytest
from PIL import Image

from core.ui import curtain


@pytest.fixture
def shown(monkeypatch):
    """What the curtain sends: `data` of the component, `served` pictures, and what its button `saves`, by name."""
    sent = {"served": {}, "saves": {}}

    class Manager:
        media_file_mgr = property(lambda self: self)

        def add(self, content, kind, place):
            sent["served"][place] = Image.open(io.BytesIO(content))
            return place

    monkeypatch.setattr(curtain, "get_instance", Manager)
    monkeypatch.setattr(curtain, "_curtain", lambda data, key: sent.update(data=data))
    monkeypatch.setattr(curtain.st, "download_button",
                        lambda label, make, name, *_, **__: sent["saves"].update({name: make()}))
    return sent


def test_a_small_picture_is_shown_and_saved_as_it_is(shown):
    before, after = np.random.default_rng(0).random((2, 20, 28, 1))
    curtain.curtain(before, after, "mended", names=("With a hole", "Filled in"))
    levels = (after[:, :, 0] * 255).round()
    np.testing.assert_array_equal(np.asarray(shown["served"]["mended after"]), levels)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown["saves"]["filled-in.png"]))), levels)
    assert (shown["data"]["width"], shown["data"]["height"], shown["data"]["few"]) == (28, 20, True)


def test_a_large_one_is_shrunk_to_be_shown_and_saved_in_full(shown):
    picture = np.full((100, 4000, 3), 0.4)
    curtain.curtain(picture, picture, "large")
    assert shown["served"]["large before"].size == (1600, 40)
    assert Image.open(io.BytesIO(shown["saves"]["cleaned.png"])).size == (4000, 100)
