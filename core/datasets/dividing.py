"""Examples that a person brings, divided into train, validation and test by their content, so that no run changes it.

Within each class the different contents stand in the order of their digests, which is as good as a random one: the first
tenth is the test, the next the validation, the rest is trained on. What has the same content falls on the same side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from core.errors import UserError

SHARE = 0.1  # of the test, and of the validation
SPLITS = ("train", "validation", "test")
FEWEST = 3  # different examples of a class: one for each split


@dataclass(frozen=True)
class Finding:
    """Something that a person should know of what was brought. `offer`: what can be left out because of it; `must`: else it
    can't be used. `key` names the offer."""

    key: str
    sentence: str
    offer: str = ""
    must: bool = False


@dataclass
class Examples:
    """What was brought, `n` examples: `targets`, `digests` of the content, `splits` (as in `SPLITS`, -1 where it is ours to
    say) and `usable`, all `(n,)`; `classes` in order, none where there are none (and all targets 0); what they are called
    (`noun`, such as pictures); what was found."""

    targets: np.ndarray
    digests: np.ndarray
    splits: np.ndarray
    usable: np.ndarray
    classes: tuple[str, ...]
    noun: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Divided:
    """Where the examples of each split stand, in their own order, with their targets among the `classes` that are left."""

    places: dict[str, np.ndarray]
    targets: dict[str, np.ndarray]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]


def digest(content: bytes) -> int:
    """A number for a content, the same wherever it is made: the first 64 bits of BLAKE2b, with a sign."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little", signed=True)


def are(count: int, noun: str) -> str:
    """`1 row is`, `12 rows are`."""
    return f"1 {noun.removesuffix('s')} is" if count == 1 else f"{count:,} {noun} are"


def divide(examples: Examples, leave_out: Iterable[str], share: float = SHARE) -> Divided:
    """Looks for what spoils a comparison, leaves out what has to be or was asked for, and divides the rest: `share` of it is
    the test, as much the validation.

    Raises `UserError` where no two classes are left, or, without classes, too few examples.
    """
    leave_out, found, noun = set(leave_out), list(examples.findings), examples.noun
    targets, keep = examples.targets, examples.usable.copy()
    _, group = np.unique(examples.digests, return_inverse=True)  # (n,), a number for each content, in order of the digests

    pairs = np.unique(np.stack([group[keep], targets[keep]]), axis=1)[0]  # (contents and classes,)
    torn = np.bincount(pairs, minlength=group.max(initial=0) + 1)[group] > 1
    if count := int((torn & keep).sum()):
        found.append(Finding(
            "two-classes", f"{are(count, noun)} the same as one of another class: one of the two must be wrong.",
            f"Leave out the {noun} of more than one class"))
        if "two-classes" in leave_out:
            keep &= ~torn

    test = keep & (examples.splits == 2)
    copies = test & np.isin(group, group[keep & (examples.splits >= 0) & (examples.splits < 2)])
    if count := int(copies.sum()):
        found.append(Finding(
            "copies", f"{are(count, f'test {noun}')} also among those that are trained on, so that the test would promise "
            "too much.", "Leave out the test copies"))
        if "copies" in leave_out:
            keep &= ~copies
    if more := int(keep.sum()) - len(np.unique(group[keep])) - int((copies & keep).sum()):
        found.append(Finding("repeated", f"{are(more, noun)} a copy of another; copies always stay on the same side."))

    few = _few(examples, keep, group)
    if few and not examples.classes:
        raise UserError(f"There are too few different {noun} for training, validation and test: bring more.")
    if few:
        names = ", ".join(repr(examples.classes[target]) for target in few[:3]) + (" …" if len(few) > 3 else "")
        found.append(Finding(
            "few", f"{len(few):,} of the {len(examples.classes):,} classes have too few different {noun} for training, "
            f"validation and test ({names}): bring at least {FEWEST} of each, or leave these classes out.",
            "Leave out the small classes", must=True))
        keep &= ~np.isin(targets, few)
    left = [target for target in range(len(examples.classes)) if target not in set(few)]
    if examples.classes and len(left) < 2:
        raise UserError(f"Fewer than two classes have {FEWEST} or more different {noun} of use: bring more of each.")

    splits = _assigned(examples, keep, group, share)
    number = np.zeros(max(1, len(examples.classes)), int)
    number[left] = np.arange(len(left))
    places = {name: np.flatnonzero(keep & (splits == split)) for split, name in enumerate(SPLITS)}
    return Divided(places, {name: number[targets[place]] for name, place in places.items()},
                   tuple(examples.classes[target] for target in left), tuple(found))


def _few(examples: Examples, keep: np.ndarray, group: np.ndarray) -> list[int]:
    """The classes that would lack in a split."""
    found = []
    for target in range(max(1, len(examples.classes))):
        own = keep & (examples.targets == target)
        contents = {split: len(np.unique(group[own & (examples.splits == split)])) for split in (-1, 0, 1, 2)}
        if contents[-1]:
            enough = contents[-1] >= FEWEST
        else:
            enough = contents[2] and (contents[0] and contents[1] if (examples.splits == 1).any() else contents[0] > 1)
        if not enough:
            found.append(target)
    return found


def _assigned(examples: Examples, keep: np.ndarray, group: np.ndarray, share: float) -> np.ndarray:
    """The split of each example `(n,)`: as it was brought, and where that says none, by content."""
    splits = examples.splits.copy()
    brought = (splits >= 0).any()
    if brought and (splits == 1).any():
        return splits
    side = np.full(group.max(initial=0) + 1, -1)  # of each content: one under two classes is not divided twice
    for target in range(max(1, len(examples.classes))):
        contents = np.unique(group[keep & (examples.targets == target) & (splits <= 0)])
        size = max(1, round(share * len(contents)))
        ours = np.zeros(len(contents), int)
        ours[:size] = 1
        if not brought:
            ours[size : 2 * size] = 2
        free = side[contents] < 0
        side[contents[free]] = ours[free]
    return np.where(splits == 2, 2, side[group])
