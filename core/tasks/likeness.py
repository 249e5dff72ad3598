"""How alike a restored picture is to the clean one: the peak signal-to-noise ratio, and SSIM (Wang et al. 2004)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.tasks.base import Preview
from core.tasks.pictures import labelled

WINDOW = 11  # pixels: SSIM's window, and so the smallest picture


def psnr(images: Tensor, clean: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB, `(batch,)`: 10 log10(1 / mean squared error), for values in 0..1.

    At most 100 dB, so that equal images give a number.
    """
    error = (images - clean).square().mean((1, 2, 3)).clamp_min(1e-10)
    return -10 * error.log10()


def ssim(images: Tensor, clean: Tensor) -> Tensor:
    """Structural similarity of each image, `(batch,)`, 1 = the same, for values in 0..1: Wang, Bovik, Sheikh and Simoncelli
    2004, with their gaussian window (11×11, standard deviation 1.5) and constants; the mean over all places where the
    whole window lies in the picture, and over the channels."""
    place = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - WINDOW // 2
    bell = (-place.square() / (2 * 1.5**2)).exp()
    bell = bell / bell.sum()
    channels = images.shape[1]

    def blurred(values: Tensor) -> Tensor:
        across = F.conv2d(values, bell.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
        return F.conv2d(across, bell.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)

    mean_a, mean_b = blurred(images), blurred(clean)
    variance_a, variance_b = blurred(images**2) - mean_a**2, blurred(clean**2) - mean_b**2
    covariance = blurred(images * clean) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return (likeness / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))).mean((1, 2, 3))


def beside(name: str, index: list[int], label: str, clean: Tensor, rows: dict[str, Tensor]) -> Preview:
    """Pictures `(n, channels, height, width)` in 0..1 as they should be, each with a `label`, and below them one row each of
    what there is beside them, with its PSNR and SSIM. `index`: where in their split they stand."""
    pictures, labels, measures = [clean], [label] * len(clean), {}
    for row, made in rows.items():
        levels, likeness = psnr(made, clean).tolist(), ssim(made, clean).tolist()
        pictures.append(made)
        labels += [f"{level:.1f} dB · {like:.2f}" for level, like in zip(levels, likeness, strict=True)]
        measures[row] = {"psnr": [round(x, 3) for x in levels], "ssim": [round(x, 4) for x in likeness]}
    zoom = max(1, round(112 / clean.shape[-1]))  # room for the label under each
    return Preview(name, labelled(torch.cat(pictures), labels, len(clean), zoom=zoom), {"index": index, **measures})
