"""Classification of sounds: cross-entropy, accuracy and the confusion matrix."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Split
from core.tasks import hearing
from core.tasks.base import ClassifierTask


@task(
    "sound_classification",
    title="Sound classification",
    year=1952,
    people="K. H. Davis, Rulon Biddulph, Stephen Balashek",
    paper="Automatic recognition of spoken digits",
    url="https://doi.org/10.1121/1.1906946",
    beginner="Say what is heard: which word, whose voice, which bird; one name out of a fixed list for the whole recording.",
    expert="Softmax cross-entropy over a whole recording. In training, bands and stretches of the log-mel frames are hidden "
    "(SpecAugment: Park et al. 2019), and recordings are played faster or slower (Ko et al. 2015).",
)
class SoundClassification(ClassifierTask):
    """Model: waveforms int16 `(batch, samples)` to logits `(batch, classes)`. It takes the change of its frames as a second
    argument, and has the frames' maker as `front` (see Speech LSTM)."""

    Settings = hearing.Settings

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "sounds" or len(spec.classes) < 2:
            return "sound classification needs sounds with at least two classes."
        return None

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        sounds, _ = hearing.trimmed(hearing.varied(batch.inputs, self.settings.speed))
        logits = self.model(sounds, self.settings.hidden)  # (batch, classes)
        accuracy = (logits.detach().argmax(1) == batch.targets).float().mean()
        return F.cross_entropy(logits.float(), batch.targets), {"accuracy": accuracy}

    def logits(self, split: Split) -> Tensor:
        with torch.no_grad(), self.autocast():
            parts = [self.model(hearing.trimmed(batch.inputs)[0]) for batch in split.batches(100, self.device)]
        return torch.cat(parts).float().cpu()
