"""Weights that torchvision's networks learned on ImageNet: from a data folder, or downloaded into it."""

from torch import Tensor
from torchvision import models

from core.errors import UserError
from core.home import find_data, writable_data_folder

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and spread that all these weights were trained with


def fetched(weights: models.WeightsEnum) -> dict[str, Tensor]:
    """Weights from a data folder (`weights/FILE`), or downloaded into it. Raises `UserError` where that can't be done."""
    name = weights.url.rsplit("/", 1)[-1]
    found = find_data("weights", name)
    folder = found.parent if found else writable_data_folder() / "weights"
    try:
        return weights.get_state_dict(model_dir=str(folder), map_location="cpu", check_hash=True, weights_only=True)
    except OSError as error:  # no network, or no room
        raise UserError(
            f"The pretrained weights could not be downloaded: check the network, or put {name} into {folder} ({error})."
        ) from error
    except Exception as error:  # the hash is wrong, or a file on disk is damaged: torch has no one class for these
        raise UserError(f"The weights in {folder / name} are damaged: delete that file and launch again.") from error
