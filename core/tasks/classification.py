"""Classification of images and of tables' rows: cross-entropy, accuracy, the confusion matrix and the worst mistakes."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks import tables
from core.tasks.base import ClassifierTask, Preview, chosen, standardised
from core.tasks.pictures import labelled


@task(
    "classification",
    title="Classification",
    year=1936,
    people="Ronald Fisher",
    paper="The use of multiple measurements in taxonomic problems",
    url="https://doi.org/10.1111/j.1469-1809.1936.tb02137.x",
    beginner="Say what a picture shows, or what a row of numbers stands for: one name out of a fixed list.",
    expert="Softmax cross-entropy with optional label smoothing; top-1 accuracy.",
)
class Classification(ClassifierTask):
    """Model: images `(batch, channels, height, width)` or features `(batch, features)` to logits `(batch, classes)`."""

    class Settings(Settings):
        shift: int = setting(
            2, "Each training picture is moved by up to so many pixels at random, so that position is not learned by heart; "
            "rows of a table stay as they are.",
            unit="pixels", ge=0, le=16,
        )
        label_smoothing: float = setting(0.0, "Share of certainty that is taken from the right class.", ge=0, lt=1)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind not in ("images", "features") or len(spec.classes) < 2:
            return "classification needs pictures or tables of numbers with at least two classes."
        return None

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        if self.spec.kind == "images":
            batch = batch._replace(inputs=shifted(batch.inputs, self.settings.shift))
        logits = self.model(self.model_input(batch))  # (batch, classes)
        loss = F.cross_entropy(logits.float(), batch.targets, label_smoothing=self.settings.label_smoothing)
        return loss, {"accuracy": (logits.detach().argmax(1) == batch.targets).float().mean()}

    def model_input(self, batch: Batch) -> Tensor:
        return standardised(batch.inputs, self.spec)

    def previews(self, data: Data) -> Iterable[Preview]:
        yield from self._look(data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield from (Preview(f"test_{seen.name}", seen.image, seen.data) for seen in self._look(data.test))

    def _look(self, split: Split) -> Iterable[Preview]:
        names = self.spec.classes
        logits, targets = self.logits(split), split.targets.cpu()
        chances, guesses = logits.softmax(1), logits.argmax(1)
        yield self.confusion_preview(logits, targets)
        if self.spec.kind == "features":
            yield from tables.previews(self, split, logits)
            return
        losses = F.cross_entropy(logits, targets, reduction="none")
        worst = losses.topk(min(24, len(losses))).indices
        worst = worst[guesses[worst] != targets[worst]]  # a hesitant right answer is no mistake
        if len(worst) == 0:
            worst = chosen(split, 24)
        yield Preview(
            "worst_mistakes",
            labelled(
                split.inputs[worst.to(split.inputs.device)],
                [f"{names[targets[i]]} as {names[guesses[i]]}" for i in worst],
                columns=8,
                wrong=(guesses[worst] != targets[worst]).tolist(),
            ),
            {
                "index": worst.tolist(),
                "true": [names[targets[i]] for i in worst],
                "guess": [names[guesses[i]] for i in worst],
                "chance": [round(chances[i, guesses[i]].item(), 4) for i in worst],
            },
        )


def shifted(images: Tensor, most: int) -> Tensor:
    """Each image `(batch, channels, height, width)` moved by its own whole number of pixels, at most `most` each way;
    what comes in from outside is 0 (the paper's background for digits)."""
    if most == 0:
        return images
    batch, _, height, width = images.shape
    padded = F.pad(images, (most,) * 4)  # (batch, channels, height + 2 most, width + 2 most)
    dy, dx = torch.randint(0, 2 * most + 1, (2, batch, 1), device=images.device)
    rows = (dy + torch.arange(height, device=images.device))[:, None, :, None]  # (batch, 1, height, 1)
    columns = (dx + torch.arange(width, device=images.device))[:, None, None, :]  # (batch, 1, 1, width)
    which = torch.arange(batch, device=images.device)[:, None, None, None]
    depth = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[which, depth, rows, columns]
