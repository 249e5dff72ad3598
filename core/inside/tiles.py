"""A large picture through a convolutional network in tiles: the same answer as at once, in the memory of one tile.

Each tile is given to the network with as much around it as any of its answers hangs on (its receptive field), so that there
is no seam to be blended away.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TILE = 512  # pixels of a side
CELL = 32  # pixels: the places of tiles are its multiples, so that layers which shrink a picture meet the pixels they did
_FARTHEST = 512  # pixels that a network is taken to see at most


def reach(network: Callable[[Tensor], Tensor], channels: int) -> int:
    """How many pixels beyond a cell an answer may lie that hangs on it: of a stack of n 3×3 convolutions n.

    Found out with a cell of pixels that are no number, since neither is any answer that hangs on them. `network` takes
    pictures `(1, channels, height, width)` and keeps their size.
    """
    strip = torch.zeros(1, channels, CELL, 2 * _FARTHEST + CELL)
    strip[..., _FARTHEST : _FARTHEST + CELL] = torch.nan
    touched = network(strip).isnan().flatten(0, 2).any(0).nonzero().flatten()  # columns
    return max(_FARTHEST - int(touched[0]), int(touched[-1]) - (_FARTHEST + CELL - 1))


def through(
    network: Callable[[Tensor], Tensor], picture: Tensor, reach: int, told: Callable[[int, int], None]
) -> Tensor:
    """What `network` makes of a picture `(1, channels, height, width)`, of the same shape.

    Arguments: `reach`, how many pixels beyond a cell an answer may lie that hangs on it; `told` is called before each tile
    with the number of those that are done and of all.
    """
    margin = -(-reach // CELL) * CELL
    height, width = picture.shape[2:]
    corners = [(top, left) for top in range(0, height, TILE) for left in range(0, width, TILE)]
    whole = torch.empty_like(picture)
    for done, (top, left) in enumerate(corners):
        told(done, len(corners))
        above, before = max(0, top - margin), max(0, left - margin)
        made = network(picture[:, :, above : top + TILE + margin, before : left + TILE + margin])
        whole[:, :, top : top + TILE, left : left + TILE] = (
            made[:, :, top - above : top - above + TILE, left - before : left - before + TILE])
    return whole
