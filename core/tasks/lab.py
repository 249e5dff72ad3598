"""Colours as the eye orders them: CIE L*a*b* of 1976, of sRGB under daylight (D65, 2°), as scikit-image has it. L is
lightness in 0..100, a goes from green to red, b from blue to yellow; and a grid of the a and b that there are in sRGB."""

import torch
from torch import Tensor

STEP = 10  # of a and b, from one square of the grid to the next: Zhang, Isola and Efros 2016, section 2.1
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)
_RGB = tuple(map(tuple, torch.linalg.inv(torch.tensor(_XYZ, dtype=torch.float64)).tolist()))
_DARK = 0.008856  # below it the cube root gives way to a straight line


def to_lab(images: Tensor) -> Tensor:
    """Float sRGB images `(batch, 3, height, width)` in 0..1 to L, a and b in the same shape."""
    light = torch.where(images > 0.04045, ((images + 0.055) / 1.055) ** 2.4, images / 12.92)
    x, y, z = (_mixed(light, _XYZ) / images.new_tensor(_WHITE).view(3, 1, 1)).unbind(1)
    fx, fy, fz = (torch.where(f > _DARK, f.clamp_min(_DARK) ** (1 / 3), 7.787 * f + 16 / 116) for f in (x, y, z))
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], 1)


def to_rgb(lab: Tensor) -> Tensor:
    """L, a and b `(batch, 3, height, width)` to sRGB in 0..1; colours that no screen has become the nearest by channel."""
    lightness, a, b = lab.unbind(1)
    fy = (lightness + 16) / 116
    f = torch.stack([fy + a / 500, fy, (fy - b / 200).clamp_min(0)], 1)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    light = _mixed(xyz * lab.new_tensor(_WHITE).view(3, 1, 1), _RGB).clamp(0, 1)
    return torch.where(light > 0.0031308, 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055, 12.92 * light).clamp(0, 1)


def _mixed(images: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", images.new_tensor(matrix), images)


def _grid() -> list[list[float]]:
    """The middles of all squares of a and b that hold a colour of sRGB, found on the faces of its cube: what
    lies within has the a and b of a lighter or darker colour on one."""
    shares = torch.linspace(0, 1, 65, dtype=torch.float64)
    one, other = torch.meshgrid(shares, shares, indexing="ij")
    faces = []
    for axis in range(3):
        for level in (0.0, 1.0):
            face = [one, other]
            face.insert(axis, torch.full_like(one, level))
            faces.append(torch.stack(face))
    ab = to_lab(torch.stack(faces))[:, 1:].transpose(0, 1).flatten(1).T  # (colours, 2)
    return (STEP * (ab / STEP).round().unique(dim=0)).tolist()


SQUARES = _grid()


def squares(like: Tensor) -> Tensor:
    """a and b of the middles of all squares, `(squares, 2)`, of the kind and on the device of another tensor."""
    return like.new_tensor(SQUARES)
