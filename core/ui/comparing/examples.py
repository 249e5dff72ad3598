"""Two trained models held against one another over the same test examples, one run out of each of two groups."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.inside import testset
from core.inside.load import load
from core.tracking import compare, read, significance
from core.ui import address, page
from core.ui.inside.question import held_out


def offered(groups: dict[str, list[read.Run]]) -> None:
    """Asks two runs' models the whole test set, where a person wants it; nothing where none of them kept a model."""
    if any("glassbox.experiment" not in run.tags for group in groups.values() for run in group):
        return
    with st.expander("Two trained models, example by example", icon=":material/rule:"):
        st.caption("The seeds above say whether one kind of model is better than another. This says whether one trained "
                   "model is better than another, on examples like those of the test set.")
        chosen = []
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            for side, (name, runs) in zip("ab", groups.items(), strict=True):
                by_id = {run.id: run for run in runs}
                run_id = address.select(name, f"judge_run_{side}", list(by_id), width=260,
                                        format_func=lambda run_id, by_id=by_id: f"Seed {compare.seed_of(by_id[run_id])}")
                chosen.append(by_id[run_id])
            asked = st.toggle("Ask both the whole test set", key="judge_examples", bind="query-params")
        if asked:
            try:
                st.markdown(_told([page.plain(name) for name in groups], _disagreement(*(run.id for run in chosen))))
            except UserError as error:
                st.warning(str(error), icon=":material/rule:")


@st.cache_resource(max_entries=32, ttl=3600, show_spinner="Asking both models about every test example …", show_time=True)
def _disagreement(first: str, second: str) -> tuple[testset.Disagreement, str]:
    """What the models of two runs make of the same test examples, and how many these are, in words."""
    loaded = [load(run_id, read.run(run_id).model_step) for run_id in (first, second)]
    if not all(map(testset.fits, loaded)):
        raise UserError("Only models that tell classes apart can be held against one another example by example.")
    answers = [testset.ask(model, held_out(model)["test"]) for model in loaded]
    if len({len(of.targets) for of in answers}) > 1 or not bool((answers[0].targets == answers[1].targets).all()):
        raise UserError("These two were not tested on the same examples: choose two runs on the same data.")
    return testset.disagreement(*answers), testset.noun(loaded[0].spec, len(answers[0].targets))


def _told(names: list[str], of: tuple[testset.Disagreement, str]) -> str:
    found, examples = of
    mine, its = map(len, found.alone)
    told = (f"Of {examples} this model of **{names[0]}** alone names {mine:,} rightly, and that of **{names[1]}** alone "
            f"{its:,}")
    if not mine + its:
        return told + ": there is no difference."
    sign = 1 if found.gap >= 0 else -1
    (low, high), (lower, higher) = (sorted(100 * sign * end for end in ends)
                                    for ends in ((found.low, found.high), found.resampled))
    ahead = (f"**{names[0] if sign > 0 else names[1]}** is better by {100 * abs(found.gap):.2f} percentage points of "
             "accuracy" if found.gap else "They are level")
    sure = "**more than chance explains**" if found.p < significance.SURE else "**chance can't be excluded**"
    return (f"{told}. {ahead}; the 95 % interval is {low:.2f} to {high:.2f}: {sure}.\n\n"
            f":gray[p = {found.p:.2g} by McNemar's exact test (1947). Interval of Agresti and Min (2005); by a paired "
            f"bootstrap over the examples (Koehn 2004) it is {lower:.2f} to {higher:.2f}.]")
