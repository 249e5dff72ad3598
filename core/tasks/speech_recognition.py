"""Speech recognition by connectionist temporal classification: Graves, Fernández, Gomez and Schmidhuber 2006."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import BLANK, DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import setting
from core.tasks import ctc, hearing
from core.tasks.base import Preview, SupervisedTask
from core.tasks.pictures import heard


@task(
    "speech_recognition",
    title="Speech recognition",
    year=2006,
    people="Alex Graves, Santiago Fernández, Faustino Gomez, Jürgen Schmidhuber",
    paper="Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural networks",
    url="https://doi.org/10.1145/1143844.1143891",
    beginner="Write down what is said. Nobody tells the model when in the recording each letter sounds: it finds that out.",
    expert="The loss is minus the log probability of the transcript, summed over all ways in which letters and blanks can "
    "be laid along the frames, per letter. Text comes out by best path or prefix beam search, with no language model. Word "
    "and character error rates are jiwer's. In training, bands and stretches of the log-mel frames are hidden (SpecAugment: "
    "Park et al. 2019), and recordings are played faster or slower.",
)
class SpeechRecognition(SupervisedTask):
    """Model: waveforms int16 `(batch, samples)` to logits `(batch, ceil(samples / stride), letters)`. It names its `stride`,
    takes the change of its frames as a second argument, and has the frames' maker as `front` (see Speech LSTM)."""

    measure = "validation/word_error_rate"

    class Settings(hearing.Settings):
        beam: int = setting(1, "Texts kept at each step of the search when error rates are measured; 1 takes the likeliest "
                               "letter of each step.", unit="texts", ge=1, le=100)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "sounds" or not spec.target_length:
            return "speech recognition needs sounds with transcripts."
        return None

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        sounds, counts = self._trimmed(hearing.varied(batch.inputs, self.settings.speed))
        return self._ctc(self.model(sounds, self.settings.hidden), counts, batch.targets).mean(), {}

    def evaluate(self, split: Split) -> dict[str, float]:
        # Imported here: only what measures words needs it, and it brings a compiled matcher along.
        import jiwer

        losses, said, texts = [], [], []
        for batch in split.batches(100, self.device):
            logits, counts = self.logits(batch.inputs)
            losses.append(self._ctc(logits, counts, batch.targets).cpu())
            said += [self.text(letters) for letters in batch.targets.tolist()]
            texts += [self._decoded(chances) for chances in self.chances(logits, counts)]
        return {
            "loss": torch.cat(losses).mean().item(),
            "word_error_rate": jiwer.wer(said, texts),
            "character_error_rate": jiwer.cer(said, texts),
        }

    def previews(self, data: Data) -> Iterable[Preview]:
        # The longest word: of the digits that is “three”, whose two e need a blank between them.
        yield self._preview("recording", data.validation, int((data.validation.targets != BLANK).sum(1).argmax()))

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._preview("test_recording", data.test, int((data.test.targets != BLANK).sum(1).argmax()))

    def logits(self, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """Logits float32 `(batch, steps, letters)` of waveforms int16 `(batch, samples)`, and how many steps each has."""
        sounds, counts = self._trimmed(sounds.to(self.device))
        with torch.no_grad(), self.autocast():
            return self.model(sounds).float(), counts

    @staticmethod
    def chances(logits: Tensor, counts: Tensor) -> list[np.ndarray]:
        """Log probabilities of each recording without its padding, float32 `(steps, letters)`."""
        logs = logits.log_softmax(2).cpu().numpy()
        return [one[:count] for one, count in zip(logs, counts.tolist(), strict=True)]

    def text(self, letters: Sequence[int]) -> str:
        """Letter numbers as text."""
        return "".join(self.spec.vocabulary[i] for i in letters if i != BLANK)

    def _decoded(self, chances: np.ndarray) -> str:
        beam = self.settings.beam
        return self.text(ctc.greedy(chances) if beam == 1 else ctc.prefix_beam(chances, beam)[0][0])

    def _trimmed(self, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """Waveforms as long as the longest of them, and how many rows of logits each has, `(batch,)`."""
        sounds, samples = hearing.trimmed(sounds)
        return sounds, -(-samples // self.model.stride)

    def _ctc(self, logits: Tensor, counts: Tensor, targets: Tensor) -> Tensor:
        """The loss of each recording, per letter, `(batch,)`; 0 where it has too few steps for its transcript."""
        letters = (targets != BLANK).sum(1)
        logs = logits.float().log_softmax(2).transpose(0, 1)  # (steps, batch, letters)
        return F.ctc_loss(logs, targets, counts, letters, BLANK, "none", zero_infinity=True) / letters

    def _preview(self, name: str, split: Split, index: int) -> Preview:
        sound = split.inputs[index : index + 1]
        (chances,) = self.chances(*self.logits(sound))  # (steps, letters)
        frames, counts = self.model.front(sound.to(self.device))
        said, text = self.text(split.targets[index].tolist()), self._decoded(chances)
        letters = ["blank" if i == BLANK else letter for i, letter in enumerate(self.spec.vocabulary)]
        spectrum = frames[0, : counts[0]].T.cpu().numpy()  # (mels, frames)
        picture = heard(spectrum, np.exp(chances.T), letters, f"“{said}” is heard as “{text}”")
        return Preview(name, picture, {"said": said, "heard": text})
