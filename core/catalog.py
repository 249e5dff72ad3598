"""The registry: what architectures, data sets and tasks there are, and which fit together.

Nothing lists them: each package is walked, and each decorated class is an entry. Adding one is adding a file. A provider
gives entries that come and go while the program runs: what a person brings.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.errors import UserError

Kind = Literal["architecture", "dataset", "task"]
_PACKAGES = {"architecture": "core.architectures", "dataset": "core.datasets", "task": "core.tasks"}
_NOUNS = {"architecture": "architecture", "dataset": "data set", "task": "task"}
CONTENTS = {  # what a person calls a kind
    "images": "pictures", "sentences": "sentences", "features": "tables of numbers", "text": "running text",
    "sounds": "sounds", "pairs": "pairs of sentences", "questions": "questions about passages",
    "series": "series of numbers", "captioned": "pictures with captions", "games": "games",
}
PADDING, UNKNOWN = 0, 1  # the token numbers that every vocabulary of words keeps for these two
START, END = 2, 3  # those of a vocabulary from which sentences are written, before the first token and after the last
NOWHERE = -1  # the place of an answer that isn't there
BLANK = 0  # the letter that means none, in every vocabulary of letters: it fills up short transcripts too
_registry: dict[str, dict[str, type]] = {kind: {} for kind in _PACKAGES}
_providers: dict[str, dict[str, Callable[[], dict[str, type]]]] = {kind: {} for kind in _PACKAGES}  # by their module


@dataclass(frozen=True)
class Card:
    """What a person reads about an entry. `paper` and `url` name the source; `tasks` is set for architectures. `gone`: it is
    offered no more, and known only so that its runs stay readable."""

    name: str
    title: str
    beginner: str
    expert: str = ""
    year: int = 0
    people: str = ""
    paper: str = ""
    url: str = ""
    licence: str = ""
    tasks: tuple[str, ...] = ()
    gone: bool = False


class DataSpec(BaseModel):
    """What a data set yields; with it alone a model is built and fed again, the data being gone.

    `shape` is one example's: `(channels, height, width)` for images, `(length,)` for sentences and for the windows of a
    running text, `(features,)` for the features of a table's row, `(samples,)` for the longest sound, of `sample_rate`
    samples a second. `mean` and `std` are per channel, of pixels scaled to 0..1, or per feature, of its values as they
    stand in the table; no `std` is 0. `features` names the table's columns, each with its unit where that is known
    (`petal length (cm)`). `mirrored`: whether a picture means the same in a mirror, as photographs of things do, and
    letters, digits and signs don't. `symbols`: the tokens are symbols each of which may count, and not words of a language.
    `vocabulary[i]` is the text of token `i`, in a running text one character or piece (empty until the data are read:
    `vocabulary_size` is then the most there can be); for sounds with transcripts it holds the letters, `BLANK` first, and
    `target_length` is the longest transcript's. `tokeniser`: the JSON that cuts texts into those tokens (see
    `core/datasets/subwords.py`), where they are pieces of words. Of pairs, `shape` is the source's, `target_length` the
    target's with its start and end, and `languages` names both; they share one vocabulary. Of questions, `shape` is that of
    a question and its passage together, and `target_length` the most answers that one has. Of series it is
    `(length, numbers)`, and what is asked of each is one number. Of captioned pictures it is a picture's, `captions` is the
    most that one has, and `target_length` the longest caption's with its start and end. `output_channels`, which only a
    task's `model_spec` sets: of the pictures that the model is to give; 0, as many as it is given. `paired`: each picture is
    a noisy one, and its target another of its shape, the clean one. Of games, `shape` is what a player sees of one,
    `(numbers,)` or `(channels, height, width)`, of which `frames` follow each other in time; `game` is the name by which
    `core/datasets/games.py` makes it, `actions` names the moves, and `sizes` are moves in an epoch of training and episodes
    of validation and test.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["images", "sentences", "features", "text", "sounds", "pairs", "questions", "series", "captioned", "games"]
    shape: tuple[int, ...]
    sizes: dict[Literal["train", "validation", "test"], int]
    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    features: tuple[str, ...] = ()
    mirrored: bool = False
    paired: bool = False
    symbols: bool = False
    vocabulary: tuple[str, ...] = ()
    vocabulary_size: int = 0
    tokeniser: str = ""
    languages: tuple[str, ...] = ()
    sample_rate: int = 0
    target_length: int = 0
    captions: int = 0
    output_channels: int = 0
    game: str = ""
    actions: tuple[str, ...] = ()
    frames: int = 1


def _register(kind: Kind, card: Card):
    def decorate(cls: type) -> type:
        known = _registry[kind].get(card.name)
        # Streamlit imports an edited module anew: the same class may register again, another may not.
        if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"{cls.__module__} and {known.__module__} both claim the {kind} {card.name!r}")
        cls.card = card
        _registry[kind][card.name] = cls
        return cls

    return decorate


def architecture(name: str, **card: Any):
    """Registers an `nn.Module` class; keywords are the fields of `Card`."""
    return _register("architecture", Card(name, **card))


def dataset(name: str, **card: Any):
    """Registers a `Dataset` class; keywords are the fields of `Card`."""
    return _register("dataset", Card(name, **card))


def task(name: str, **card: Any):
    """Registers a `Task` class; keywords are the fields of `Card`."""
    return _register("task", Card(name, **card))


def provider(kind: Kind):
    """Registers a function that gives, at every call, the classes by name that there are now beside the registered ones."""
    def decorate(give: Callable[[], dict[str, type]]) -> Callable[[], dict[str, type]]:
        _providers[kind][give.__module__] = give
        return give

    return decorate


@cache
def _discover(kind: Kind) -> None:
    package = importlib.import_module(_PACKAGES[kind])
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def entries(kind: Kind) -> dict[str, type]:
    """All classes of a kind by name, oldest idea first, those without a year last."""
    _discover(kind)
    known = {name: cls for name, cls in _provided(kind).items() if not cls.card.gone} | _registry[kind]
    return dict(sorted(known.items(), key=lambda item: (item[1].card.year or 9999, item[0])))


def _provided(kind: Kind) -> dict[str, type]:
    return {name: cls for give in _providers[kind].values() for name, cls in give().items()}


def get(kind: Kind, name: str) -> type:
    """The class of that name, even where it is gone. Raises `UserError` that names the nearest ones."""
    _discover(kind)
    if cls := _registry[kind].get(name) or _provided(kind).get(name):
        return cls
    known = entries(kind)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"take one of: {', '.join(known)}."
    raise UserError(f"There is no {_NOUNS[kind]} {name!r}: {hint}")


def misfit(task_name: str, architecture_name: str, dataset_name: str, data_settings: Any = None) -> str | None:
    """Why these three can't be one experiment, in one sentence, or None where they fit."""
    task_class, cls = get("task", task_name), get("architecture", architecture_name)
    dataset_class = get("dataset", dataset_name)
    if task_name not in cls.card.tasks:
        titles = " and ".join(get("task", name).card.title.lower() for name in cls.card.tasks)
        return f"{cls.card.title} is made for {titles}, not for {task_class.card.title.lower()}."
    spec = dataset_class(data_settings or dataset_class.Settings()).spec()
    if reason := task_class.misfit(spec):
        return f"{dataset_class.card.title}: {reason}"
    if spec.kind not in cls.takes:
        taken = " or ".join(CONTENTS[kind] for kind in cls.takes)
        return f"{dataset_class.card.title}: {cls.card.title} takes {taken}, not {CONTENTS[spec.kind]}."
    if reason := cls.misfit(spec):
        return f"{dataset_class.card.title}: {reason}"
    return None
