"""A recording is heard: what is said, when in it each letter sounds or what else it could be, and the memory behind it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import streamlit as st

from core.inside import classify, listening, recurrence
from core.inside.listening import Seen, Sound
from core.inside.load import Loaded
from core.plots import inside as plots
from core.plots import sounds
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import remembering
from core.ui.inside.question import held_out
from core.ui.inside.side import Side, answer_line, chances, places

FILES = ["wav", "flac", "ogg"]

TITLE = "One recording"
fits = listening.fits


def show(sides: Sequence[Side]) -> None:
    source = address.segments("Where the recording comes from", "input", ["From the data", "Microphone", "Upload"])
    said = None
    if source == "From the data":
        sound, said = _example(sides[0].loaded)
    else:
        sound = _recorded() if source == "Microphone" else _uploaded()
    if sound is None:
        st.caption("What is heard appears here.")
        return
    st.audio(sound.samples, sample_rate=sound.rate)
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _heard(side, sound, said)


def _heard(side: Side, sound: Sound, said: str | None) -> None:
    seen = listening.see(side.loaded, sound)
    given = (seen.samples, seen.rate, seen.spectrum, seen.hertz, seen.hop)
    if side.loaded.spec.classes:
        _named(side, seen, given, said)
    else:
        _written(side, seen, given, said)
    if recurrence.fits(side.loaded):
        moments = [f"{step * seen.stride / seen.rate:.2f} s" for step in range(-(-len(seen.samples) // seen.stride))]
        remembering.show(side, seen.waveform.numpy(), moments)


def _named(side: Side, seen: Seen, given: tuple, said: str | None) -> None:
    """What a classifier makes of it."""
    answer = classify.classify(side.loaded, seen.waveform)
    words, others = st.columns([1, 1] if side.narrow else [2, 3], gap="large")
    with words:
        answer_line(answer)
        if said is not None:
            st.caption(f"It is “{said}”.")
    with others:
        chances(side, answer, row=26)
    st.markdown("**What it hears**", help="The waveform, and the mel spectrum, which is what the model is given.")
    name = answer.classes[answer.best]
    chart(sounds.seen(*given, colour=side.colour, dark=page.dark()), key=f"{side.key}seen_sound", height=280,
          alt=f"Waveform and mel spectrum over {len(seen.samples) / seen.rate:.2f} seconds; the answer is {name}.")


def _written(side: Side, seen: Seen, given: tuple, said: str | None) -> None:
    """What a recogniser makes of it."""
    found = listening.listen(side.loaded, seen)
    (text, share), *_ = found.texts
    words, others = st.columns([1, 1] if side.narrow else [2, 3], gap="large")
    with words:
        st.metric("Heard", text or "nothing", f"{100 * share:.1f} %", delta_arrow="off",
                  delta_color="green" if share > 0.9 else "orange")
        if said is not None:
            st.caption(f"Its transcript is “{said}”.")
    with others:
        st.markdown("**What it could be**", help="The likeliest texts that prefix beam search finds. The probability of "
                    "each is the sum over all ways in which its letters can lie along the recording.")
        shown = found.texts[:5]
        shares = np.array([chance for _, chance in shown])
        chart(plots.probabilities([one or "nothing" for one, _ in shown], shares, side.colour), key=f"{side.key}texts",
              height=32 * len(shown) + 8, alt=f"Probabilities of the texts; the likeliest is {text}.")
    st.markdown("**When each letter sounds**", help="From above: the waveform; the mel spectrum, which is what the model "
                "hears; the likeliest way in which the letters of the text lie along the recording; "
                "and how likely the model finds each letter at each moment. The blank means no (new) letter.")
    figure = sounds.heard(*given, found.chances, seen.stride, found.letters, text, found.path, colour=side.colour,
                          dark=page.dark())
    chart(figure, key=f"{side.key}heard", height=330 + 15 * len(found.letters),
          alt=f"Waveform, mel spectrum and letter probabilities over {len(seen.samples) / seen.rate:.2f} seconds; the text "
          f"is {text}.")


def _example(first: Loaded) -> tuple[Sound, str]:
    """A recording that the model was not trained on, and what is said in it."""
    splits = held_out(first)
    name = address.segments("Which data", "split", list(splits))
    split = splits[name]
    index = address.number_field(f"Recording of the {name} data", "index", 0, len(split) - 1,
                                 help="The model was not trained on these. Any number takes another one.")
    return listening.of_data(split.inputs[index], first.spec), listening.said(split.targets[index], first.spec)


def _uploaded() -> Sound | None:
    file = st.file_uploader("A recording of yours", type=FILES, key="sound_file", max_upload_size=20, on_change=_forget,
                            help="It stays on this server, so that this page's address plays it again.")
    return _kept(file)


def _recorded() -> Sound | None:
    file = st.audio_input("Speak", key="microphone", on_change=_forget,
                          help="The browser asks whether it may. The recording stays on this server, so that this page's "
                          "address plays it again.")
    return _kept(file)


def _kept(file: BytesIO | None) -> Sound | None:
    """The person's sound. The address holds its name."""
    if file is not None and "sound" not in st.query_params:
        st.query_params["sound"] = listening.keep(listening.open_sound(file.getvalue()))
    return listening.kept(st.query_params["sound"]) if "sound" in st.query_params else None


def _forget() -> None:
    st.query_params.pop("sound", None)
