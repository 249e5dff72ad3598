"""Widgets whose value stands in the address, and only there: a link shows the same, and Back takes a choice back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st


def keep(key: str) -> None:
    """Writes what the widget of that key holds into the address."""
    st.query_params[key] = str(st.session_state[key])


def whole(key: str, default: int, low: int, high: int) -> int:
    """A whole number out of the address, within its limits."""
    text = st.query_params.get(key, "")
    return min(high, max(low, int(text))) if text.removeprefix("-").isdecimal() else default


def fraction(key: str, default: float, low: float, high: float) -> float:
    """A number out of the address, within its limits."""
    try:
        return min(high, max(low, float(st.query_params.get(key, default))))
    except ValueError:
        return default


def choice(key: str, options: Sequence[str], default: str | None = None) -> str:
    """One of the options; the default, or else the first, where the address names none of them."""
    named = st.query_params.get(key)
    return named if named in options else default or options[0]


def number_field(label: str, key: str, default: int, high: int, **more: Any) -> int:
    """A field for a whole number of 0 to `high`."""
    st.session_state[key] = whole(key, default, 0, high)
    return st.number_input(label, 0, high, key=key, **{"on_change": keep, "args": (key,)} | more)


def slider(label: str, key: str, default: float, low: float, high: float, step: float, **more: Any) -> float:
    """A slider over numbers, whose limits stay the same."""
    value = fraction(key, default, low, high)
    if st.session_state.get(key) != value:  # else what a person has slid to meanwhile would be taken back
        st.session_state[key] = value
    return st.slider(label, low, high, step=step, key=key, on_change=keep, args=(key,), **more)


def whole_slider(label: str, key: str, default: int, high: int, **more: Any) -> int:
    """A slider over the whole numbers from 0 to `high`; none where there is but one."""
    st.session_state[key] = whole(key, default, 0, high)
    return st.slider(label, 0, high, key=key, on_change=keep, args=(key,), **more) if high else 0


def segments(label: str, key: str, options: Sequence[str], **more: Any) -> str:
    """Buttons of which one is pressed. The label is for screen readers, unless it is said to be visible."""
    st.session_state[key] = choice(key, options)
    return st.segmented_control(label, options, key=key, on_change=keep, args=(key,), required=True, wrap=True,
                                **{"label_visibility": "collapsed"} | more)


def _keep_several(key: str) -> None:
    st.query_params[key] = st.session_state[key] or [""]  # nothing picked is a choice too


def _several(key: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    named = st.query_params.get_all(key)
    found = [name for name in named if name in options]
    return found if found or named == [""] else [name for name in default if name in options]


def several(label: str, key: str, options: Sequence[str], default: Sequence[str] = (), **more: Any) -> list[str]:
    """A list of which any number may be picked, at first the default."""
    st.session_state[key] = _several(key, options, default)
    return st.multiselect(label, options, key=key, on_change=_keep_several, args=(key,), **more)


def switches(label: str, key: str, options: Sequence[str], **more: Any) -> list[str]:
    """Small buttons of which any number may be pressed."""
    st.session_state[key] = _several(key, options, ())
    return st.pills(label, options, selection_mode="multi", key=key, on_change=_keep_several, args=(key,), **more)


def select(label: str, key: str, options: Sequence[str], default: str | None = None, **more: Any) -> str:
    """A list to pick from, at first the default or else its first."""
    st.session_state[key] = choice(key, options, default)
    return st.selectbox(label, options, key=key, **{"on_change": keep, "args": (key,)} | more)
