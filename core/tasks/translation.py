"""Translation: a sentence is read, and written in another language. Sutskever, Vinyals and Le 2014, "Sequence to
sequence learning with neural networks"; measured by BLEU (Papineni et al. 2002) and chrF (Popović 2015) as sacreBLEU
computes them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.architectures.attention_layers import crosses, explained
from core.catalog import PADDING, DataSpec, task
from core.datasets import pairs, subwords
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks import decoding
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.decoding import Written
from core.tasks.pictures import lines, matrix, side_by_side

BATCH, SHOWN = 100, 5  # pairs that are evaluated at once, and that a preview shows


@task(
    "translation",
    title="Translation",
    year=2014,
    people="Ilya Sutskever, Oriol Vinyals, Quoc Le",
    paper="Sequence to sequence learning with neural networks",
    url="https://arxiv.org/abs/1409.3215",
    beginner="Read a sentence and write it in another language, piece by piece. In training the model is shown "
    "the right beginning each time; by itself it must go on from what it wrote.",
    expert="Cross-entropy per target piece with label smoothing, teacher forcing. Texts come out by beam search, with the "
    "length penalty of Wu et al. 2016 and an exponent of 0.6. BLEU and chrF are sacreBLEU's, over the whole split, on text "
    "as it is: case and punctuation count. Their signatures stand with the test translations.",
)
class Translation(SupervisedTask):
    """Model: see the Transformer's input and output. It has `encode` and `decode` apart."""

    measure, more_is_better = "validation/bleu", True

    class Settings(Settings):
        label_smoothing: float = setting(0.1, "Share of certainty that is taken from the right piece.", ge=0, lt=1)
        beam: int = setting(1, "Translations kept at each piece when BLEU is measured; 1 takes the likeliest piece.",
                            unit="translations", ge=1, le=20)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "pairs" else "translation needs pairs of sentences."

    def model_input(self, batch: Batch) -> Tensor:
        return torch.cat((batch.inputs, batch.targets[:, :-1]), 1)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits = self.model(self.model_input(batch), batch.inputs.shape[1]).float()  # (batch, target, vocabulary)
        following = batch.targets[:, 1:]
        loss = F.cross_entropy(logits.flatten(0, 1), following.flatten(), ignore_index=PADDING,
                               label_smoothing=self.settings.label_smoothing)
        real = following != PADDING
        right = (logits.detach().argmax(2) == following) & real
        return loss, {"accuracy": right.sum() / real.sum()}

    def evaluate(self, split: Split) -> dict[str, float]:
        nats = right = count = 0.0
        said, texts = [], []
        for batch in split.batches(BATCH, self.device):
            following = batch.targets[:, 1:]
            with torch.no_grad(), self.autocast():
                logits = self.model(self.model_input(batch), batch.inputs.shape[1]).float()
            nats += F.cross_entropy(logits.flatten(0, 1), following.flatten(), ignore_index=PADDING, reduction="sum").item()
            real = following != PADDING
            right += ((logits.argmax(2) == following) & real).sum().item()
            count += real.sum().item()
            said += [self.text(row) for row in batch.targets.tolist()]
            texts += [self.text(found[0].numbers) for found in self.search(batch.inputs, self.settings.beam)]
        bleu, chrf = _scorers()
        return {
            "loss": nats / count, "perplexity": math.exp(min(nats / count, 700)), "accuracy": right / count,
            "bleu": bleu.corpus_score(texts, [said]).score, "chrf": chrf.corpus_score(texts, [said]).score,
        }

    def encode(self, text: str) -> Tensor:
        """A person's sentence as numbers int64 `(1, length)` on the device. Raises `UserError` where it is empty or too
        long."""
        return pairs.encode(text, self.spec)[None].to(self.device)

    def text(self, numbers: Iterable[int]) -> str:
        """What numbers stand for."""
        return subwords.text(numbers, self.spec)

    def search(self, sources: Tensor, beam: int) -> list[list[Written]]:
        """The best translations of sources `(batch, length)`, at most twice as long and ten pieces."""
        with self.autocast():
            return decoding.beam_search(self.model, sources, beam, self.most(sources.shape[1]))

    def sample(self, source: Tensor, seed: int, temperature: float, top_p: float) -> Written:
        """A translation of one source `(1, length)`, drawn by the luck of a seed."""
        luck = torch.rand(self.most(source.shape[1]), generator=torch.Generator().manual_seed(seed))
        with self.autocast():
            return decoding.sample(self.model, source, luck, temperature, top_p)

    def most(self, length: int) -> int:
        """Pieces that are written at most, of a source of so many."""
        return min(self.spec.target_length - 1, 2 * length + 10)

    def attention(self, source: Tensor, written: Tensor) -> dict[str, Tensor]:
        """How much each piece looks at each other one while `written` `(target,)`, which begins with START, is given for one
        source `(1, length)` without padding: weights `(heads, query, key)` on the CPU by the name of their layer."""
        pair = torch.cat((source, written[None].to(self.device)), 1)
        with torch.no_grad():
            _, layers = explained(self.model, pair, source.shape[1])
        names = [name for name, module in self.model.named_modules() if hasattr(module, "explain")]
        return {name: layer[0].float().cpu() for name, layer in zip(names, layers, strict=True)}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._translated("translations", data.validation)
        yield from self._attended(data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._translated("test_translations", data.test)

    def _translated(self, name: str, split: Split) -> Preview:
        batch = split.take(chosen(split, SHOWN), self.device)
        rows = [
            {"source": self.text(source), "reference": self.text(target), "translation": self.text(found[0].numbers)}
            for source, target, found in zip(batch.inputs.tolist(), batch.targets.tolist(),
                                             self.search(batch.inputs, self.settings.beam), strict=True)
        ]
        scorers = {type(scorer).__name__: scorer for scorer in _scorers()}
        for scorer in scorers.values():  # it knows its signature once it has seen a reference
            scorer.corpus_score([row["translation"] for row in rows], [[row["reference"] for row in rows]])
        text = [(row["source"], row["reference"], row["translation"]) for row in rows]
        return Preview(name, lines(text), {
            "rows": rows, "signatures": {name: str(scorer.get_signature()) for name, scorer in scorers.items()},
        })

    def _attended(self, split: Split) -> Iterable[Preview]:
        """Where the model looks back while it writes the right translation of a short sentence."""
        lengths = (split.inputs != PADDING).sum(1)
        fitting = ((lengths >= 8) & (lengths <= 12)).nonzero().flatten()
        pair = split.take((fitting[:1] if len(fitting) else lengths.argmin()[None]).cpu(), self.device)
        target = pair.targets[0][pair.targets[0] != PADDING]
        source = pair.inputs[:, : int((pair.inputs != PADDING).sum())]
        maps = {name: weights.mean(0) for name, weights in self.attention(source, target[:-1]).items() if crosses(name)}
        if not maps:
            return
        read, written = ([self.spec.vocabulary[i] for i in part.tolist()] for part in (source[0], target[1:]))
        pictures = [matrix(weights.numpy(), written, read, cell=22) for weights in maps.values()]
        data = {"source": read, "target": written, "weights": {name: _rounded(weights) for name, weights in maps.items()}}
        yield Preview("attention", side_by_side(pictures), data)


def _scorers() -> tuple:
    # Imported here: only what measures translations needs it.
    from sacrebleu.metrics import BLEU, CHRF

    return BLEU(), CHRF()


def _rounded(weights: Tensor) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in weights.tolist()]
