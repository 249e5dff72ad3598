"""Pictures as they should be and as they are: two folders whose pictures of the same name belong together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import psutil
import torch
from torch import Tensor

from core.catalog import DataSpec
from core.datasets import class_folders, files
from core.datasets.base import Data, Progress, Split, patches, pixel_statistics
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.cache import cached
from core.datasets.dividing import Examples, Finding, are, digest, divide
from core.datasets.files import File, short
from core.errors import UserError

CLEAN, NOISY = {"clean", "gt", "ground_truth", "sharp"}, {"noisy", "noise", "degraded"}  # how the folders may be called
LEAST_SIDE, MOST_SIDE = 16, 256


class NoisyPictures(Form):
    kind, title = "noisy", "noisy pictures and the same without noise"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        return 3 * bool(held and _pairs(held)[0])

    def propose(self, path: Path) -> Proposal:
        pairs, _ = _pairs(files.listed(path)[0])
        with files.opened(path) as read:
            try:
                grey = class_folders.upright(read(pairs[0][0]), None).mode == "L"
            except files.BROKEN:
                grey = False
        return Proposal(Source(path=path, kind=self.kind, side=64, grey=grey), (
            Choice("side", "Patch side (pixels)", low=LEAST_SIDE, high=MOST_SIDE,
                   help="Pictures are cut into the fewest squares of this side that cover them."),
            Choice("grey", "Without colour"),
        ))

    def examine(self, source: Source, progress: Progress) -> Examined:
        held, version = files.listed(source.path)
        pairs, alone = _pairs(held)
        class_folders.check_sizes(source.path, [file for pair in pairs for file in pair], "picture")
        read = cached(source.path, f"noisy pictures, side {source.side}, {'grey' if source.grey else 'colour'}",
                      lambda: _read(source, pairs, progress), version)
        counts, ends = read["counts"].numpy(), read["counts"].cumsum(0).tolist()
        found = _alone(alone) + _unusable(pairs, counts)
        examples = Examples(np.zeros(len(pairs), int), read["digests"].numpy(), np.full(len(pairs), -1), counts > 0, (),
                            "pictures", found)
        divided = divide(examples, source.leave_out)
        splits = {}
        for name, at in divided.places.items():
            chosen = torch.cat([torch.arange(ends[i] - counts[i], ends[i]) for i in at.tolist()])
            splits[name] = Split(read["noisy"][chosen], read["clean"][chosen])
        mean, std = pixel_statistics(splits["train"].inputs)
        spec = DataSpec(
            kind="images", shape=tuple(read["noisy"].shape[1:]), sizes={name: len(split) for name, split in splits.items()},
            mean=mean, std=tuple(value or 1.0 for value in std), paired=True,
        )
        return Examined(source, Data(spec, **splits, source=str(source.path)), divided.findings,
                        base.summary(examples, source.side, source.grey))

    def card(self, described: Description) -> tuple[str, str]:
        source, sizes = described.source, described.spec.sizes
        return (f"{sum(sizes.values()):,} squares of noisy pictures and of the same without noise, brought by you.",
                f"{'Grey' if source.grey else 'Colour'}, {source.side}×{source.side}. Divided by whole pictures: a tenth of "
                "them is the test, a tenth the validation.")


def _pairs(held: Sequence[File]) -> tuple[list[tuple[File, File]], list[File]]:
    """Clean and noisy files of the same name but for its ending, in the order of the names; and those left alone."""
    sides: dict[str, dict[str, File]] = {"clean": {}, "noisy": {}}
    for file in held:
        place = PurePosixPath(file.place)
        folder = place.parent.name.lower()
        side = "clean" if folder in CLEAN else "noisy" if folder in NOISY else None
        if side and place.suffix.lower() in class_folders.SUFFIXES:
            sides[side][str(place.parent.parent / place.stem)] = file
    both = sorted(sides["clean"].keys() & sides["noisy"].keys())
    alone = [file for side in sides.values() for name, file in sorted(side.items()) if name not in set(both)]
    return [(sides["clean"][name], sides["noisy"][name]) for name in both], alone


def _read(source: Source, pairs: Sequence[tuple[File, File]], progress: Progress) -> dict[str, Tensor]:
    """Patches of all pairs, uint8 `(n, channels, side, side)`, `clean` and `noisy`; of each pair how many there are
    (`counts`; 0 where it can't be used) and the digest of both files. Raises `UserError` where the memory doesn't take
    them."""
    parts: dict[str, list[Tensor]] = {"clean": [], "noisy": []}
    digests, counts, size = [], [], 0
    with files.opened(source.path) as content_of:
        for i, pair in enumerate(pairs):
            progress(i, len(pairs))
            try:
                contents = [content_of(file) for file in pair]
                whole = [_tensor(content, source.grey) for content in contents]
            except files.BROKEN:
                contents, whole = [], []
            fits = bool(whole) and whole[0].shape == whole[1].shape and min(whole[0].shape[1:]) >= source.side
            cut = [patches(picture, source.side) for picture in whole] if fits else []
            for side, some in zip(parts.values(), cut, strict=False):
                side.append(some)
            counts.append(len(cut[0]) if cut else 0)
            digests.append(digest(b"".join(contents)))
            size += sum(some.numel() for some in cut)
            if 2 * size > psutil.virtual_memory().available:  # they are held once more while they are put together
                raise UserError(f"The pictures in {source.path.name} take more memory than is free: bring fewer, or grey "
                                "ones.")
    progress(len(pairs), len(pairs))
    empty = torch.zeros(0, 1 if source.grey else 3, source.side, source.side, dtype=torch.uint8)
    return {"clean": torch.cat([empty, *parts["clean"]]), "noisy": torch.cat([empty, *parts["noisy"]]),
            "counts": torch.tensor(counts), "digests": torch.tensor(digests)}


def _tensor(content: bytes, grey: bool) -> Tensor:
    """A picture file as uint8 `(channels, height, width)`."""
    image = class_folders.upright(content, grey)
    return torch.from_numpy(np.array(image).reshape(image.height, image.width, -1)).permute(2, 0, 1)


def _alone(held: Sequence[File]) -> list[Finding]:
    return [Finding("alone", f"{are(len(held), 'pictures')} left out, having none of the same name in the other folder; the "
                    f"first is {short(held[0].place)}.")] if held else []


def _unusable(pairs: Sequence[tuple[File, File]], counts: np.ndarray) -> list[Finding]:
    broken = [pairs[i][1] for i in np.flatnonzero(counts == 0)]
    return [Finding("unusable", f"{len(broken):,} of the {len(pairs):,} pairs can't be used: one of the two can't be read, "
                    f"they differ in size, or they are smaller than a patch. The first: {short(broken[0].place)}.",
                    "Leave out these pairs", must=True)] if broken else []
