"""Pictures and films that are coloured, and what keeps them from flickering."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2lab

from core.errors import UserError
from core.inside import colouring, films


@pytest.fixture
def colourist(untrained):
    return untrained("colourisation", "colour-net", "faces", model={"width": 4}, objective={"colours": "regression"})


def film(count=6, height=24, width=40):
    """A bright square that moves over a dark ground, uint8 `(count, height, width, 3)`."""
    frames = np.full((count, height, width, 3), 40, np.uint8)
    for i, frame in enumerate(frames):
        frame[8:16, 4 * i : 4 * i + 8] = 200
    return frames


def animated(frames, kind):
    first, *rest = map(Image.fromarray, frames)
    held = io.BytesIO()
    first.save(held, kind, save_all=True, append_images=rest, duration=100, loop=0)
    return held.getvalue()


def test_colours_leave_the_lightness_as_it_was_and_are_measured_against_grey(colourist):
    picture = 0.3 + 0.4 * torch.rand(1, 3, 30, 41, generator=torch.Generator().manual_seed(0))
    result = colouring.colour(colourist, picture, side=32)
    for image in (result.grey, result.coloured):
        np.testing.assert_allclose(rgb2lab(image)[..., 0], rgb2lab(result.given)[..., 0], atol=0.05)
    lab, grey, made = (rgb2lab(image) for image in (result.given, result.grey, result.coloured))
    np.testing.assert_allclose(grey[..., 1:], 0, atol=0.1)
    for error, image in zip(result.error, (made, grey), strict=True):
        assert error == pytest.approx(np.sqrt(np.square(image - lab)[..., 1:].sum(2).mean()), abs=0.1)


def test_a_black_and_white_picture_has_no_colours_to_compare_with(colourist):
    result = colouring.colour(colourist, torch.rand(1, 1, 20, 30).expand(1, 3, 20, 30), side=16)
    assert result.error is None and result.psnr is None and result.coloured.shape == (20, 30, 3)


def test_steadiness_calms_what_stands_still_and_lets_go_of_what_moves():
    light = torch.zeros(40, 1, 1, 2)
    light[::2, :, :, 1] = 60  # the right place changes all the time
    ab = 10 * torch.randn(40, 2, 1, 2, generator=torch.Generator().manual_seed(0))
    calm = colouring.steady(ab, light, 0.8)
    torch.testing.assert_close(calm[..., 1], ab[..., 1])
    torch.testing.assert_close(calm[1, :, 0, 0], 0.2 * ab[1, :, 0, 0] + 0.8 * ab[0, :, 0, 0])
    assert torch.equal(colouring.steady(ab, light, 0.0), ab)
    # Of independent colours the mean with weights 0.2 × 0.8ⁱ changes by √(0.2² × 2 / 1.8) / √2 as much.
    left = light[..., :1]
    shrunk = colouring.flicker(calm[..., :1], left) / colouring.flicker(ab[..., :1], left)
    assert shrunk == pytest.approx((0.2**2 * 2 / 1.8 / 2) ** 0.5, rel=0.2)


def test_flicker_is_the_change_of_colour_where_lightness_stays():
    light, ab = torch.zeros(2, 1, 1, 3), torch.zeros(2, 2, 1, 3)
    light[1, 0, 0, 2] = 50
    ab[1, :, 0] = torch.tensor([[3.0, 0.0, 90.0], [4.0, 0.0, 0.0]])
    assert colouring.flicker(ab, light) == pytest.approx(2.5)
    assert colouring.flicker(ab[:1], light[:1]) == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MP4"])
def test_a_film_is_opened_with_its_frames_and_its_rate(home, kind):
    frames = film()
    content = films.mp4(iter(frames), 10.0) if kind == "MP4" else animated(frames, kind)
    found = films.kept(films.keep(content))
    assert found.frames.shape == frames.shape and found.rate == pytest.approx(10) and not found.more
    assert np.abs(found.frames.astype(int) - frames).mean() < 4


def test_a_film_too_long_or_too_large_is_cut(monkeypatch):
    monkeypatch.setattr(films, "MOST", 4)
    monkeypatch.setattr(films, "LONGEST", 33)
    found = films.open_film(animated(film(), "WEBP"))
    assert found.frames.shape == (4, 20, 32, 3) and found.more


@pytest.mark.parametrize("content", [b"", b"no film at all", animated(film(), "WEBP")[:200]])
def test_what_is_no_film_is_said(content):
    with pytest.raises(UserError, match="film"):
        films.open_film(content)


def test_a_film_is_coloured_frame_by_frame_and_written(colourist):
    frames = film()
    light = colouring.lightness(frames)
    ab = colouring.colours(colourist, light, side=20)
    assert ab.shape == (6, 2, 12, 20) and colouring.shrunk(light, 20).shape == (6, 1, 12, 20)
    coloured = np.stack(list(colouring.laid_on(frames, ab)))
    assert coloured.shape == frames.shape and coloured.dtype == np.uint8
    np.testing.assert_allclose(rgb2lab(coloured)[..., 0], rgb2lab(frames)[..., 0], atol=1)
    assert len(films.open_film(films.webp(iter(coloured), 10)).frames) == 6
