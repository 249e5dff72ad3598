"""Classification of sequences of symbols, of which each may count: cross-entropy, accuracy and the confusion matrix."""

import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch
from core.tasks.sentences import SentenceTask


@task(
    "sequence_classification",
    title="Sequence classification",
    year=1994,
    people="Yoshua Bengio, Patrice Simard, Paolo Frasconi",
    paper="Learning long-term dependencies with gradient descent is difficult",
    url="https://doi.org/10.1109/72.279181",
    beginner="Say what kind of sequence this is, after reading it symbol by symbol. What decides may lie a hundred symbols "
    "back: a test of memory.",
    expert="Softmax cross-entropy over sequences that are read whole: no symbol is hidden or left out.",
)
class SequenceClassification(SentenceTask):
    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if not spec.symbols or len(spec.classes) < 2:
            return "sequence classification needs sequences of symbols with at least two classes."
        return None

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits = self.model(batch.inputs)  # (batch, classes)
        accuracy = (logits.detach().argmax(1) == batch.targets).float().mean()
        return F.cross_entropy(logits.float(), batch.targets), {"accuracy": accuracy}
