"""How a generator and its discriminator get on, in plain sentences: whether the discriminator has won, and whether the
generator has fallen back on few pictures (mode collapse: Goodfellow 2016, "NIPS 2016 tutorial", section 5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.tracking.read import History

FEWEST = 4  # times that pictures were measured, before which they say too little
SURE = 0.95  # score of real pictures, and 1 less it of generated ones, at which there is nothing left to learn from
ALIKE = 0.5  # share of the real pictures' diversity, below which the generator draws one and the same
MISSED = 0.05  # share of the real pictures that generated ones come near to, below which most kinds are missing,
TAKEN = 0.3  # where so many of the generated pictures lie near real ones


@dataclass(frozen=True)
class Game:
    """The histories that tell of it. `scores` of real and generated pictures, None where the critic gives marks instead."""

    diversity: History
    precision: History
    recall: History
    scores: tuple[History, History] | None


def warnings(game: Game) -> list[str]:
    """What there is to warn of now, the worst first."""
    return [] if early(game) else [*filter(None, (_collapsed(game), _won(game)))]


def early(game: Game) -> bool:
    return len(game.diversity.values) < FEWEST


def calm(game: Game) -> str:
    """What there is to say where there is nothing to warn of."""
    if early(game):
        return f"Too early to tell how generator and discriminator get on: it takes {FEWEST} epochs."
    varied = f"two generated pictures differ by {_share(_now(game.diversity))} of what two real ones do"
    if game.scores is None:
        return f"No mode collapse to see: {varied}."
    real, fake = (_now(each) for each in game.scores)
    return (f"Generator and discriminator keep each other busy: real pictures score {_share(real)}, generated ones "
            f"{_share(fake)}; {varied}.")


def _collapsed(game: Game) -> str:
    varied, found, good = (_now(each) for each in (game.diversity, game.recall, game.precision))
    best = int(np.argmax(game.diversity.values))
    if varied < ALIKE:
        was = game.diversity.values[best]
        since = f", after {_share(was)} at step {game.diversity.steps[best]:,}" if was > 1.2 * varied and was > ALIKE else ""
        return (f"Mode collapse: two generated pictures differ by only {_share(varied)} of what two real ones do{since}. "
                "Take an earlier checkpoint, or a penalty, augmentation or a lower learning rate.")
    if found < MISSED and good > TAKEN:
        return (f"Mode collapse: {_share(good)} of the generated pictures look real, but only {_share(found)} of the real "
                "ones have anything like them among the generated: it draws few kinds. Try a penalty, or augmentation.")
    return ""


def _won(game: Game) -> str:
    if game.scores is None:
        return ""
    real, fake = (_now(each) for each in game.scores)
    if real < SURE or fake > 1 - SURE:
        return ""
    return (f"The discriminator has won: it gives real pictures {_share(real)} and generated ones {_share(fake)}, so the "
            "generator hardly learns from it any more. Try augmentation, a penalty (R1), or fewer epochs.")


def _now(history: History) -> float:
    """The mean of the newest eighth, five values at most: what is measured once wavers."""
    width = min(5, max(1, len(history.values) // 8))
    return float(history.values[-width:].mean())


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
