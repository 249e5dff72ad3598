"""Stanford's question answering data 1.1: Rajpurkar, Zhang, Lopyrev and Liang 2016, "SQuAD: 100,000+ questions for machine
comprehension of text"."""

from __future__ import annotations

import hashlib
import urllib.request
from http.client import HTTPException

from core.catalog import DataSpec, dataset
from core.datasets import questions
from core.datasets.base import Availability, Data, Dataset, Progress
from core.datasets.questions import Question
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

ADDRESS = "https://rajpurkar.github.io/SQuAD-explorer/dataset/"
FILES = {  # of each, its bytes and their SHA-256
    "dev-v1.1.json": (4_854_279, "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9"),
    "train-v1.1.json": (30_288_272, "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955"),
}
SIZES = {"train": 78_000, "validation": 7500, "test": 10_570}
ANSWERS = 6  # most that one question of the development set has


@dataset(
    "squad",
    title="SQuAD",
    year=2016,
    people="Pranav Rajpurkar, Jian Zhang, Konstantin Lopyrev, Percy Liang",
    paper="SQuAD: 100,000+ questions for machine comprehension of text",
    url="https://arxiv.org/abs/1606.05250",
    licence="CC BY-SA 4.0",
    beginner="Paragraphs out of Wikipedia, questions that people asked about each, and the words of the paragraph that "
    "answer them.",
    expert="SQuAD 1.1. The development set, whose questions have up to six answers each, is the test split here, since the "
    "real one is kept secret; whole articles are taken off the end of the training set for validation, and what is cut at "
    "their edges is left out (2,099 of 87,599 questions). Pieces of words (byte-pair encoding over bytes) are found in the "
    "training articles; a right answer is the pieces that cover it. In the paper people reach 77.0 exact match and 86.8 F1 "
    "on the secret test set, logistic regression 40.4 and 51.0.",
)
class SQuAD(Dataset):
    """Piece numbers `(length,)` of a question and its passage; the places of its answers `(6, 2)`."""

    class Settings(Settings):
        vocabulary_size: int = setting(16_000, "Pieces of words that are told apart.", unit="pieces", ge=500, le=50_000)
        length: int = setting(384, "Longest question and passage together, in pieces; what is longer is cut.", unit="pieces",
                              ge=32, le=512)

    def spec(self) -> DataSpec:
        return questions.spec(SIZES, self.settings.vocabulary_size, self.settings.length, ANSWERS)

    def availability(self) -> Availability:
        if all(find_data("squad", name) for name in FILES):
            return Availability(True, f"On disk: {find_data('squad', 'train-v1.1.json').parent}.")
        return Availability(False, "Not on disk; the run downloads it first (35 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        folder = writable_data_folder() / "squad"
        folder.mkdir(parents=True, exist_ok=True)
        done, total = 0, sum(size for size, _ in FILES.values())
        for name, (size, digest) in FILES.items():
            part = folder / f"{name}.part"
            try:
                with urllib.request.urlopen(ADDRESS + name, timeout=30) as answer:
                    content = b""
                    while len(content) <= size and (some := answer.read(2**20)):
                        content += some
                        progress(min(done + len(content), total), total)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise OSError(f"what came is not the file, but {len(content):,} other bytes")
            except (OSError, HTTPException) as error:
                raise UserError(f"SQuAD could not be downloaded from {ADDRESS}{name}: check the network, or put its files "
                                f"into {folder} ({error}).") from error
            part.write_bytes(content)
            part.replace(folder / name)
            done += size

    def load(self) -> Data:
        articles = _articles("train-v1.1.json")
        parts: dict[str, list[Question]] = {"train": [], "validation": [], "test": []}
        for name in ("train", "validation"):
            while len(parts[name]) < SIZES[name]:
                parts[name] += articles.pop(0)
        parts["test"] = [one for article in _articles("dev-v1.1.json") for one in article]
        whole = {name: part[: SIZES[name]] for name, part in parts.items()}
        return questions.data(whole, self.spec(), str(find_data("squad", "train-v1.1.json").parent))


def _articles(name: str) -> list[list[Question]]:
    path = find_data("squad", name)
    if path is None:
        raise UserError(f"SQuAD's {name} is not on disk: connect to the network, or point GLASSBOX_DATA at a folder with "
                        "squad.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != FILES[name][1]:
        raise UserError(f"{path} is not the file that it should be: delete it and launch again.")
    return questions.articles(content)
