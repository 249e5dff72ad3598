"""DrQA's reader, held against torch's own LSTMs and the paper's formulas."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.architectures.attention_layers import explained
from core.architectures.document_reader import DocumentReader
from core.catalog import END, PADDING, START, DataSpec

SPEC = DataSpec(kind="questions", shape=(14,), sizes={"train": 10}, vocabulary_size=30, target_length=1)
ROWS = torch.tensor([
    [START, 5, 6, 7, END, 8, 6, 9, 10, 5, 11, PADDING, PADDING, PADDING],
    [START, 9, END, 9, 4, 9, 5, 6, 7, 8, 10, 11, 12, 13],
])


@pytest.fixture
def reader() -> DocumentReader:
    torch.manual_seed(0)
    return DocumentReader(DocumentReader.Settings(embedding=6, width=5, depth=2), SPEC).eval()


@torch.no_grad()
def test_padding_changes_no_answer(reader):
    together = reader(ROWS)
    torch.testing.assert_close(reader(ROWS[:1, :11])[0, 5:], together[0, 5:11])


@torch.no_grad()
def test_each_token_looks_at_the_question_alone(reader):
    _, (weights,) = explained(reader, ROWS)
    torch.testing.assert_close(weights.sum(3), torch.ones(2, 1, 14))
    assert weights[0, :, :, 5:].max() == 0 and weights[1, :, :, 3:].max() == 0


@torch.no_grad()
def test_start_and_end_are_scored_as_in_the_paper(reader):
    question, passage = ROWS[0, :5], ROWS[0, 5:11]
    asked, told = reader.tokens(question), reader.tokens(passage)  # each (tokens, embedding)
    alike = F.relu(reader.aligned.project(told)) @ F.relu(reader.aligned.project(asked)).T
    occurs = torch.tensor([[float(token in question) for token in passage]]).T
    assert occurs.flatten().tolist() == [0, 1, 0, 0, 1, 0]
    read = states(reader.passage, torch.cat([told, alike.softmax(1) @ asked, occurs], 1))
    of_question = states(reader.question, asked)
    vector = reader.weigh(of_question).softmax(0).T @ of_question  # (1, both)
    expected = read @ reader.score(vector).view(2, -1).T
    torch.testing.assert_close(reader(ROWS)[0, 5:11], expected)


def test_the_model_can_be_exported(reader):
    exported = torch.export.export(reader, (ROWS,)).module()
    turned = ROWS.flip(0)
    torch.testing.assert_close(exported(turned), reader(turned))


def states(layers: nn.ModuleList, read: torch.Tensor) -> torch.Tensor:
    """What torch's own bidirectional LSTM makes of one sequence, the states of all layers side by side."""
    seen = []
    for layer in layers:
        own = nn.LSTM(read.shape[1], 5, bidirectional=True)
        for suffix, half in (("", layer.forwards), ("_reverse", layer.backwards)):
            for name, value in half.named_parameters():
                own.get_parameter(name + suffix).data.copy_(value)
        read = own(read)[0]
        seen.append(read)
    return torch.cat(seen, 1)
