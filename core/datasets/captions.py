"""Photographs of Flickr with five captions each: Hodosh, Young and Hockenmaier 2013, "Framing image description as a ranking
task". The person brings them: a thousand in a zip with a table of captions, or the whole set as its makers hand it out."""

from pathlib import Path

from core.catalog import DataSpec, dataset
from core.datasets import captioned, files
from core.datasets.base import Availability, Data, Dataset, Progress
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

_CAPTIONS = 5  # of each picture
_PAPER = {
    "year": 2013,
    "people": "Micah Hodosh, Peter Young, Julia Hockenmaier",
    "paper": "Framing image description as a ranking task: data, models and evaluation metrics",
    "url": "https://doi.org/10.1613/jair.3994",
    "licence": "Research and education only",
}


class _Captioned(Dataset):
    """Pictures `(3, side, side)`, each with the numbers of its captions' pieces `(5, length + 2)`."""

    sizes: dict[str, int]
    lacking: str  # what to do where it is not there

    class Settings(Settings):
        side: int = setting(96, "Side of the pictures; memory and time grow with its square. Pretrained encoders learned "
                            "from 224.", unit="pixels", ge=32, le=320)
        vocabulary_size: int = setting(3000, "Pieces of words that are told apart: frequent words are one piece.",
                                       unit="pieces", ge=300, le=30_000)
        length: int = setting(30, "Longest caption in pieces of words; a longer one is cut.", unit="pieces", ge=5, le=60)

    def spec(self) -> DataSpec:
        return captioned.spec(self.sizes, self.settings.side, _CAPTIONS, self.settings.vocabulary_size, self.settings.length)

    def found(self) -> tuple[Path, Path] | None:
        """The pictures, a zip or a folder, and the file of captions, where both are here."""
        raise NotImplementedError

    def names(self, captions: dict[str, list[str]], folder: Path) -> dict[str, list[str]]:
        """The names of the pictures of each split."""
        raise NotImplementedError

    def availability(self) -> Availability:
        if found := self.found():
            return Availability(True, f"On disk: {found[1].parent}.")
        return Availability(False, f"Not on disk: {self.lacking.format(folder=writable_data_folder())}")

    def fetch(self, progress: Progress) -> None:
        raise UserError(self.availability().sentence)

    def load(self) -> Data:
        found = self.found()
        if found is None:
            raise UserError(self.availability().sentence)
        held, table = found
        captions = captioned.parsed(str(table), text_of(table))
        splits = self.names(captions, table.parent)
        if {split: len(names) for split, names in splits.items()} != self.sizes:
            raise UserError(f"{table} has captions of {len(captions):,} pictures instead of {sum(self.sizes.values()):,}: "
                            "replace it with a whole copy.")
        wanted = [name for names in splits.values() for name in names]
        if few := [name for name in wanted if len(captions.get(name, [])) != _CAPTIONS]:
            raise UserError(f"{table} does not have {_CAPTIONS} captions for {few[0]}: replace it with a whole copy.")
        images, readable, _ = captioned.pictures(held, wanted, self.settings.side)
        if lacking := [name for name, fine in zip(wanted, readable.tolist(), strict=True) if not fine]:
            raise UserError(f"{len(lacking):,} pictures of {held} are missing or damaged, the first of them {lacking[0]}: "
                            "replace it with a whole copy.")
        parts = dict(zip(splits, images.split([len(names) for names in splits.values()]), strict=True))
        texts = {split: [captions[name] for name in names] for split, names in splits.items()}
        return captioned.data(parts, texts, self.spec(), str(table.parent))


@dataset(
    "captions",
    title="Captioned photographs",
    **_PAPER,
    beginner="A thousand photographs, mostly of people and dogs who do something, and under each what five people wrote "
    "when they were asked what it shows.",
    expert="1,000 photographs of Flickr8k, some 200×150, here cut square and reduced, with five English captions each. By "
    "name: 800 train, 100 validation, 100 test. Words in lower case without signs, cut into pieces by byte-pair encoding "
    "found in the training captions: any word can be written and measured.",
)
class Captions(_Captioned):
    """Pictures `(3, side, side)`, five captions each."""

    sizes = {"train": 800, "validation": 100, "test": 100}
    lacking = ("put images.zip and captions.txt into {folder}/captions. They can't be downloaded, because their terms allow "
               "research and education only.")

    def found(self) -> tuple[Path, Path] | None:
        held, table = find_data("captions", "images.zip"), find_data("captions", "captions.txt")
        return (held, table) if held and table else None

    def names(self, captions: dict[str, list[str]], folder: Path) -> dict[str, list[str]]:
        names, train, held_out = sorted(captions), self.sizes["train"], self.sizes["validation"]
        return {"train": names[:train], "validation": names[train : train + held_out], "test": names[train + held_out :]}


@dataset(
    "flickr8k",
    title="Flickr8k",
    **_PAPER,
    beginner="8,000 photographs, mostly of people and dogs who do something, and under each what five people wrote when "
    "they were asked what it shows: the set that small networks for captions are compared on.",
    expert="The official splits: 6,000 train, 1,000 validation, 1,000 test, five English captions each. Cut square and "
    "reduced; captions as in the thousand.",
)
class Flickr8k(_Captioned):
    """Pictures `(3, side, side)`, five captions each."""

    sizes = {"train": 6000, "validation": 1000, "test": 1000}
    lacking = ("its makers send it to whoever asks for it (see the paper's page). Put Flicker8k_Dataset, Flickr8k.token.txt "
               "and the three lists Flickr_8k.*Images.txt into {folder}/flickr8k.")

    def found(self) -> tuple[Path, Path] | None:
        held, table = find_data("flickr8k", "Flicker8k_Dataset"), find_data("flickr8k", "Flickr8k.token.txt")
        return (held, table) if held and table else None

    def names(self, captions: dict[str, list[str]], folder: Path) -> dict[str, list[str]]:
        return {split: text_of(folder / f"Flickr_8k.{name}Images.txt").split()
                for split, name in (("train", "train"), ("validation", "dev"), ("test", "test"))}


def text_of(path: Path) -> str:
    """A text file. Raises `UserError` where it can't be read."""
    try:
        return files.decoded(str(path), path.read_bytes())[0]
    except OSError as error:
        raise UserError(f"{path} can't be read: put a whole copy there ({error}).") from error
