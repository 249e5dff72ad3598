"""10,662 sentences from film reviews, half of them praise: Pang and Lee 2005, "Seeing stars", section 2."""

import io
import tarfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

import torch

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Padded, Progress
from core.datasets.vocabulary import build_vocabulary, numbers, tokenise
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

ADDRESS = "https://www.cs.cornell.edu/people/pabo/movie-review-data/"
_ARCHIVE = "rt-polaritydata.tar.gz"
_MOST_BYTES = 20_000_000  # the archive has half a megabyte: anything much larger is something else
_FILES = ("rt-polarity.neg", "rt-polarity.pos")  # in the order of the classes
_PER_CLASS = 5331
_PARTS = [4265, 533, 533]  # of each class: train, validation, test


@dataset(
    "film-reviews",
    title="Film reviews",
    year=2005,
    people="Bo Pang, Lillian Lee",
    paper="Seeing stars: exploiting class relationships for sentiment categorization with respect to rating scales",
    url="https://doi.org/10.3115/1219840.1219855",
    licence="Research",
    beginner="Single sentences out of film reviews, each from a critic who liked the film or from one who didn't.",
    expert="Sentence polarity data 1.0 of Rotten Tomatoes: 5,331 negative and 5,331 positive snippets, lower case, labelled "
    "by the review's rating. No official split: 80/10/10 here, by a fixed permutation with seed 0 within each class. The "
    "vocabulary is made from the training sentences. Convolutional networks with random embeddings reach some 76 % on it "
    "(Kim 2014, table 2, by cross-validation).",
)
class FilmReviews(Dataset):
    """Token numbers `(length,)`, two classes."""

    class Settings(Settings):
        vocabulary_size: int = setting(
            8000, "Words and signs that are known, the most frequent first; all others become one unknown word.",
            unit="tokens", ge=100, le=50_000,
        )
        length: int = setting(
            64, "Longest sentence in tokens; a longer one is cut, and no sentence here is longer than 64.",
            unit="tokens", ge=4, le=256,
        )

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="sentences",
            shape=(self.settings.length,),
            sizes={name: 2 * part for name, part in zip(("train", "validation", "test"), _PARTS, strict=True)},
            classes=("negative", "positive"),
            vocabulary_size=self.settings.vocabulary_size,
        )

    def availability(self) -> Availability:
        if found := find_data("rt-polarity", _FILES[0]):
            return Availability(True, f"On disk: {found.parent}.")
        return Availability(False, "Not on disk; the run downloads it first (0.5 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        address = ADDRESS + _ARCHIVE
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                total = int(answer.headers.get("Content-Length") or 0)
                packed = b""
                while len(packed) < _MOST_BYTES and (part := answer.read(65_536)):
                    packed += part
                    progress(len(packed), total or len(packed))
            if total and len(packed) != total:
                raise OSError(f"{len(packed)} of {total} bytes arrived")
            texts = _unpacked(packed)
        except (OSError, EOFError, HTTPException, KeyError, ValueError, tarfile.TarError) as error:
            raise UserError(
                f"The film reviews could not be downloaded from {address}: check the network, or put {_FILES[1]} and "
                f"{_FILES[0]} into {writable_data_folder() / 'rt-polarity'} ({error})."
            ) from error
        folder = writable_data_folder() / "rt-polarity"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in reversed(texts.items()):  # the file that `availability` looks for comes last
            part = folder / f"{name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / name)

    def load(self) -> Data:
        found = find_data("rt-polarity", _FILES[0])
        if found is None:
            raise UserError(
                "The film reviews are not on disk: connect to the network, or point GLASSBOX_DATA at a folder with "
                "rt-polarity."
            )
        order = torch.Generator().manual_seed(0)
        parts: dict[str, list[tuple[list[str], int]]] = {"train": [], "validation": [], "test": []}
        for label, name in enumerate(_FILES):
            sentences = [tokenise(line) for line in _lines(found.parent / name)]
            shuffled = [sentences[i] for i in torch.randperm(_PER_CLASS, generator=order)]
            for split, count in zip(parts, _PARTS, strict=True):
                parts[split] += [(sentence, label) for sentence in shuffled[:count]]
                shuffled = shuffled[count:]
        vocabulary = build_vocabulary((sentence for sentence, _ in parts["train"]), self.settings.vocabulary_size)
        index = {token: i for i, token in enumerate(vocabulary)}
        splits = {
            name: Padded(
                torch.tensor([numbers(sentence, index, self.settings.length) for sentence, _ in part]),  # (n, length)
                torch.tensor([label for _, label in part]),
            )
            for name, part in parts.items()
        }
        spec = self.spec().model_copy(update={"vocabulary": vocabulary, "vocabulary_size": len(vocabulary)})
        return Data(spec, **splits, source=str(found.parent))


def _unpacked(packed: bytes) -> dict[str, str]:
    """The texts of both files by name. Only these two members are read, and nothing is written where a member says."""
    texts = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for name in _FILES:
            member = archive.extractfile(f"rt-polaritydata/{name}")
            if member is None:
                raise ValueError(f"{name} is no file")
            texts[name] = member.read(_MOST_BYTES).decode("latin-1")
            if texts[name].count("\n") != _PER_CLASS:
                raise ValueError(f"{name} has {texts[name].count(chr(10))} lines instead of {_PER_CLASS}")
    return texts


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read: delete its folder and launch again ({error}).") from error
    if len(lines) != _PER_CLASS:
        raise UserError(f"{path} has {len(lines)} lines instead of {_PER_CLASS}: delete its folder and launch again.")
    return lines
