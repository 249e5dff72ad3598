"""Classification of sentences: cross-entropy, accuracy, the confusion matrix, and what each word looked at."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.architectures.attention_layers import explained
from core.catalog import PADDING, UNKNOWN, DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview
from core.tasks.pictures import matrix, side_by_side
from core.tasks.sentences import SentenceTask


@task(
    "text_classification",
    title="Text classification",
    year=1961,
    people="Melvin Maron",
    paper="Automatic indexing: an experimental inquiry",
    url="https://doi.org/10.1145/321075.321084",
    beginner="Say what a sentence is: praise or blame, for one, out of a fixed list.",
    expert="Softmax cross-entropy with label smoothing; whole words are replaced by the unknown word at random (word "
    "dropout: Dai and Le 2015), so that no single rare word decides.",
)
class TextClassification(SentenceTask):
    class Settings(Settings):
        word_dropout: float = setting(
            0.3, "Share of the words that are hidden at random in each training step, so that none is learned by heart.",
            ge=0, lt=1,
        )
        label_smoothing: float = setting(0.1, "Share of certainty that is taken from the right class.", ge=0, lt=1)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "sentences" or spec.symbols or len(spec.classes) < 2:
            return "text classification needs sentences with at least two classes."
        return None

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        hidden = torch.rand(batch.inputs.shape, device=self.device) < self.settings.word_dropout
        logits = self.model(batch.inputs.masked_fill(hidden & (batch.inputs != PADDING), UNKNOWN))  # (batch, classes)
        loss = F.cross_entropy(logits.float(), batch.targets, label_smoothing=self.settings.label_smoothing)
        return loss, {"accuracy": (logits.detach().argmax(1) == batch.targets).float().mean()}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield from super().previews(data)
        sentence = _readable(data.validation)
        attention, logits = self.attention(sentence)
        if attention:
            yield self._attention_preview(sentence, attention, logits)

    def attention(self, sentence: Tensor) -> tuple[list[Tensor], Tensor]:
        """How much each token of one sentence attends to each other one.

        Arguments: `sentence` int64 `(length,)`.
        Returns: for each attention layer the weights `(heads, tokens, tokens)` without padding (row = query), and the
        logits `(classes,)`, all on the CPU. A model without attention layers gives an empty list.
        """
        with torch.no_grad():
            logits, layers = explained(self.model, sentence[None].to(self.device))
        count = int((sentence != PADDING).sum())
        return [layer[0, :, :count, :count].cpu() for layer in layers], logits[0].cpu()

    def _attention_preview(self, sentence: Tensor, attention: list[Tensor], logits: Tensor) -> Preview:
        tokens = [self.spec.vocabulary[i] for i in sentence[sentence != PADDING]]
        pictures = [matrix(layer.mean(0).numpy(), tokens, tokens, cell=22) for layer in attention]  # mean over the heads
        return Preview(
            "attention",
            side_by_side(pictures),
            {
                "tokens": tokens,
                "weights": [_rounded(layer) for layer in attention],  # layer, head, query, key
                "classes": list(self.spec.classes),
                "probabilities": _rounded(logits.softmax(0)),
            },
        )


def _readable(split: Split) -> Tensor:
    """The first sentence of 8 to 16 known tokens, or the shortest one if there is none: `(length,)`, the same in every
    run."""
    lengths = (split.inputs != PADDING).sum(1)
    known = (split.inputs != UNKNOWN).all(1)
    fitting = ((lengths >= 8) & (lengths <= 16) & known).nonzero().flatten()
    return split.inputs[fitting[0] if len(fitting) else lengths.argmin()].cpu()


def _rounded(values: Tensor) -> list:
    return [_rounded(part) for part in values] if values.ndim else round(values.item(), 4)
