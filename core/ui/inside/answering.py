"""A question is asked about a passage: the answer where it stands, what else it might have been, and who looked at what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.errors import UserError
from core.inside import answering
from core.inside.answering import Example, Reply
from core.plots import answering as plots
from core.plots import inside as bars
from core.ui import address
from core.ui.chart import chart
from core.ui.inside.question import held_out
from core.ui.inside.reading import pick_map
from core.ui.inside.side import Side, places

AWAY = Example("Who says: it shall be seven ere I go to bed", "SERVANT: Sir, it is past five o'clock already.\nMERCHANT: "
               "Be it so: it shall be seven ere I go to bed.\nSERVANT: Then I shall light a candle.", [])

TITLE = "Question and passage"
fits = answering.fits


def show(sides: Sequence[Side]) -> None:
    given = _example(sides[0])
    for key, text in (("question", given.question), ("passage", given.passage)):
        st.session_state[key] = st.query_params.get(key, text)
    passage = st.text_area("Passage", key="passage", on_change=address.keep, args=("passage",), max_chars=5000, height=160)
    question = st.text_input("Question", key="question", live="400ms", on_change=address.keep, args=("question",),
                             max_chars=500)
    made = [answering.ask(side.loaded, question, passage) for side in sides]
    untouched = (question, passage) == (given.question, given.passage)
    for side, reply, place in zip(sides, made, places(sides), strict=True):
        with place:
            _answered(side, reply, given.answers if untouched else [])
            if reply.layers:
                _attention(side, reply)


def _example(side: Side) -> Example:
    """A question of the test data; where they are away, one that comes along."""
    try:
        split = held_out(side.loaded)["test"]
    except UserError:
        return AWAY
    index = address.number_field("Question of the test data", "index", 0, len(split) - 1, width=220,
                                 on_change=_another, args=(), help="The model was not trained on these. Any number takes "
                                 "another one; question and passage can be changed below.")
    return answering.example(side.loaded, split, index)


def _another() -> None:
    address.keep("index")
    for key in ("question", "passage"):
        st.query_params.pop(key, None)


def _answered(side: Side, reply: Reply, answers: list[str]) -> None:
    best = reply.spans[0]
    said, words = st.columns([1, 1] if side.narrow else [2, 5], gap="large")
    with said:
        st.metric("Answer", best.text, f"{100 * best.chance:.1f} %", delta_arrow="off",
                  delta_color="green" if best.chance > 0.9 else "orange")
        if answers:
            st.caption(f"In the data: {' · '.join(dict.fromkeys(answers))}")
        st.markdown("**The likeliest answers**", help="The chance that the answer begins at the first word, times the "
                    "chance that it ends at the last.")
        names = [f"{i}. {span.text}" for i, span in enumerate(reply.spans, 1)]  # one text may stand in two places
        chart(bars.probabilities(names, np.array([span.chance for span in reply.spans]), side.colour),
              key=f"{side.key}spans", height=32 * len(names) + 8, alt=f"The likeliest answers; the first is {best.text}.")
    with words:
        st.markdown("**Where the answer begins and ends**")
        told = [f"begins here {100 * start:.1f} %, ends here {100 * end:.1f} %"
                for start, end in zip(reply.start, reply.end, strict=True)]
        st.html(plots.tinted_passage(reply.passage, reply.start, told, range(best.first, best.last + 1), reply.end))
        st.caption(":blue[Blue]: how likely the answer begins there; :orange[orange]: how likely it ends there; underlined: "
                   "the answer.")


def _attention(side: Side, reply: Reply) -> None:
    few, large = st.columns([1, 1] if side.narrow else [2, 3], gap="large")
    with few:
        words, weights, _ = pick_map(side, reply.layers)
    with large:
        st.markdown(f"**{words}**")
        looking = [f"{place}: {piece.strip() or '⏎'}" for place, piece in enumerate(reply.tokens)]
        usual = looking[reply.offset + reply.spans[0].first]
        chosen = looking.index(address.select("Who looks", f"{side.key}looks", looking, usual, width=240,
                                              help="At first the word with which the answer begins."))
        row = weights[chosen]
        told = [f"gets {100 * share:.1f} %" for share in row]
        shares = row / (row.max() or 1.0)
        st.html(plots.tinted_passage(reply.tokens, shares, told, range(chosen, chosen + 1)))
        st.caption("The stronger a word's ground, the more the underlined one takes from it.")
