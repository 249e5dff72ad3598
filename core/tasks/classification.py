"""Classification of images and of tables' rows: cross-entropy, accuracy, the confusion matrix and the worst mistakes."""

from collections.abc import Iterable
from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks import tables
from core.tasks.augment import cut_out, flipped, mixed, shifted
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
    expert="Softmax cross-entropy with optional label smoothing and mixup (Zhang et al. 2018); training pictures are "
    "shifted, mirrored and cut out (DeVries and Taylor 2017) by the batch; top-1 accuracy.",
)
class Classification(ClassifierTask):
    """Model: images `(batch, channels, height, width)` or features `(batch, features)` to logits `(batch, classes)`."""

    class Settings(Settings):
        shift: int = setting(
            2, "Each training picture is moved by up to so many pixels at random, so that position is not learned by heart; "
            "rows of a table stay as they are.",
            unit="pixels", ge=0, le=16,
        )
        border: Literal["auto", "black", "reflect"] = setting(
            "auto", "What comes in at the edge of a moved picture: black, or the picture reflected; auto reflects what may "
            "be flipped.",
        )
        flip: Literal["auto", "on", "off"] = setting(
            "auto", "Half of the training pictures are mirrored left to right; auto does so where a mirrored picture means "
            "the same, as with photographs of things, but not with digits.",
        )
        cutout: int = setting(
            0, "Side of a square that is taken out of each training picture, so that no single part decides; 0 takes none.",
            unit="pixels", ge=0, le=256,
        )
        mixup: float = setting(
            0.0, "Training pictures are blended in pairs, and so are their answers; 0.2 blends a little, 1 in all "
            "proportions alike, 0 not at all.", ge=0, le=10,
        )
        label_smoothing: float = setting(0.0, "Share of certainty that is taken from the right class.", ge=0, lt=1)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind not in ("images", "features") or len(spec.classes) < 2:
            return "classification needs pictures or tables of numbers with at least two classes."
        return None

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        settings, pictures = self.settings, self.spec.kind == "images"
        if pictures:
            reflect = settings.border == "reflect" or (settings.border == "auto" and self.spec.mirrored)
            moved = shifted(batch.inputs, settings.shift, reflect=reflect)
            if settings.flip == "on" or (settings.flip == "auto" and self.spec.mirrored):
                moved = flipped(moved)
            batch = batch._replace(inputs=moved)
        inputs = self.model_input(batch)
        if pictures:
            inputs = cut_out(inputs, settings.cutout)
        inputs, answers = mixed(inputs, batch.targets, settings.mixup)
        logits = self.model(inputs)  # (batch, classes)
        guesses = logits.detach().argmax(1)
        loss = accuracy = 0.0
        for targets, share in answers:
            loss = loss + share * F.cross_entropy(logits.float(), targets, label_smoothing=settings.label_smoothing)
            accuracy = accuracy + share * (guesses == targets).float().mean()
        return loss, {"accuracy": accuracy}

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
