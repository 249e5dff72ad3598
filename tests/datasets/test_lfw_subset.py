"""The hundred faces inside scikit-image."""

import torch
from skimage import data as skimage_data

from core.datasets.lfw_subset import FacePatches


def test_they_are_the_file_s_faces_and_nothing_else():
    data = FacePatches(FacePatches.Settings()).load()
    mine = torch.cat([data.train.inputs, data.validation.inputs, data.test.inputs]).float() / 255
    assert len(mine) == 100
    smaller = torch.nn.functional.interpolate(mine, (25, 25), mode="bilinear", antialias=True)
    theirs = torch.from_numpy(skimage_data.lfw_subset())[:, None].float()
    nearest = torch.cdist(smaller.flatten(1), theirs.flatten(1)).argmin(1)
    assert nearest.tolist() == list(range(100))
