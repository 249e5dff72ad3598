"""A language model at work: how much each character of a person's text surprises it, how it goes on, and what it had in mind
at any place (Shannon 1951, "Prediction and entropy of printed English")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.architectures.attention_layers import explained
from core.errors import UserError
from core.inside.load import Loaded
from core.tasks.decoding import shaped


@dataclass(frozen=True)
class Passage:
    """A text of which the first `given` characters, or pieces of words, are the person's and the others the model's.

    `numbers` int64 `(n,)`: the characters as the model counts them; `letters` int64 `(n,)`: how many real characters each
    stands for; `chances` float32 `(n,)`: what it gave each of the
    person's and drew its own with, NaN for the first; `unknown`: characters of the person's that it never read, left out.
    """

    characters: tuple[str, ...]
    numbers: np.ndarray
    letters: np.ndarray
    chances: np.ndarray
    given: int
    unknown: str

    @property
    def bits(self) -> np.ndarray:
        """The surprise of each character, `(n,)`."""
        return -np.log2(self.chances)

    @property
    def bits_per_character(self) -> float:
        """What the person's text costs the model but for its beginning: real characters, be they read in pieces or not."""
        own = slice(1, self.given)
        return float(self.bits[own].sum() / self.letters[own].sum())


@dataclass(frozen=True)
class Place:
    """A place of a passage: the `chances` float32 `(vocabulary,)` of all that may stand there, the number of what does, the
    characters `seen` before it, and what each layer's heads attend to of these, float32 `(layers, heads, seen)`, with no
    layer where the model has no attention."""

    chances: np.ndarray
    stands: int
    seen: tuple[str, ...]
    attention: np.ndarray


def fits(loaded: Loaded) -> bool:
    """Whether the run foretells the next character of a running text."""
    return hasattr(loaded.task, "following") and not loaded.spec.symbols


def write(loaded: Loaded, prompt: str, count: int, temperature: float, top_p: float, seed: int) -> Passage:
    """The person's text, and `count` characters by which the model goes on. The same call gives the same ones.

    Raises `UserError` where the model knows no character of the text.
    """
    task = loaded.task
    given, unknown = task.numbers(prompt)
    if not len(given):
        if loaded.spec.tokeniser:
            raise UserError("Type at least one character.")
        known = "".join(character for character in loaded.spec.vocabulary if character.isprintable()).strip()
        raise UserError("Type at least one character that the model has read: "
                        f"{known[:120]}{' …' if len(known) > 120 else ''}")
    luck = torch.rand(count, generator=torch.Generator().manual_seed(seed))
    with loaded.lock:
        chances = torch.cat([torch.tensor([torch.nan]), task.chances(given)])
        written, drawn = task.write(given, luck, temperature, top_p)
    numbers = torch.cat([given, written])
    return Passage(tuple(task.text(numbers)), numbers.numpy(), task.letters(numbers).numpy(),
                   torch.cat([chances, drawn]).numpy(), len(given), unknown)


def at(loaded: Loaded, passage: Passage, place: int, temperature: float, top_p: float) -> Place:
    """What the model had in mind at a place of a passage, from 1 on; the chances are those that its character's was read
    off: the model's own among the person's characters, those that it drew from among its own."""
    task = loaded.task
    own = place >= passage.given
    start = task.start_of(place, own)
    window = torch.from_numpy(passage.numbers[start:place])
    with loaded.lock, torch.no_grad():
        logits, layers = explained(loaded.model, window[None])
    chances = shaped(logits[0, -1].float(), *((temperature, top_p) if own else (1.0, 1.0)))
    attention = [layer[0, :, -1].float().numpy() for layer in layers]  # each (heads, seen)
    shape = (len(attention), attention[0].shape[0] if attention else 0, len(window))
    return Place(chances.numpy(), int(passage.numbers[place]), passage.characters[start:place],
                 np.array(attention, np.float32).reshape(shape))
