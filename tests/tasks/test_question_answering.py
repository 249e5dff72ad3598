"""Question answering by span: its loss, its search and its measures."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.catalog import END, NOWHERE, PADDING, START, DataSpec
from core.datasets.base import Batch, Split
from core.experiment import Training
from core.tasks.question_answering import QuestionAnswering, best, halves

WORDS = ("<padding>", "<unknown>", "<start>", "<end>", "who", "sings", "the", "old", "king", "of", "song")
SPEC = DataSpec(kind="questions", shape=(10,), sizes={"train": 2}, vocabulary=WORDS, vocabulary_size=len(WORDS),
                target_length=2)
ROWS = torch.tensor([[START, 4, 5, END, 6, 7, 8, 9, 10, PADDING], [START, 4, END, 8, 9, 10, *[PADDING] * 4]])


class Fixed(nn.Module):
    """Gives the logits that it was made with."""

    def __init__(self, logits: torch.Tensor):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.logits[: len(tokens), : tokens.shape[1]]


def answering(logits: torch.Tensor, **settings) -> QuestionAnswering:
    return QuestionAnswering(QuestionAnswering.Settings(**settings), Training(), SPEC, Fixed(logits))


def pointing(*spans: tuple[int, int]) -> torch.Tensor:
    """Logits `(n, 10, 2)` that are sure of these spans."""
    logits = torch.zeros(len(spans), 10, 2)
    for row, (first, last) in zip(logits, spans, strict=True):
        row[first, 0], row[last, 1] = 20, 20
    return logits


def test_only_the_passage_can_be_the_answer():
    torch.manual_seed(0)
    logs = answering(torch.randn(2, 10, 2)).logs(ROWS)
    for row, part in zip(logs.exp(), ([4, 5, 6, 7, 8], [3, 4, 5]), strict=True):
        torch.testing.assert_close(row[part].sum(0), torch.ones(2))
        assert row.sum().item() == pytest.approx(2.0)


def test_the_loss_is_the_mean_cross_entropy_of_start_and_end_over_the_passage_and_leaves_out_what_was_cut_off():
    torch.manual_seed(0)
    logits = torch.randn(2, 10, 2)
    task = answering(logits)
    targets = torch.tensor([[[5, 6], [8, 8]], [[NOWHERE] * 2] * 2])
    loss, _ = task.loss(Batch(ROWS, targets))
    passage = logits[0, 4:9]
    by_hand = [F.cross_entropy(passage[:, end], torch.tensor(place)) for end, place in ((0, 1), (1, 2))]
    torch.testing.assert_close(loss, sum(by_hand) / 2)
    nothing, _ = task.loss(Batch(ROWS, torch.full((2, 2, 2), NOWHERE)))
    assert nothing == 0


@pytest.mark.parametrize("longest", [1, 3, 10])
def test_the_best_spans_are_those_of_a_search_through_all(longest):
    torch.manual_seed(1)
    logs = torch.randn(3, 7, 2).log_softmax(1)
    found = best(logs, longest, 5)
    for row, places, chances in zip(logs, found.places, found.chances, strict=True):
        every = {(i, j): (row[i, 0] + row[j, 1]).exp().item() for i, j in itertools.product(range(7), repeat=2)
                 if i <= j < i + longest}
        expected = sorted(every, key=every.get, reverse=True)[:5]
        assert [tuple(place) for place in places.tolist()] == expected
        assert chances.tolist() == pytest.approx([every[place] for place in expected])


def test_measures_take_the_best_of_several_answers_and_count_what_was_cut_off_as_wrong():
    task = answering(pointing((6, 6), (3, 5)))  # “king”, and “king of song”
    task.model.eval()
    targets = torch.tensor([[[4, 6], [6, 6]], [[5, 5], [NOWHERE, NOWHERE]]])  # “the old king” or “king”; “song”
    measures = task.evaluate(Split(ROWS, targets))
    assert measures["exact_match"] == 0.5
    assert measures["f1"] == pytest.approx((1 + 2 * (1 / 3) / (1 / 3 + 1)) / 2)
    targets[1] = NOWHERE
    assert task.evaluate(Split(ROWS, targets))["f1"] == 0.5


def test_a_row_falls_into_question_and_passage():
    asked, told = halves(ROWS[1])
    assert asked.tolist() == [START, 4] and told.tolist() == [8, 9, 10]
