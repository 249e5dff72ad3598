"""31,014 English descriptions of photographs and their French translations: Elliott, Frank, Sima'an and Specia 2016,
"Multi30K: multilingual English-German image descriptions"; French by Elliott et al. 2017."""

import gzip
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from core.catalog import DataSpec, dataset
from core.datasets import pairs
from core.datasets.base import Availability, Data, Dataset, Progress
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

ADDRESS = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
_FOLDER, _LANGUAGES = "multi30k", {"English": "en", "French": "fr"}
_LINES = {"train": 29_000, "val": 1014, "test_2016_flickr": 1000, "test_2017_flickr": 1000, "test_2017_mscoco": 461,
          "test_2018_flickr": 1071}
_MOST_BYTES = 20_000_000  # the largest file has half a megabyte: anything much larger is something else


@dataset(
    "multi30k",
    title="Multi30k",
    year=2016,
    people="Desmond Elliott, Stella Frank, Khalil Sima'an, Lucia Specia, Loïc Barrault and others",
    paper="Multi30K: multilingual English-German image descriptions",
    url="https://doi.org/10.18653/v1/W16-3210",
    licence="Descriptions from Flickr30k: research and education only",
    beginner="What people wrote under photographs, in English, and what translators made of it in French: short sentences "
    "of everyday life.",
    expert="29,000 training pairs, 1,014 validation pairs, and the test sets of the shared tasks 2016 to 2018, in their own "
    "case and spelling, not tokenised. Pieces of words (byte-pair encoding over bytes) are found in the training pairs, one "
    "vocabulary for both languages. The 2017 set out of MS COCO has ambiguous verbs, that of 2018 longer sentences.",
)
class Multi30k(Dataset):
    """Pairs of piece numbers: source `(length,)`, target `(length + 2,)`."""

    class Settings(Settings):
        source: Literal["English", "French"] = setting("English", "The language that is translated, into the other one.")
        vocabulary_size: int = setting(8000, "Pieces of words that are told apart, in both languages together.",
                                       unit="pieces", ge=500, le=50_000)
        length: int = setting(80, "Longest sentence in pieces; a longer one is cut, and with 8,000 pieces none here is.",
                              unit="pieces", ge=8, le=256)
        test: Literal["test_2016_flickr", "test_2017_flickr", "test_2017_mscoco", "test_2018_flickr"] = setting(
            "test_2016_flickr", "The test set, by the year of its shared task and where its photographs are from."
        )

    def _parts(self) -> dict[str, str]:
        return {"train": "train", "validation": "val", "test": self.settings.test}

    def spec(self) -> DataSpec:
        source, target = sorted(_LANGUAGES, key=lambda language: language != self.settings.source)
        sizes = {split: _LINES[name] for split, name in self._parts().items()}
        return pairs.spec(sizes, (source, target), self.settings.vocabulary_size, self.settings.length)

    def availability(self) -> Availability:
        if all(find_data(_FOLDER, name) for name in self._files()):
            return Availability(True, f"On disk: {find_data(_FOLDER, 'train.en.gz').parent}.")
        return Availability(False, "Not on disk; the run downloads it first (1.3 MB).", fetchable=True)

    def _files(self) -> list[str]:
        return [f"{name}.{code}.gz" for name in self._parts().values() for code in _LANGUAGES.values()]

    def fetch(self, progress: Progress) -> None:
        folder = writable_data_folder() / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        lacking = [name for name in self._files() if not find_data(_FOLDER, name)]
        for done, name in enumerate(lacking):
            progress(done, len(lacking))
            part = folder / f"{name}.part"
            try:
                with urllib.request.urlopen(ADDRESS + name, timeout=30) as answer:
                    part.write_bytes(answer.read(_MOST_BYTES))
                _lines(part, name)
            except (OSError, HTTPException, UserError) as error:
                part.unlink(missing_ok=True)
                raise UserError(f"Multi30k could not be downloaded from {ADDRESS}{name}: check the network, or put its "
                                f"files into {folder} ({error}).") from error
            part.replace(folder / name)
        progress(len(lacking), len(lacking))

    def load(self) -> Data:
        promised = self.spec()
        texts = {}
        for split, name in self._parts().items():
            sides = []
            for language in promised.languages:
                file = f"{name}.{_LANGUAGES[language]}.gz"
                path = find_data(_FOLDER, file)
                if path is None:
                    raise UserError(f"Multi30k's {file} is not on disk: connect to the network, or point GLASSBOX_DATA at a "
                                    "folder with multi30k.")
                sides.append(_lines(path, file))
            texts[split] = tuple(sides)
        return pairs.data(texts, promised, str(find_data(_FOLDER, "train.en.gz").parent))


def _lines(path: Path, name: str) -> list[str]:
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
    except (OSError, EOFError, ValueError) as error:  # among them: no gzip, and no UTF-8
        raise UserError(f"{path} can't be read: delete it and launch again ({error}).") from error
    if len(lines) != (right := _LINES[name.split(".")[0]]):
        raise UserError(f"{path} has {len(lines):,} lines instead of {right:,}: delete it and launch again.")
    return [line.strip() for line in lines]
