"""What a person uploaded, kept in the home under the digest of its content, so that an address can hold its name."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from core.errors import UserError
from core.home import home


def keep(content: bytes, folder: str, suffix: str, refusal: str) -> str:
    """Keeps a file in a folder of the home; gives its name. Raises `UserError` with `refusal` where it can't be written."""
    name = hashlib.sha256(content).hexdigest()[:20]
    path = home() / folder / f"{name}{suffix}"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(exist_ok=True)
            part.write_bytes(content)
            part.replace(path)  # whole or not at all
        except OSError as error:
            raise UserError(f"{refusal} ({error}).") from error
    return name


def find(name: str, folder: str, suffix: str, refusal: str) -> Path:
    """The file that `keep` named so. Raises `UserError` with `refusal` where it is not here (any more)."""
    path = home() / folder / f"{name}{suffix}"
    if not re.fullmatch("[0-9a-f]{20}", name) or not path.exists():
        raise UserError(refusal)
    return path
