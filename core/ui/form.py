"""The form made from a `Settings` class: the right widget, range, unit and help for each field, with no list of them.

The form keeps nothing: it shows the values that it is given and reports each change, so that the page can keep them in
the address.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from core.experiment import Settings

Write = Callable[[str, Any], None]  # path of a setting, its new value

WORDS_WIDTH = 23  # letters, with four for the space around each word, that fit side by side in one place of the grid
SLIDER_STEPS = 32  # a whole number with a range no wider than this is quicker to slide than to type


def fields(
    section: str, settings: Settings, write: Write, *, changed: Collection[str] = (), names: Iterable[str] | None = None,
    columns: int = 3,
) -> None:
    """Draws one widget for each field, in a grid that becomes one column on a phone.

    Arguments: `section` names the settings within the experiment (`training`); `settings` holds the values shown;
    `write` is called with a path (`training.epochs`) and the new value; `changed` holds the paths that the person set,
    which are marked; `names` the fields to draw, by default all.
    """
    chosen = list(type(settings).model_fields if names is None else names)
    for start in range(0, len(chosen), columns):
        # A whole row, even where it is not full: fields stand below one another.
        places = st.columns(columns, vertical_alignment="bottom")
        for place, name in zip(places, chosen[start : start + columns], strict=False):
            path = f"{section}.{name}"
            with place:
                field(path, type(settings).model_fields[name], getattr(settings, name), write, marked=path in changed)


def field(path: str, info: FieldInfo, value: Any, write: Write, *, marked: bool = False) -> None:
    """Draws the widget of one field and reports its changes. Its Streamlit key is `path`.

    Raises `TypeError` for a type that no widget stands for.
    """
    draw, options = widget(info)
    keep(path, value)
    draw(
        label(path, info) + (" :primary[●]" if marked else ""), key=path, help=info.description,
        on_change=_report, args=(path, write), **options,
    )


def widget(info: FieldInfo) -> tuple[Callable, dict[str, Any]]:
    """The Streamlit widget that suits a field, and what it is called with."""
    kind = info.annotation
    if get_origin(kind) is Literal:
        options = get_args(kind)
        words = [str(option) for option in options]
        if sum(len(word) + 4 for word in words) <= WORDS_WIDTH:
            return st.segmented_control, {"options": options, "required": True, "format_func": str}
        return st.selectbox, {"options": options, "format_func": str}
    if kind is bool:
        return st.toggle, {}
    if kind is int:
        low, high = limits(info)
        if low is not None and high is not None and high - low <= SLIDER_STEPS:
            return st.slider, {"min_value": low, "max_value": high, "step": 1}
        return st.number_input, {"min_value": low, "max_value": high, "step": 1}
    if kind is float:
        low, high = limits(info)
        return st.number_input, {
            "min_value": None if low is None else float(low), "max_value": None if high is None else float(high),
            "step": step(info.default), "format": "%g",
        }
    raise TypeError(f"No widget stands for a setting of type {kind}.")


def label(path: str, info: FieldInfo) -> str:
    """What a person reads above the widget: `Batch size (examples)`."""
    name = path.rsplit(".", 1)[-1].replace("_", " ")
    unit = (info.json_schema_extra or {}).get("unit", "")
    return name.capitalize() + (f" ({unit})" if unit and unit != name else "")


def limits(info: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest value of a number, as a widget can show them. A bound that is itself excluded is shown too:
    validation says so where a person takes it."""
    low = high = None
    for rule in info.metadata:
        if isinstance(rule, annotated_types.Ge | annotated_types.Gt):
            low = rule.ge if isinstance(rule, annotated_types.Ge) else rule.gt
        elif isinstance(rule, annotated_types.Le | annotated_types.Lt):
            high = rule.le if isinstance(rule, annotated_types.Le) else rule.lt
    return low, high


def step(default: float) -> float:
    """By how much a click on + or - changes a number: one in its first digit (0.001 for 0.002), or 0.01 from zero."""
    return 10.0 ** (math.ceil(math.log10(default)) - 1) if default > 0 else 0.01


def keep(key: str, value: Any) -> None:
    """Makes a widget show `value`, which is the truth, whatever the browser last had.

    Only where it differs: setting it anew would wipe out what the person is typing into the widget at this moment.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _report(path: str, write: Write) -> None:
    write(path, st.session_state[path])
