"""Pictures decoded once: tensors kept in a safetensors file, so that the second load takes a second."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.home import home


def cached(source: Path, settings: str, read: Callable[[], dict[str, Tensor]], version: str = "") -> dict[str, Tensor]:
    """What `read` gives, kept under the home until `source` has another `version`: by default its size and time of change,
    which say all of a file, but not of a folder.

    `settings` names all else that the tensors depend on. A cache that can't be read is made anew; one that can't be
    written is done without.
    """
    state = source.stat()
    metadata = {"version": version or f"{state.st_size} {state.st_mtime_ns}", "source": str(source.resolve())}
    name = hashlib.sha256(f"{source.resolve()}\n{settings}".encode(errors="replace")).hexdigest()[:16]
    path = home() / "cache" / f"{source.stem}-{name}.safetensors"
    try:
        with safe_open(path, "pt") as held:
            current = held.metadata() == metadata
        if current:
            return load_file(path)
    except (OSError, SafetensorError):
        pass  # none yet, or a damaged one
    tensors = read()
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        save_file(tensors, part, metadata)
        part.replace(path)
    except (OSError, SafetensorError):  # a full disk
        part.unlink(missing_ok=True)
    return tensors


def forget(source: Path) -> None:
    """Takes away all that is kept of `source`."""
    for path in (home() / "cache").glob("*.safetensors"):
        try:
            with safe_open(path, "pt") as held:
                of_it = (held.metadata() or {}).get("source") == str(source.resolve())
            if of_it:
                path.unlink()
        except (OSError, SafetensorError):
            continue  # damaged, or another process was first
