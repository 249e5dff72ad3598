"""Figures of sounds."""

import numpy as np

from core.plots import sounds


def test_an_envelope_holds_every_peak():
    samples = np.random.default_rng(0).normal(size=10_007)
    low, high = sounds.envelope(samples, 600)
    assert len(low) == len(high) == 600
    assert (low.min(), high.max()) == (samples.min(), samples.max())
    edges = np.linspace(0, 10_007, 600, endpoint=False).astype(int)
    assert low[7] == samples[edges[7] : edges[8]].min() and high[599] == samples[edges[599] :].max()


def test_a_waveforms_picture_reaches_from_top_to_bottom_where_it_is_loudest():
    wave = np.concatenate([np.full(500, 3), np.tile([9000, -9000], 250)]).astype(np.int16)
    ink = sounds.waveform_picture(wave, 100, 41, dark=False)[:, :, 3] > 0
    assert ink[:, 75].all()
    assert ink[:, 25].sum() == 1 and ink[20, 25]  # quiet: a line in the middle


def test_letters_stand_where_the_path_says_and_share_the_axis_of_time():
    chances = np.full((6, 3), 1 / 3, np.float32)
    figure = sounds.heard(
        np.zeros(960), 8000, np.zeros((40, 12)), np.linspace(50, 3900, 40), 80, chances, 160, ("", "e", "t"), "te",
        np.array([-1, 0, 0, -1, 1, -1]), colour="#0072B2", dark=False,
    )
    places = {text.text: text.x for text in figure.layout.annotations}
    assert places == {"<b>t</b>": 0.04, "<b>e</b>": 0.09}
    letters, blank = (trace for trace in figure.data if trace.type == "heatmap" and trace.yaxis == "y4")
    assert (letters.y0, letters.z.shape, blank.y0, blank.z.shape) == (0, (2, 6), 2, (1, 6)) and blank.opacity < 1
    assert figure.layout.yaxis4.ticktext == ("e", "t", "blank")
    np.testing.assert_allclose(letters.x, [0.01, 0.03, 0.05, 0.07, 0.09, 0.11])
    assert {axis.matches for axis in (figure.layout.xaxis, figure.layout.xaxis2, figure.layout.xaxis3)} == {"x4"}
    assert figure.layout.xaxis4.range == (0, 0.12)
