"""What Python says of itself: the reference behind `help()`, which every Python carries."""

import sys

from core.catalog import DataSpec, dataset
from core.datasets import characters
from core.datasets.base import Availability, Data, Dataset
from core.errors import UserError

_SIZE = 400_000  # characters: somewhat fewer than any version has
_KINDS = 96  # what ASCII prints, and the end of a line
_PLAIN = str.maketrans("‘’“”–—", "''\"\"--")  # newer versions have typographic signs


@dataset(
    "python-reference",
    title="Python's reference",
    year=1992,
    people="Guido van Rossum, Python Software Foundation",
    paper="The Python language reference",
    url="https://docs.python.org/3/reference/",
    licence="PSF-2.0",
    beginner="What Python itself answers to help(): 400,000 characters of English and code. It is on every computer that "
    "runs Python, so nothing has to be downloaded.",
    expert="The topics of the standard library's pydoc_data in alphabetical order, in ASCII, their first 400,000 "
    f"characters. The text differs a little between versions of Python. {characters.DIVIDED}",
)
class PythonReference(Dataset):
    """Windows of token numbers `(length,)`."""

    Settings = characters.TextSettings

    def spec(self) -> DataSpec:
        return characters.spec(_SIZE, self.settings, _KINDS)

    def availability(self) -> Availability:
        try:
            _text()
        except UserError as error:
            return Availability(False, str(error))
        return Availability(True, f"In Python {sys.version.split()[0]} itself.")

    def load(self) -> Data:
        return characters.data(_text(), self.settings, f"pydoc_data of Python {sys.version.split()[0]}")


def _text() -> str:
    try:
        from pydoc_data.topics import topics  # half a megabyte: only where it is asked for
    except ImportError as error:  # some systems part it from the rest
        raise UserError("This Python lacks its own reference (the module pydoc_data): install the full package.") from error
    whole = "\n".join(topics[name] for name in sorted(topics)).translate(_PLAIN).encode("ascii", "ignore").decode()
    return whole[:_SIZE]
