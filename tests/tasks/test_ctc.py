"""Decoding and alignment, against every path there is."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.tasks import ctc

STEPS, LETTERS = 5, 3


@pytest.fixture(params=range(4))
def log_chances(request) -> np.ndarray:
    torch.manual_seed(request.param)
    return torch.randn(STEPS, LETTERS, dtype=torch.float64).mul(2).log_softmax(1).numpy()


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(letter for i, letter in enumerate(path) if letter and (i == 0 or letter != path[i - 1]))


def all_paths(log_chances: np.ndarray) -> dict[tuple[int, ...], dict[tuple[int, ...], float]]:
    """The logarithm of the probability of every path, by the text that it stands for."""
    found: dict = {}
    for path in product(range(LETTERS), repeat=STEPS):
        found.setdefault(collapsed(path), {})[path] = log_chances[range(STEPS), path].sum()
    return found


def test_a_beam_with_room_for_all_texts_gives_each_its_probability_over_all_paths(log_chances):
    expected = {text: np.logaddexp.reduce(list(paths.values())) for text, paths in all_paths(log_chances).items()}
    found = ctc.prefix_beam(log_chances, width=1000)
    assert {text for text, log in found if log > -np.inf} == set(expected)
    for text, log in found:
        if log > -np.inf:
            assert log == pytest.approx(expected[text])
    assert found[0][0] == max(expected, key=expected.get)
    assert sum(np.exp(log) for _, log in found) == pytest.approx(1)


def test_the_probability_of_a_text_is_what_torchs_loss_says(log_chances):
    for text, log in ctc.prefix_beam(log_chances, width=1000)[:8]:
        if text:
            loss = F.ctc_loss(torch.from_numpy(log_chances)[:, None], torch.tensor([text]), [STEPS], [len(text)],
                              reduction="sum")
            assert -log == pytest.approx(loss.item())


def test_the_alignment_is_the_likeliest_path_of_its_text(log_chances):
    for text, paths in all_paths(log_chances).items():
        best = max(paths, key=paths.get)
        places = ctc.alignment(log_chances, text)
        assert tuple(0 if place < 0 else text[place] for place in places) == best
        assert [place for i, place in enumerate(places) if place >= 0 and (i == 0 or places[i - 1] != place)] == list(
            range(len(text)))


def test_greedy_takes_the_text_of_the_likeliest_path(log_chances):
    assert ctc.greedy(log_chances) == collapsed(tuple(log_chances.argmax(1)))


def test_the_likeliest_path_and_the_likeliest_text_may_differ():
    # Graves et al. 2006, section 3.2: two blanks are the likeliest path (0.36), yet “1” has more in all (0.64).
    log_chances = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert ctc.greedy(log_chances) == ()
    (best, log), *_ = ctc.prefix_beam(log_chances, width=2)
    assert best == (1,) and np.exp(log) == pytest.approx(0.64)


def test_a_text_that_needs_more_steps_is_refused():
    with pytest.raises(ValueError, match="2 letters need more than 2 steps"):
        ctc.alignment(np.log(np.full((2, 3), 1 / 3)), (1, 1))
