"""Recurrent networks against torch's own, and the proof that padding changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from core.architectures.elman import Elman, ElmanCell
from core.architectures.gru import GRU, GRUCell
from core.architectures.lstm import LSTM, LSTMCell
from core.catalog import DataSpec

SPEC = DataSpec(kind="sentences", shape=(9,), sizes={"train": 10}, classes=("a", "b", "c"), vocabulary_size=20)
CELLS = {Elman: ElmanCell, GRU: GRUCell, LSTM: LSTMCell}
OWN = {Elman: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM}


def sentences(*lengths: int, most: int = 9) -> torch.Tensor:
    rows = torch.zeros(len(lengths), most, dtype=torch.int64)
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = torch.randint(1, 20, (length,))
    return rows


def built(cls, **settings) -> nn.Module:
    torch.manual_seed(0)
    return cls(cls.Settings(embedding=5, width=6, **settings), SPEC).eval()


@pytest.mark.parametrize("cls", CELLS)
def test_what_is_seen_step_by_step_is_what_the_fused_kernel_computes(cls):
    torch.manual_seed(0)
    cell = CELLS[cls](5, 7, batch_first=True)
    for bias in (cell.bias_ih_l0, cell.bias_hh_l0):
        nn.init.normal_(bias)
    inputs = torch.randn(11, 5)
    seen = cell.steps(inputs)
    expected = cell(inputs[None])
    torch.testing.assert_close(seen["state"], expected[0][0])
    if cls is LSTM:
        torch.testing.assert_close(seen["cell"][-1], expected[1][1][0, 0])
    assert all(values.shape == (11, 7) for values in seen.values())
    assert all(values.min() >= 0 and values.max() <= 1 for name, values in seen.items() if "gate" in name)


@pytest.mark.parametrize("read_off", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cls", CELLS)
def test_padding_changes_no_answer(cls, bidirectional, read_off):
    model = built(cls, bidirectional=bidirectional, depth=2, read_off=read_off)
    padded = sentences(9, 4, 1)
    together = model(padded)
    for row, answer in zip(padded, together, strict=True):
        torch.testing.assert_close(model(row[None, row != 0])[0], answer)


@pytest.mark.parametrize("cls", CELLS)
def test_two_deep_layers_in_both_directions_are_torch_s_own_on_packed_sequences(cls):
    model = built(cls, bidirectional=True, depth=2, dropout=0.0, read_off="last")
    own = OWN[cls](5, 6, num_layers=2, bidirectional=True, batch_first=True)
    for layer in range(2):
        for suffix, cell in (("", model.forwards[layer]), ("_reverse", model.backwards[layer])):
            for name, value in cell.named_parameters():
                own.get_parameter(name.replace("l0", f"l{layer}") + suffix).data.copy_(value)
    tokens = sentences(9, 3, 6)
    lengths = (tokens != 0).sum(1)
    packed = pack_padded_sequence(model.tokens(tokens), lengths, batch_first=True, enforce_sorted=False)
    states, ends = own(packed)
    last = ends[0] if cls is LSTM else ends  # (layers × directions, batch, width)
    torch.testing.assert_close(model(tokens), model.classifier(torch.cat([last[-2], last[-1]], 1)))

    mean = built(cls, bidirectional=True, depth=2, dropout=0.0, read_off="mean")
    mean.load_state_dict(model.state_dict())
    states, _ = pad_packed_sequence(states, batch_first=True)  # zeros where there is padding
    torch.testing.assert_close(mean(tokens), mean.classifier(states.sum(1) / lengths[:, None]))


@pytest.mark.parametrize("cls", CELLS)
def test_a_language_model_says_at_each_place_what_comes_next_and_never_reads_ahead(cls):
    spec = DataSpec(kind="text", shape=(9,), sizes={"train": 10}, vocabulary_size=20)
    torch.manual_seed(0)
    model = cls(cls.Settings(embedding=5, width=6, depth=2, bidirectional=True), spec).eval()
    tokens = torch.randint(20, (2, 9))
    before = model(tokens)
    assert before.shape == (2, 9, 20)
    tokens[:, 5] = (tokens[:, 5] + 1) % 20
    after = model(tokens)
    assert torch.equal(before[:, :5], after[:, :5]) and not torch.allclose(before[:, 5:], after[:, 5:])


def test_questions_are_read_both_ways_and_scored_at_each_token_whatever_the_padding():
    spec = DataSpec(kind="questions", shape=(9,), sizes={"train": 10}, vocabulary_size=20, target_length=1)
    torch.manual_seed(0)
    model = LSTM(LSTM.Settings(embedding=5, width=6, depth=2), spec).eval()
    padded = sentences(6)
    before = model(padded)
    torch.testing.assert_close(model(padded[:, :6]), before[:, :6])
    padded[0, 5] = padded[0, 5] % 19 + 1  # the last token bears on all before it
    assert before.shape == (1, 9, 2) and (model(padded) != before)[0, :6].any(1).all()


def test_recurrent_weights_are_orthogonal_and_the_forget_gates_open_at_the_start():
    cell = built(LSTM).forwards[0]
    for gate in cell.weight_hh_l0.split(6):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6))
    assert (cell.bias_ih_l0 + cell.bias_hh_l0).split(6)[1].tolist() == [1.0] * 6
    long = built(LSTM, span=100).forwards[0]
    let_in, keep, *_ = (long.bias_ih_l0 + long.bias_hh_l0).split(6)
    steps = 1 / (1 - keep.sigmoid())  # that a cell keeps what it holds: 1 + e^bias
    assert torch.equal(let_in, -keep) and steps.min() >= 2 and 10 < steps.max() <= 100
    assert sum(p.numel() for p in built(GRU).forwards[0].parameters()) == 3 * (6 * 5 + 6 * 6 + 12)


@pytest.mark.parametrize("cls", CELLS)
def test_a_series_is_read_by_torch_s_own_layer_and_told_off_its_last_state(cls):
    torch.manual_seed(0)
    spec = DataSpec(kind="series", shape=(12, 3), sizes={"train": 10})
    model = cls(cls.Settings(embedding=5, width=6), spec).train()  # no number is silenced: the answer would shift
    series = torch.rand(4, 12, 3)
    own = OWN[cls](5, 6, batch_first=True)
    own.load_state_dict(model.forwards[0].state_dict())
    last = own(series @ model.tokens.weight.T + model.tokens.bias)[0][:, -1]  # (batch, width)
    torch.testing.assert_close(model(series), last @ model.classifier.weight.T + model.classifier.bias)
