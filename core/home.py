"""Where things lie on this machine: the embedded store, run folders, and data sets."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of everything that Glassbox writes: `GLASSBOX_HOME`, or `.glassbox/` in the project."""
    folder = Path(os.environ.get("GLASSBOX_HOME") or PROJECT / ".glassbox").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def data_folders() -> list[Path]:
    """Where data sets are looked for, in order; the first that can be written takes downloads."""
    own = home() / "data"
    named = os.environ.get("GLASSBOX_DATA")
    return [Path(named).expanduser().resolve(), own] if named else [own]


def find_data(*parts: str) -> Path | None:
    """The first existing `folder/parts...` among the data folders, or None."""
    for folder in data_folders():
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    return None


def writable_data_folder() -> Path:
    """The data folder that downloads go to. `GLASSBOX_DATA` may be read-only: then it is `data/` in the home."""
    for folder in data_folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        # A folder that nobody may write is left alone by root too, whom nothing would stop.
        if os.access(folder, os.W_OK) and folder.stat().st_mode & 0o222:
            return folder
    raise OSError("No data folder can be written.")
