"""Beam search against all sequences that there are, and drawing against the chances."""

import itertools
import math

import pytest
import torch
from torch import nn

from core.catalog import END, PADDING, START
from core.tasks.decoding import beam_search, drawn, penalty, sample

KNOWN, MOST = 7, 4


class Remembering(nn.Module):
    """Chances of what comes next by the source's first number and the last two that were written."""

    def __init__(self):
        super().__init__()
        self.table = torch.randn(3, KNOWN, KNOWN, KNOWN, generator=torch.Generator().manual_seed(3)) * 2

    def encode(self, sources):
        return (sources[:, 0],)

    def decode(self, targets, read, *, last=False):
        before = torch.cat((torch.full_like(targets[:, :1], START), targets[:, :-1]), 1)
        logits = self.table[read[0][:, None].expand_as(targets), before, targets]
        return logits[:, -1:] if last else logits


def score(model: Remembering, source: int, numbers: tuple[int, ...]) -> float:
    """The log probability of a whole sequence, divided by the penalty on length."""
    targets = torch.tensor([[START, *numbers[:-1]]])
    logits = model.decode(targets, (torch.tensor([source]),))[0]
    logits[:, [PADDING, START]] = -torch.inf
    logs = model.decode(targets, (torch.tensor([source]),))[0].log_softmax(1)
    return sum(logs[i, number].item() for i, number in enumerate(numbers)) / penalty(len(numbers))


def every_sequence() -> list[tuple[int, ...]]:
    """Each that ends, or is as long as may be."""
    others = [number for number in range(KNOWN) if number not in (PADDING, START, END)]
    ended = [(*begun, END) for length in range(MOST) for begun in itertools.product(others, repeat=length)]
    return ended + list(itertools.product(others, repeat=MOST))


def test_a_wide_beam_finds_the_best_of_all_sequences():
    model = Remembering()
    for source, found in enumerate(beam_search(model, torch.tensor([[0], [1], [2]]), 400, MOST)):
        best = max(every_sequence(), key=lambda numbers, source=source: score(model, source, numbers))
        assert found[0].numbers == best
        assert found[0].score == pytest.approx(score(model, source, best), abs=1e-4)


def test_scores_and_chances_are_those_of_what_was_written_the_best_first():
    model = Remembering()
    for source, found in enumerate(beam_search(model, torch.tensor([[0], [1], [2]]), 3, 8)):
        assert len(found) == 3 and [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        for one in found:
            assert one.score == pytest.approx(score(model, source, one.numbers), abs=1e-4)
            assert sum(map(math.log, one.chances)) / penalty(len(one.numbers)) == pytest.approx(one.score, abs=1e-4)


def test_a_beam_of_one_takes_the_likeliest_each_time():
    model = Remembering()
    for source, (found,) in enumerate(beam_search(model, torch.tensor([[0], [1], [2]]), 1, 6)):
        written = [START]
        while len(written) <= 6 and written[-1] != END:
            logits = model.decode(torch.tensor([written]), (torch.tensor([source]),), last=True)[0, 0]
            logits[[PADDING, START]] = -torch.inf
            written.append(int(logits.argmax()))
        assert found.numbers == tuple(written[1:])


def test_what_is_searched_for_beside_it_changes_nothing():
    model = Remembering()
    together = beam_search(model, torch.tensor([[0], [1], [2]]), 4, 8)
    for source, found in enumerate(together):
        (alone,) = beam_search(model, torch.tensor([[source]]), 4, 8)
        assert [one.numbers for one in alone] == [one.numbers for one in found]


def test_a_cold_drawing_is_the_greedy_one_and_a_warm_one_follows_the_chances():
    model, source = Remembering(), torch.tensor([[1]])
    luck = torch.rand(6, generator=torch.Generator().manual_seed(0))
    assert sample(model, source, luck, 0.0, 1.0).numbers == beam_search(model, source, 1, 6)[0][0].numbers
    logits = model.decode(torch.tensor([[START]]), (torch.tensor([1]),))[0, 0]
    logits[[PADDING, START]] = -torch.inf
    lucks = torch.rand(2000, 1, generator=torch.Generator().manual_seed(1))
    firsts = torch.tensor([sample(model, source, one, 1.0, 1.0).numbers[0] for one in lucks])
    shares = firsts.bincount(minlength=KNOWN) / 2000
    torch.testing.assert_close(shares, logits.softmax(0), atol=0.04, rtol=0)


def test_luck_picks_by_chances_the_likeliest_first():
    chances = torch.tensor([0.2, 0.0, 0.5, 0.3])
    assert [drawn(chances, luck) for luck in (0.0, 0.49, 0.51, 0.79, 0.81, 0.999, 1.0)] == [2, 2, 3, 3, 0, 0, 0]
