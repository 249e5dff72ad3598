"""Captioning: loss, measures, what answers without a network, and where the models look."""

import pytest
import torch
import torch.nn.functional as F
from sacrebleu.metrics import BLEU

from core.catalog import PADDING, START
from core.datasets.base import Batch, Split
from core.experiment import Experiment
from core.tasks.captioning import Captioning, _drawn
from core.tasks.cider import cider
from core.training.setup import build_model, build_task
from tests.captions import data, split_of

SMALL = {
    "show-tell": {"channels": 8, "embedding": 32, "width": 64, "dropout": 0.0},
    "show-attend-tell": {"channels": 8, "embedding": 32, "width": 64, "dropout": 0.0},
    "caption-transformer": {"channels": 8, "width": 48, "depth": 1, "heads": 2, "dropout": 0.0},
}
ATTENTIVE = ("show-attend-tell", "caption-transformer")


def made(name: str, **objective) -> Captioning:
    torch.manual_seed(0)
    training = {"schedule": "constant", "learning_rate": 4e-3, "weight_decay": 0.0}
    experiment = Experiment.make("captioning", name, "captions", model=SMALL[name], training=training, objective=objective)
    return build_task(experiment, data().spec, build_model(experiment, data().spec))


@pytest.fixture(params=SMALL)
def task(request) -> Captioning:
    return made(request.param, crop=0.1)


@pytest.fixture(params=ATTENTIVE)
def attentive(request) -> Captioning:
    return made(request.param, crop=0.0, mirror=False, label_smoothing=0.0, attention_penalty=0.5)


def test_it_learns_to_say_what_is_where_and_beats_what_answers_without_a_network(task):
    found = data()
    task.start(150)
    train = task.reads(found.train)
    for i in range(150):
        chosen = torch.randint(len(train), (16,), generator=torch.Generator().manual_seed(i))
        task.step(train.take(chosen, task.device))
    task.model.eval()
    measures = task.evaluate(found.test)
    assert measures["bleu_4"] > 50 > measures["frequent_bleu_4"]
    assert measures["cider"] > 2 * measures["frequent_cider"]
    assert measures["bleu_1"] >= measures["bleu_2"] >= measures["bleu_3"] >= measures["bleu_4"]


def test_the_loss_is_the_cross_entropy_of_each_right_piece_after_those_before_it(task):
    task.model.eval()
    split = split_of(6)
    nats = count = 0
    for image, captions in zip(split.inputs, split.targets, strict=True):
        for caption in captions:
            caption = caption[caption != PADDING]
            batch = task.model_input(Batch(image[None], None))
            logits = task.model(batch, caption[None, None, :-1])[0, 0]
            nats += F.cross_entropy(logits, caption[1:], reduction="sum").item()
            count += len(caption) - 1
    assert task.evaluate(split)["loss"] == pytest.approx(nats / count, rel=1e-4)


def test_captions_that_are_lacking_change_nothing(task):
    task.model.eval()
    split = split_of(6)
    more = Split(split.inputs, F.pad(split.targets, (0, 4, 0, 2)))
    for name, value in task.evaluate(split).items():
        assert task.evaluate(more)[name] == pytest.approx(value, rel=1e-4), name


def test_bleu_is_sacrebleu_s_and_cider_ours_against_all_that_people_wrote(task):
    task.model.eval()
    split = split_of(12)
    texts = [task.text(found[0].numbers) for found in task.search(split.inputs, 3)]
    references = [task.references(each) for each in split.targets.tolist()]
    found = task.evaluate(split)
    for order in (1, 2, 3, 4):
        scorer = BLEU(max_ngram_order=order, tokenize="none", smooth_method="none", force=True)
        assert found[f"bleu_{order}"] == pytest.approx(scorer.corpus_score(texts, list(zip(*references, strict=True))).score)
    assert found["cider"] == pytest.approx(cider(texts, references))


def test_what_answers_without_a_network_is_the_most_frequent_caption_and_the_nearest_picture_s():
    task, split = made("show-tell"), split_of(25)
    task.reads(split)
    assert task.frequent(2) == ["a red bar above"] * 2  # of number 0, 12 and 24
    assert task.nearest(Split(data().test.inputs[5:7], None)) == ["a green bar in the middle", "a blue bar in the middle"]


def test_attention_pays_for_places_that_the_words_leave_out_or_look_at_again(attentive):
    attentive.model.eval()
    split = split_of(1)
    split = Split(split.inputs, split.targets[:, :1])
    loss, measures = attentive.loss(Batch(split.inputs, split.targets))
    caption = split.targets[0, 0][split.targets[0, 0] != PADDING]
    looks = attentive.looks(split.inputs, caption[:-1])  # (words, rows, columns)
    uneven = (1 - looks.sum(0)).square().sum() / len(looks)
    assert measures["unevenness"].item() == pytest.approx(uneven.item(), rel=1e-4)
    assert loss.item() == pytest.approx(attentive.evaluate(split)["loss"] + 0.5 * uneven.item(), rel=1e-4)


def test_without_its_price_attention_is_not_asked_for():
    task, split = made("show-attend-tell", attention_penalty=0.0), split_of(4)
    _, measures = task.loss(Batch(split.inputs, split.targets))
    assert list(measures) == ["accuracy"]


def test_each_piece_shares_out_its_attention_over_the_grid(attentive):
    attentive.model.eval()
    image, written = split_of(1).inputs, torch.tensor([START, 5, 6])
    looks = attentive.looks(image, written)
    assert looks.shape == (3, *attentive.model.grid)
    torch.testing.assert_close(looks.sum((1, 2)), torch.ones(3))


def test_no_piece_knows_what_comes_after_it(task):
    task.model.eval()
    read = task.model.encode(task.model_input(Batch(split_of(1).inputs, None)))
    first, second = torch.tensor([[START, 5, 6, 7]]), torch.tensor([[START, 5, 9, 8]])
    a, b = task.model.decode(first, read), task.model.decode(second, read)
    torch.testing.assert_close(a[:, :2], b[:, :2])
    assert not torch.allclose(a[:, 2:], b[:, 2:])
    torch.testing.assert_close(task.model.decode(first, read, last=True), a[:, -1:])


def test_a_step_draws_different_captions_and_an_empty_one_only_where_there_are_too_few():
    captions = torch.tensor([[[2, 5], [2, 6], [2, 7]], [[2, 8], [0, 0], [0, 0]]])
    seen = {tuple(_drawn(captions, 2)[0, :, 1].tolist()) for _ in range(60)}
    assert seen == {(a, b) for a in (5, 6, 7) for b in (5, 6, 7) if a != b}
    assert _drawn(captions, 1)[1].tolist() == [[2, 8]] and _drawn(captions, 9).shape == (2, 3, 2)


def test_previews_hold_the_captions_and_the_attention_of_each_piece(task):
    task.model.eval()
    found = data()
    shown = {preview.name: preview for preview in task.previews(found)}
    attentive = task.looks(found.train.inputs[:1], torch.tensor([START])) is not None
    assert list(shown) == (["captions", "attention"] if attentive else ["captions"])
    if attentive:
        words, weights = shown["attention"].data["words"], torch.tensor(shown["attention"].data["weights"])
        assert weights.shape == (len(words), *task.model.grid)
    rows = shown["captions"].data["rows"]
    assert len(rows) == 6 and all(len(row["references"]) == 3 for row in rows)
    (report,) = task.report(found)
    assert report.name == "test_captions" and report.data["measures"]["BLEU-4"].startswith("nrefs:")
