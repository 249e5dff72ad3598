"""The copying task with a person's symbols."""

import pytest
import torch

from core.errors import UserError
from core.inside import recalling, writing


def test_a_network_reads_the_symbols_the_pause_the_sign_and_then_its_own_answers(untrained):
    loaded = untrained("language_modelling", "lstm", "copying")
    assert recalling.fits(loaded) and not writing.fits(loaded)
    found = recalling.recall(loaded, "abcdefghab", 5)
    text = "".join(loaded.spec.vocabulary[number] for number in found.read)
    assert text == "abcdefghab·····>" + found.text[:9]
    with torch.no_grad():
        expected = loaded.model(torch.from_numpy(found.read)[None])[0, -10:].softmax(1)
    torch.testing.assert_close(torch.from_numpy(found.chances), expected)


@pytest.mark.parametrize("symbols", ["abc", "abcdefghix", "abcdefgh·>"])
def test_what_can_t_be_asked_for_is_said(untrained, symbols):
    with pytest.raises(UserError, match="Type 10 letters, each of them one of a b c d e f g h"):
        recalling.recall(untrained("language_modelling", "lstm", "copying"), symbols, 5)
