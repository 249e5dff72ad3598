"""Translation: loss, BLEU and attention of both networks, and that padding changes none of them."""

import math

import pytest
import torch
import torch.nn.functional as F
from sacrebleu.metrics import BLEU, CHRF

from core.architectures.attention_layers import crosses
from core.catalog import PADDING, START
from core.datasets import pairs
from core.datasets.base import Batch, Data, Padded, Split
from core.experiment import Experiment
from core.tasks.translation import Translation
from core.training.setup import build_model, build_task
from tests.translations import WORDS, spec

RATE = {"transformer": 5e-3, "rnn-search": 1e-2}
SMALL = {"transformer": {"width": 32, "depth": 2, "heads": 2, "dropout": 0.0},
         "rnn-search": {"width": 32, "embedding": 24, "dropout": 0.0}}


def sentences(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Random words, and the same in the other language in turned order."""
    draw = torch.Generator().manual_seed(seed)
    words = list(WORDS)
    rows = [[words[i] for i in torch.randint(len(words), (int(n),), generator=draw)]
            for n in torch.randint(2, 6, (count,), generator=draw)]
    return [" ".join(row) for row in rows], [" ".join(WORDS[word] for word in reversed(row)) for row in rows]


def split_of(count: int, seed: int, kind: type[Split] = Padded, length: int = 12) -> Split:
    found, sides = spec(), sentences(count, seed)
    return kind(*(pairs.rows(texts, found.tokeniser, size, framed)
                  for texts, size, framed in zip(sides, (length, length + 2), (False, True), strict=True)))


@pytest.fixture(params=SMALL)
def task(request) -> Translation:
    torch.manual_seed(0)
    training = {"schedule": "constant", "learning_rate": RATE[request.param], "optimiser": "adamw"}
    experiment = Experiment.make("translation", request.param, "multi30k", model=SMALL[request.param], training=training)
    return build_task(experiment, spec(), build_model(experiment, spec()))


def test_it_learns_to_translate_and_to_turn_the_order_round(task):
    task.start(280)
    train, test = split_of(2000, 0), split_of(40, 1)
    for i in range(280):
        task.step(train.take(torch.randint(2000, (48,), generator=torch.Generator().manual_seed(i)), task.device))
    task.model.eval()
    found = task.evaluate(test)
    assert found["bleu"] > 60 and found["accuracy"] > 0.85
    texts = [task.text(found[0].numbers) for found in task.search(test.inputs, 4)]
    right = [text == said for text, said in zip(texts, sentences(40, 1)[1], strict=True)]
    assert sum(right) >= 20


def test_the_loss_is_the_cross_entropy_of_each_right_piece_after_those_before_it(task):
    task.model.eval()
    split = split_of(6, 2)
    nats = count = 0
    for source, target in zip(split.inputs, split.targets, strict=True):
        source, target = source[source != PADDING][None], target[target != PADDING][None]
        logits = task.model(torch.cat((source, target[:, :-1]), 1), source.shape[1])[0]
        nats += F.cross_entropy(logits, target[0, 1:], reduction="sum").item()
        count += target.shape[1] - 1
    found = task.evaluate(split)
    assert found["loss"] == pytest.approx(nats / count, rel=1e-4)
    assert found["perplexity"] == pytest.approx(math.exp(nats / count), rel=1e-4)


def test_more_padding_changes_nothing(task):
    task.model.eval()
    short, long = split_of(20, 3), split_of(20, 3, Split)  # trimmed by the batch, and not at all
    first, second = task.evaluate(short), task.evaluate(long)
    for name, value in first.items():
        assert second[name] == pytest.approx(value, rel=1e-4), name
    losses = [task.loss(Batch(split.inputs[:, :size], split.targets[:, :size + 2]))[0].item()
              for split, size in ((short, 8), (short, 12))]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_no_piece_knows_what_comes_after_it(task):
    task.model.eval()
    source = task.encode("two dogs sleep")
    read = task.model.encode(source)
    first, second = torch.tensor([[START, 5, 6, 7]]), torch.tensor([[START, 5, 9, 8]])
    a, b = task.model.decode(first, read), task.model.decode(second, read)
    torch.testing.assert_close(a[:, :2], b[:, :2])
    assert not torch.allclose(a[:, 2:], b[:, 2:])
    torch.testing.assert_close(task.model.decode(first, read, last=True), a[:, -1:])


def test_bleu_and_chrf_are_sacrebleu_s_over_the_whole_split(task):
    task.model.eval()
    split = split_of(30, 4)
    texts = [task.text(found[0].numbers) for found in task.search(split.inputs, 1)]
    found, said = task.evaluate(split), sentences(30, 4)[1]
    assert found["bleu"] == pytest.approx(BLEU().corpus_score(texts, [said]).score, abs=1e-6)
    assert found["chrf"] == pytest.approx(CHRF().corpus_score(texts, [said]).score, abs=1e-6)


def test_the_report_names_the_signatures_of_its_measures(task):
    task.model.eval()
    split = split_of(8, 5)
    (report,) = task.report(Data(spec(), split, split, split, "drawn"))
    assert report.name == "test_translations" and len(report.data["rows"]) == 5
    assert report.data["rows"][0]["source"] == sentences(8, 5)[0][0]
    assert report.data["signatures"]["BLEU"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert report.data["signatures"]["CHRF"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_each_piece_shares_out_its_attention_and_none_goes_to_padding_or_ahead(task):
    task.model.eval()
    source = task.encode("one two three")
    padded = F.pad(source, (0, 3))
    written = torch.tensor([START, 5, 6, 7])
    alone, beside = task.attention(source, written), task.attention(padded, written)
    assert any(crosses(name) for name in alone)
    for name, weights in alone.items():
        torch.testing.assert_close(weights.sum(2), torch.ones(weights.shape[:2]))
        if crosses(name):
            assert weights.shape[1:] == (4, source.shape[1])
            torch.testing.assert_close(beside[name][:, :, : source.shape[1]], weights)
            assert not beside[name][:, :, source.shape[1] :].any()
        elif not name.startswith("encoder"):
            assert not weights.triu(1).any()


def test_looking_back_can_be_switched_off():
    torch.manual_seed(0)
    experiment = Experiment.make("translation", "rnn-search", "multi30k", model=SMALL["rnn-search"] | {"attention": False})
    task = build_task(experiment, spec(), build_model(experiment, spec()).eval())
    split = split_of(8, 5)
    assert task.evaluate(split)["loss"] == pytest.approx(task.evaluate(split_of(8, 5, Split))["loss"], rel=1e-4)
    assert task.attention(split.inputs[:1], split.targets[0, :4]) == {}
    assert [shown.name for shown in task.previews(Data(spec(), split, split, split, "drawn"))] == ["translations"]
