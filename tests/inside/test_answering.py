"""What a model answers to a person's question about a passage."""

import numpy as np
import pytest
import torch

from core.datasets import questions, subwords
from core.datasets.questions import Question
from core.inside import answering
from core.inside import data as look

PASSAGE = "Zoë: To bed, to bed!\nServant: It is five o'clock, Zoë."
QUESTION = "Who says: It is five"


@pytest.fixture(params=["document-reader", "transformer-encoder"])
def reader(request, untrained):
    loaded = untrained("question_answering", request.param, "who-says-it", data={"vocabulary_size": 500, "length": 96})
    tokeniser = subwords.train([PASSAGE, QUESTION], 500)
    spec = loaded.spec.model_copy(update={"tokeniser": tokeniser, "vocabulary": subwords.vocabulary(tokeniser)})
    object.__setattr__(loaded, "spec", spec)
    loaded.task.spec = spec
    return loaded


def test_the_reply_s_pieces_are_the_texts_and_its_spans_stand_in_the_passage(reader):
    reply = answering.ask(reader, QUESTION, PASSAGE)
    assert "".join(reply.passage) == PASSAGE and "".join(reply.question[1:]) == QUESTION
    assert len(reply.spans) == answering.SPANS
    for span in reply.spans:
        assert span.text in PASSAGE
        assert "".join(reply.passage[span.first : span.last + 1]).strip() == span.text
        assert span.chance == pytest.approx(reply.start[span.first] * reply.end[span.last], rel=1e-4)
    assert reply.start.sum() == pytest.approx(1, abs=1e-4) and reply.end.sum() == pytest.approx(1, abs=1e-4)


def test_attention_is_over_all_tokens_and_its_rows_sum_to_one(reader):
    reply = answering.ask(reader, QUESTION, PASSAGE)
    assert reply.layers
    for layer in reply.layers:
        assert layer.shape[1:] == (len(reply.tokens), len(reply.tokens))
        np.testing.assert_allclose(layer.sum(2), 1, rtol=1e-4)
    assert reply.tokens[reply.offset + reply.spans[0].first] == reply.passage[reply.spans[0].first]


def test_a_data_set_of_questions_shows_each_with_its_passage_and_answer():
    one = Question(QUESTION, PASSAGE, ((PASSAGE.index("Servant"), PASSAGE.index("Servant") + 7),))
    cut = Question(QUESTION, 30 * PASSAGE, ((29 * len(PASSAGE), 29 * len(PASSAGE) + 3),))
    data = questions.data({"train": [one, cut], "validation": [one], "test": [one]},
                          questions.spec({"train": 2, "validation": 1, "test": 1}, 500, 96), "here")
    shown = sorted(look.samples(data, 2, 0), key=lambda sample: len(sample.content))
    assert shown[0] == (f"{QUESTION}\n{PASSAGE}", "Servant") and shown[1].label == ""
    found = look.overview(data)
    assert found.balance == {} and found.lengths.sum() == 2 and found.lengths[96] == 1


def test_a_question_of_the_data_comes_back_as_text(reader):
    begin = PASSAGE.index("Servant")
    split = questions.rows([Question(QUESTION, PASSAGE, ((begin, begin + 7),))], reader.spec)
    assert answering.example(reader, split, 0) == (QUESTION, PASSAGE, ["Servant"])
    row = questions.encode(QUESTION, PASSAGE, reader.spec)
    assert torch.equal(row, split.inputs[0, : len(row)])
