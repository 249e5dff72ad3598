"""1.1 million characters out of Shakespeare's plays: the text of Karpathy 2015, "The unreasonable effectiveness of recurrent
neural networks"."""

import hashlib
import urllib.request
from http.client import HTTPException

from core.catalog import DataSpec, dataset
from core.datasets import characters
from core.datasets.base import Availability, Data, Dataset, Progress
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

ADDRESS = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
_PLACE = ("tinyshakespeare", "input.txt")
_SIZE, _KINDS = 1_115_394, 65  # characters, each of one byte, and different ones
_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


@dataset(
    "shakespeare",
    title="Shakespeare",
    year=2015,
    people="Andrej Karpathy, William Shakespeare",
    paper="The unreasonable effectiveness of recurrent neural networks",
    url="https://karpathy.github.io/2015/05/21/rnn-effectiveness/",
    licence="Public domain",
    beginner="40,000 lines out of Shakespeare's plays, read character by character.",
    expert=f"Tiny Shakespeare: 1,115,394 characters, 65 different ones. {characters.DIVIDED} nanoGPT's README gives a "
    "validation loss of 1.88 for a small Transformer after three minutes on a laptop's processor, and 1.47 for a larger one "
    "on a GPU (in nats a character, on the last 10 %).",
)
class Shakespeare(Dataset):
    """Windows of character numbers `(length,)`."""

    class Settings(Settings):
        length: int = setting(characters.LENGTH, characters.HOW_LONG, unit="characters", ge=8, le=1024)

    def spec(self) -> DataSpec:
        return characters.spec(_SIZE, self.settings.length, _KINDS)

    def availability(self) -> Availability:
        if found := find_data(*_PLACE):
            return Availability(True, f"On disk: {found}.")
        return Availability(False, "Not on disk; the run downloads it first (1.1 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        path = writable_data_folder().joinpath(*_PLACE)
        try:
            with urllib.request.urlopen(ADDRESS, timeout=30) as answer:
                text = b""
                while len(text) <= _SIZE and (part := answer.read(65_536)):
                    text += part
                    progress(min(len(text), _SIZE), _SIZE)
            if hashlib.sha256(text).hexdigest() != _SHA256:
                raise OSError(f"what came is not the text, but {len(text):,} other bytes")
        except (OSError, HTTPException) as error:
            raise UserError(
                f"Shakespeare could not be downloaded from {ADDRESS}: check the network, or put the file into {path.parent} "
                f"({error})."
            ) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(text)
        part.replace(path)

    def load(self) -> Data:
        text, source = whole_text()
        return characters.data(text, self.settings.length, source)


def whole_text() -> tuple[str, str]:
    """The plays, and the file that they are in. Raises `UserError` where they are not here."""
    path = find_data(*_PLACE)
    if path is None:
        raise UserError("Shakespeare is not on disk: connect to the network, or point GLASSBOX_DATA at a folder with "
                        "tinyshakespeare.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise UserError(f"{path} is not the text that it should be: delete its folder and launch again.")
    return content.decode(), str(path)
