"""An experiment is a value: task, architecture, data set, their settings and a seed. The only configuration there is."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core import catalog
from core.errors import UserError


class Settings(BaseModel):
    """Base of all settings: immutable, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _choice(cls, value: Any, info: ValidationInfo) -> Any:
        """A choice among numbers out of the command line's text: pydantic reads other numbers out of text, but not these."""
        choices = get_args(cls.model_fields[info.field_name].annotation)
        return next((choice for choice in choices if str(choice) == value), value)


def setting(default: Any, sentence: str, *, unit: str = "", **limits: Any) -> Any:
    """A field of a `Settings` class.

    Arguments: `default`; `sentence`, which the form, the command line and the documentation show; `unit`
    (shown after the value); `limits` as pydantic names them (`ge`, `le`, `gt`, `lt`).
    """
    return Field(default, description=sentence, json_schema_extra={"unit": unit}, **limits)


class Training(Settings):
    """How a run is trained, whatever is learned."""

    epochs: int = setting(3, "How often the run sees every training example.", unit="epochs", ge=1, le=10_000)
    batch_size: int = setting(64, "Examples in one step of the optimiser.", unit="examples", ge=1, le=65_536)
    learning_rate: float = setting(1e-3, "Size of the optimiser's steps.", gt=0, le=10)
    optimiser: Literal["adam", "adamw", "sgd", "muon"] = setting(
        "adam", "The rule that turns gradients into steps; muon makes those of hidden layers orthogonal, and is AdamW else."
    )
    momentum: float = setting(0.9, "SGD's and Muon's momentum, or the first beta of Adam and AdamW.", ge=0, lt=1)
    weight_decay: float = setting(0.0, "Pull of every weight towards zero.", ge=0, le=1)
    schedule: Literal["constant", "cosine", "one-cycle", "step"] = setting(
        "constant", "How the learning rate changes over the run; step divides it by ten after a half and three quarters."
    )
    patience: int = setting(
        0, "Ends the run when validation has not become better for so many epochs, and takes the best epoch's weights; 0 "
        "never does.", unit="epochs", ge=0, le=1000,
    )
    clip_gradient: float = setting(0.0, "Longest gradient allowed; 0 leaves gradients as they are.", ge=0, le=1000)
    accumulate: int = setting(
        1, "Parts in which each batch goes through the model, one after the other, where it is too large for the memory.",
        unit="parts", ge=1, le=1024,
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto", "Number format of the matrix products; auto takes bfloat16 on a GPU that has it."
    )
    channels_last: bool = setting(
        False, "Keeps the channels of each pixel side by side in memory: faster convolutions on GPUs with half precision."
    )
    compile: bool = setting(
        False, "Has torch.compile write a program for this model: a minute or so at the start, then faster steps."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto", "Where the run trains; auto takes a GPU if there is one."
    )
    deterministic: bool = setting(
        False, "Only repeatable GPU algorithms: slower, and the same run gives the same numbers. A CPU always does."
    )
    previews: int = setting(20, "How many previews and checkpoints are kept, spread over the run.", ge=1, le=500)


class Experiment(Settings):
    """Everything that a run depends on. Goes to JSON and back unchanged.

    `model`, `data` and `objective` are the `Settings` of the named architecture, data set and task.
    """

    task: str
    architecture: str
    dataset: str
    model: SerializeAsAny[Settings]
    data: SerializeAsAny[Settings]
    objective: SerializeAsAny[Settings]
    training: Training
    seed: int = setting(0, "Start of every random number; another seed is another sample of the same experiment.",
                        ge=0, le=2**31 - 1)
    start_from: str = setting(
        "", "The run whose weights this one starts from, wherever their names and shapes agree: its id, with @ and a step "
        "where that is not its model at the end; empty starts from random weights."
    )

    @field_validator("start_from")
    @classmethod
    def _names_a_run(cls, value: str) -> str:
        if not re.fullmatch(r"([0-9a-f]{32}(@\d+)?)?", value):
            raise ValueError("a run's id, or that with @ and a step")
        return value

    @property
    def parent(self) -> tuple[str, int | None]:
        """The id of the run that it starts from, empty where there is none, and the step, None for that run's end."""
        run_id, _, step = self.start_from.partition("@")
        return run_id, int(step) if step else None

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, values: Any) -> Any:
        """Turns the four sections into the named classes' own Settings; what is left out takes their defaults."""
        values = dict(values)
        architecture = catalog.get("architecture", values["architecture"])
        dataset = catalog.get("dataset", values["dataset"])
        task = catalog.get("task", values["task"])
        for section, owner in (("model", architecture), ("data", dataset)):
            values[section] = _section(section, owner.Settings, values.get(section))
        if reason := catalog.misfit(values["task"], values["architecture"], values["dataset"], values["data"]):
            raise UserError(reason)
        source = dataset(values["data"]).spec()
        objective = architecture.objective(source, **_plain(values.get("objective")))
        values["objective"] = _section("objective", task.Settings, objective)
        given = _plain(values.get("training"))
        # As numbers where the command line gave text: a recipe counts with the batch size.
        given = _section("training", Training, given).model_dump(include=set(given))
        spec = task.model_spec(source, values["objective"])
        values["training"] = _section("training", Training, architecture.recipe(spec, **given))
        if reason := task.refusal(values["objective"], values["training"], spec, architecture):
            raise UserError(reason)
        return values

    @classmethod
    def make(
        cls, task: str, architecture: str, dataset: str, seed: int = 0, start_from: str = "", **sections: dict
    ) -> Experiment:
        """Builds an experiment from names and partial sections (`training={"epochs": 3}`).

        Raises `UserError` with one sentence that names the field and the value received.
        """
        if unknown := set(sections) - {"model", "data", "objective", "training"}:
            raise UserError(f"There is no section {sorted(unknown)[0]!r}: take model, data, objective or training.")
        try:
            return cls(task=task, architecture=architecture, dataset=dataset, seed=seed, start_from=start_from, **sections)
        except ValidationError as error:
            raise UserError(_sentence(error)) from None

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """The value that `model_dump_json` wrote. Raises `UserError` where this version can't read it."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise UserError(f"This run's settings can't be read by this version: {_sentence(error)}") from None

    def leaves(self) -> dict[str, str | int | float | bool]:
        """All settings flat, as the run's MLflow params: `{"training.epochs": 3, "task": "classification", ...}`;
        `start_from` only where there is one."""
        flat = {}
        for name, value in self.model_dump().items():
            if isinstance(value, dict):
                flat |= {f"{name}.{leaf}": content for leaf, content in value.items()}
            elif value or name != "start_from":
                flat[name] = value
        return flat

    def with_seed(self, seed: int) -> Experiment:
        """The same experiment from another seed."""
        return Experiment.make(**{**self.model_dump(), "seed": seed})


def _plain(given: Settings | dict | None) -> dict:
    return given.model_dump() if isinstance(given, Settings) else (given or {})


def _section(name: str, kind: type[Settings], given: Settings | dict | None) -> Settings:
    try:
        return kind(**_plain(given))
    except ValidationError as error:
        raise UserError(_sentence(error, prefix=f"{name}.")) from None


def _sentence(error: ValidationError, prefix: str = "") -> str:
    """The first fault of a pydantic error as one sentence."""
    fault = error.errors()[0]
    field = prefix + ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"There is no setting {field!r}."
    message = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{field} should be {message}, not {fault['input']!r}."
