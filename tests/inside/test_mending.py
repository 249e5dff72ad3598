"""Holes that a person paints, and how they are filled."""

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.inside import mending, pictures

LINE = "AICAgP-A"  # from the left of the pad to its right, half way down


@pytest.fixture
def filler(untrained):
    return untrained("inpainting", "partial-unet", "faces", model={"width": 4, "depth": 2})


@pytest.mark.parametrize("size", [(64, 64), (32, 64), (100, 40), (256, 256)])
def test_a_stroke_covers_as_much_of_any_picture_as_on_the_pad(size):
    covered = pictures.painted(LINE, size, pen=32)
    assert covered.shape == size
    rows = np.flatnonzero(covered[:, size[1] // 2])
    assert len(rows) == pytest.approx(32 * max(size) / 256, abs=1)
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx(size[0] / 2, abs=1)
    assert covered[size[0] // 2].mean() > 0.98


def test_only_the_hole_changes_and_it_is_measured_against_the_mean(filler):
    picture = torch.rand(1, 3, 40, 33, generator=torch.Generator().manual_seed(0))
    seen = mending.visible(pictures.painted(LINE, (40, 33), pen=60))
    result = mending.fill(filler, picture, seen)
    hidden = seen[0, 0].numpy() == 0
    assert result.share == pytest.approx(hidden.mean(), abs=1e-6) and 0.1 < result.share < 0.5
    np.testing.assert_array_equal(result.filled[~hidden], result.whole[~hidden])
    assert (result.holed[hidden] == 0).all()
    mean = result.whole[~hidden].mean(0)
    error = result.whole[hidden] - mean
    assert result.mean.hole_l1 == pytest.approx(np.abs(error).mean(), rel=1e-4)
    assert result.mean.hole_psnr == pytest.approx(-10 * np.log10(np.square(error).mean()), rel=1e-4)
    made = result.filled[hidden] - result.whole[hidden]
    assert result.likeness.hole_psnr == pytest.approx(-10 * np.log10(np.square(made).mean()), rel=1e-4)


def test_a_picture_that_is_all_hidden_is_refused():
    with pytest.raises(UserError, match="leave some of the picture"):
        mending.visible(np.ones((20, 20), bool))
