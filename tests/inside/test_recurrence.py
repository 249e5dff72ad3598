"""A recurrent network while it reads."""

import numpy as np
import pytest
import torch

from core.inside import reading, recurrence
from tests.sounds import tone

VOCABULARY = ("<padding>", "<unknown>", "a", "moving", "story", "isn't", ",", "!")


def read(loaded, text="a moving story , a story !"):
    return recurrence.layers(loaded, reading.read_sentence(loaded, text).ids)


@pytest.fixture
def made(untrained):
    return lambda architecture, **model: untrained(
        "text_classification", architecture, "film-reviews", VOCABULARY, data={"length": 8}, model={"width": 6} | model)


def test_every_layer_and_direction_is_seen_in_the_sentence_s_own_order(made):
    loaded = made("lstm", depth=2, bidirectional=True)
    layers = read(loaded)
    assert [layer.name for layer in layers] == [
        "Layer 1, forwards", "Layer 1, backwards", "Layer 2, forwards", "Layer 2, backwards"]
    ids = reading.read_sentence(loaded, "a moving story , a story !").ids
    with torch.no_grad():
        embedded = loaded.model.tokens(ids)
        forwards = loaded.model.forwards[0](embedded)[0][0]
        backwards = loaded.model.backwards[0](embedded.flip(1))[0][0].flip(0)
    np.testing.assert_allclose(layers[0].seen["state"], forwards, atol=1e-6)
    np.testing.assert_allclose(layers[1].seen["state"], backwards, atol=1e-6)


@pytest.mark.parametrize(("architecture", "names"), [
    ("elman", {"state"}), ("gru", {"reset gate", "update gate", "candidate", "state"}),
    ("lstm", {"input gate", "forget gate", "candidate", "cell", "output gate", "state"}),
])
def test_each_kind_of_network_shows_its_own_gates(made, architecture, names):
    layer, = read(made(architecture))
    assert layer.name == "Layer 1" and set(layer.seen) == names
    assert {values.shape for values in layer.seen.values()} == {(7, 6)}


def test_reach_is_the_size_of_the_jacobian_of_the_last_state(made):
    loaded = made("gru")
    cell = loaded.model.forwards[0]
    inputs = torch.randn(5, loaded.experiment.model.embedding)
    jacobian = torch.autograd.functional.jacobian(lambda x: cell(x[None])[0][0, -1], inputs)  # (width, length, numbers)
    found = recurrence.reaching(cell.steps(inputs.requires_grad_())["state"][-1], inputs)
    torch.testing.assert_close(found, torch.stack([jacobian[:, t].norm() for t in range(5)]))


def test_what_every_gate_lets_through_reaches_back_undiminished_and_what_none_keeps_does_not(made):
    loaded = made("lstm")
    cell = loaded.model.forwards[0]
    cell.weight_hh_l0.data.zero_()
    cell.bias_ih_l0.data[6:12] = 50.0  # the forget gates stay open: the cell adds up what it reads
    open_gates = read(loaded, "a a a a a a a")[0].reach
    cell.bias_ih_l0.data[6:12] = -50.0
    shut_gates = read(loaded, "a a a a a a a")[0].reach
    np.testing.assert_allclose(open_gates[:-1], open_gates[0], rtol=1e-4)  # the last word also moves the output gate
    assert open_gates[0] > 0.01
    assert shut_gates[-1] > 0 and np.all(shut_gates[:-1] < 1e-12)


def test_a_layer_that_reads_backwards_ends_at_the_first_word(made):
    loaded = made("elman", bidirectional=True)
    for cell in (loaded.model.forwards[0], loaded.model.backwards[0]):
        cell.weight_hh_l0.data.mul_(0.1)
    forwards, backwards = read(loaded)
    assert forwards.reach.argmax() == 6 and backwards.reach.argmax() == 0


@pytest.mark.parametrize("data", ["spoken-digits", "spoken-digit-classes"])
def test_the_gates_of_a_network_that_hears_are_those_of_its_layers_over_time(untrained, data):
    task = "speech_recognition" if data == "spoken-digits" else "sound_classification"
    loaded = untrained(task, "speech-lstm", data, model={"width": 6})
    waveform = torch.from_numpy(tone(440, 0.5))[None]
    found = recurrence.layers(loaded, waveform)
    assert [layer.name for layer in found] == [
        "Layer 1, forwards", "Layer 1, backwards", "Layer 2, forwards", "Layer 2, backwards"]
    assert {values.shape for layer in found for values in layer.seen.values()} == {(17, 6)}
    seen = {}
    hook = loaded.model.layers[1].register_forward_hook(lambda layer, inputs, output: seen.update(states=output[0]))
    with torch.no_grad():
        loaded.model(waveform)
    hook.remove()
    states = np.concatenate([found[2].seen["state"], found[3].seen["state"]], 1)
    np.testing.assert_allclose(states, seen["states"], atol=1e-6)
