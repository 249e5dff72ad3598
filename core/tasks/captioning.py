"""Captioning: a picture is seen, and a sentence written about it. Vinyals et al. 2015, "Show and tell"; Xu et al. 2015,
"Show, attend and tell". Measured by BLEU (Papineni et al. 2002) against all captions that people wrote, and CIDEr (Vedantam
et al. 2015), beside two answers that need no network: the most frequent caption, and that of the most similar training
picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest

import torch
import torch.nn.functional as F
from torch import Tensor

from core.architectures.attention_layers import explained
from core.catalog import PADDING, DataSpec, task
from core.datasets import subwords
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks import decoding
from core.tasks.augment import cropped, flipped
from core.tasks.base import Preview, SupervisedTask, chosen, standardised
from core.tasks.cider import cider
from core.tasks.decoding import Written
from core.tasks.pictures import described, labelled, lit

BATCH, SHOWN = 100, 6  # pictures that are evaluated at once, and that a preview shows
TOLD = 3  # captions by people that a preview draws of each; it keeps all
TINY = 8  # pixels of a side to which pictures are reduced to find the most similar one
TILE = 112  # pixels of a side of a picture that shows where a word looked
ORDERS = (1, 2, 3, 4)  # of BLEU: the longest run of words that is compared


@task(
    "captioning",
    title="Captioning",
    year=2015,
    people="Oriol Vinyals, Alexander Toshev, Samy Bengio, Dumitru Erhan",
    paper="Show and tell: a neural image caption generator",
    url="https://arxiv.org/abs/1411.4555",
    beginner="Say in a sentence what a picture shows. In training the model is shown the right beginning each time; by "
    "itself it must go on from what it wrote. Some models show where they look for each word.",
    expert="Cross-entropy per piece over some captions of each picture, teacher forcing; attention pays for places that it "
    "never looks at (doubly stochastic: Xu et al. 2015, equation 14). Captions come by beam search with the length penalty "
    "of Wu et al. 2016, exponent 0.6. BLEU-1 to 4 are sacreBLEU's, corpus level, unsmoothed, against all references, on "
    "words in lower case without signs; CIDEr-D on the same words, not stemmed, rarity counted in the split itself. Beside "
    "them stand the most frequent training caption (`frequent_`) and the first caption of the training picture that is "
    "nearest in pixels, both reduced to 8×8 (`nearest_`).",
)
class Captioning(SupervisedTask):
    """Model: see `Captioner` for input and output. It has `encode` and `decode` apart, and a `grid` of places."""

    measure, more_is_better = "validation/cider", True  # asks for what is in this picture; BLEU rewards what fits many

    class Settings(Settings):
        captions: int = setting(2, "Captions of a picture that a step learns from, drawn at random; time grows with them.",
                                unit="captions", ge=1, le=20)
        attention_penalty: float = setting(
            0.1, "How much a caption's attention pays for places that its words, together, leave out or look at again.",
            ge=0, le=100,
        )
        label_smoothing: float = setting(0.1, "Share of certainty that is taken from the right piece.", ge=0, lt=1)
        crop: float = setting(0.3, "Training pictures lose up to so much of their sides, at random.", ge=0, lt=1)
        mirror: bool = setting(True, "Every other training picture is mirrored, where the data allow it.")
        beam: int = setting(3, "Captions kept at each piece when they are measured; 1 takes the likeliest piece.",
                            unit="captions", ge=1, le=20)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "captioned" else "captioning needs pictures with captions."

    def reads(self, train: Split) -> Split:
        """Keeps what answers without a network are made of."""
        self.known = torch.cat([_tiny(batch.inputs) for batch in train.batches(BATCH, self.device)])  # (n, numbers)
        self.said = [self.references(targets) for targets in train.targets.tolist()]
        return train

    def model_input(self, batch: Batch) -> Tensor:
        return standardised(batch.inputs, self.spec)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = cropped(self.model_input(batch), self.settings.crop)
        if self.settings.mirror and self.spec.mirrored:
            images = flipped(images)
        targets = _trimmed(_drawn(batch.targets, self.settings.captions))
        following, penalty = targets[:, :, 1:], self.settings.attention_penalty
        real = following != PADDING  # (batch, captions, length)
        if penalty:
            logits, looks = explained(self.model, images, targets[:, :, :-1], across=True)
        else:
            logits, looks = self.model(images, targets[:, :, :-1]), []
        logits = logits.float()
        loss = F.cross_entropy(logits.flatten(0, 2), following.flatten(), ignore_index=PADDING,
                               label_smoothing=self.settings.label_smoothing)
        measures = {"accuracy": ((logits.detach().argmax(3) == following) & real).sum() / real.sum()}
        if looks:
            weights = torch.stack(looks).mean((0, 2)).float()  # of layers and heads: (batch × captions, length, places)
            words = real.flatten(0, 1)
            seen = (weights * words[:, :, None]).sum(1)  # (batch × captions, places)
            # For each caption, as the paper sums it; the loss is a mean over pieces, and so is this.
            uneven = ((1 - seen).square().sum(1) * words.any(1)).sum() / words.sum()
            loss = loss + penalty * uneven
            measures["unevenness"] = uneven.detach()
        return loss, measures

    def evaluate(self, split: Split) -> dict[str, float]:
        nats = right = count = 0.0
        texts, references = [], []
        for batch in split.batches(BATCH, self.device):
            targets = _trimmed(batch.targets)
            following = targets[:, :, 1:]
            with torch.no_grad(), self.autocast():
                logits = self.model(self.model_input(batch), targets[:, :, :-1]).float()
            nats += F.cross_entropy(logits.flatten(0, 2), following.flatten(), ignore_index=PADDING, reduction="sum").item()
            real = following != PADDING
            right += ((logits.argmax(3) == following) & real).sum().item()
            count += real.sum().item()
            references += [self.references(each) for each in batch.targets.tolist()]
            texts += [self.text(found[0].numbers) for found in self.search(batch.inputs, self.settings.beam)]
        found = {"loss": nats / count, "perplexity": math.exp(min(nats / count, 700)), "accuracy": right / count}
        found |= scores(texts, references)
        if hasattr(self, "known"):
            for name, answers in (("frequent", self.frequent(len(split))), ("nearest", self.nearest(split))):
                found |= {f"{name}_{measure}": value for measure, value in scores(answers, references).items()
                          if measure in ("bleu_4", "cider")}
        return found

    def frequent(self, count: int) -> list[str]:
        """The most frequent training caption, as often as asked."""
        return [Counter(text for each in self.said for text in each).most_common(1)[0][0]] * count

    def nearest(self, split: Split) -> list[str]:
        """The first caption of the training picture that is nearest to each of a split's."""
        found = []
        for batch in split.batches(BATCH, self.device):
            found += torch.cdist(_tiny(batch.inputs), self.known).argmin(1).tolist()
        return [self.said[i][0] for i in found]

    def references(self, captions: list[list[int]]) -> list[str]:
        """What people wrote, of the numbers of a picture's captions."""
        return [self.text(numbers) for numbers in captions if numbers[0] != PADDING]

    def text(self, numbers: Iterable[int]) -> str:
        """What numbers stand for."""
        return subwords.text(numbers, self.spec)

    def search(self, images: Tensor, beam: int) -> list[list[Written]]:
        """The best captions of pictures, uint8 `(batch, 3, height, width)`."""
        with self.autocast():
            return decoding.beam_search(self.model, standardised(images, self.spec), beam, self.spec.target_length - 1)

    def looks(self, image: Tensor, written: Tensor) -> Tensor | None:
        """Where each word looked while `written` `(length,)`, which begins with START, was given for one picture, uint8
        `(1, 3, height, width)`: `(length, rows, columns)` on the CPU, the mean over heads and layers; None for a model
        without attention."""
        with torch.no_grad():
            _, layers = explained(self.model, standardised(image, self.spec), written[None, None].to(self.device),
                                  across=True)
        if not layers:
            return None
        return torch.stack(layers).mean((0, 1, 2)).float().cpu().unflatten(1, self.model.grid)

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._told("captions", data.validation)
        yield from self._looked("attention", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._told("test_captions", data.test)

    def _told(self, name: str, split: Split) -> Preview:
        batch = split.take(chosen(split, SHOWN), self.device)
        rows = [{"caption": self.text(found[0].numbers), "references": self.references(targets)} for found, targets in
                zip(self.search(batch.inputs, self.settings.beam), batch.targets.tolist(), strict=True)]
        picture = described(batch.inputs, [[row["caption"] or "(nothing)", *row["references"][:TOLD]] for row in rows])
        return Preview(name, picture, {"rows": rows, "measures": signatures()})

    def _looked(self, name: str, split: Split) -> Iterable[Preview]:
        """A picture, and where each word of its caption looked."""
        image = split.take(chosen(split, SHOWN)[:1], self.device).inputs
        written = self.search(image, self.settings.beam)[0][0].numbers
        looks = self.looks(image, decoding.begun(written))
        if looks is None:
            return
        words = [name.removeprefix(subwords.SPACE) for name in decoding.names(written, self.spec)]
        tiles = torch.stack([lit(image[0].cpu(), weights, TILE) for weights in looks])
        picture = labelled(tiles, words, 6, zoom=1)
        yield Preview(name, picture, {"words": words, "weights": [[[round(value, 4) for value in row] for row in weights]
                                                                  for weights in looks.tolist()]})


def scores(texts: list[str], references: list[list[str]]) -> dict[str, float]:
    """BLEU-1 to 4, 0 to 100, and CIDEr-D, 0 to 10, of a caption for each picture against its references."""
    streams = [list(stream) for stream in zip_longest(*references)]  # sacreBLEU takes None where one has fewer
    found = {f"bleu_{order}": _bleu(order).corpus_score(texts, streams).score for order in ORDERS}
    return found | {"cider": cider(texts, references)}


def signatures() -> dict[str, str]:
    """How the measures were taken, as sacreBLEU signs it."""
    scorer = _bleu(ORDERS[-1])
    scorer.corpus_score(["a"], [["a"]])
    return {"BLEU-4": str(scorer.get_signature()), "CIDEr": "CIDEr-D, not stemmed, rarity counted in the split"}


def _bleu(order: int):
    # Imported here: only what measures captions needs it.
    from sacrebleu.metrics import BLEU

    return BLEU(max_ngram_order=order, tokenize="none", smooth_method="none", force=True)


def _drawn(captions: Tensor, most: int) -> Tensor:
    """Up to so many of each picture's captions `(batch, captions, length)`, at random; none is drawn twice."""
    luck = torch.rand(captions.shape[:2], device=captions.device) + (captions[:, :, 0] == PADDING)  # the empty come last
    chosen = luck.argsort(1)[:, :most]
    return captions.take_along_dim(chosen[:, :, None], 1)


def _trimmed(captions: Tensor) -> Tensor:
    """Captions `(batch, captions, length)` as long as the longest of them."""
    return captions[:, :, : max(2, int((captions != PADDING).sum(2).amax()))]


def _tiny(images: Tensor) -> Tensor:
    """Pictures, reduced, as rows of numbers `(batch, 3 × 8 × 8)`."""
    return F.adaptive_avg_pool2d(images.float(), TINY).flatten(1)
