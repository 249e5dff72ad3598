"""The Compare page under AppTest: the choice, what differs, the results and the verdict."""

from __future__ import annotations

import math
import time

from mlflow.entities import Metric, Param
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import edit, read, store, write
from core.ui.comparing import panels
from tests.pages.driving import address_of, opened, ran, table_of, words


def compared(*runs: str, **address: str) -> AppTest:
    return opened("compare", **({"runs": ",".join(runs)} if runs else {}), **address)


def trained(accuracies: list[float], **training) -> list[str]:
    """One finished run a seed, with these test accuracies."""
    made = queue.submit(Experiment.make("classification", "mlp", "digits", training=training), len(accuracies))
    for run_id, accuracy in zip(made, accuracies, strict=True):
        client, at = store.client(), int(1000 * time.time())
        client.update_run(run_id, status="RUNNING")
        client.set_tag(run_id, "glassbox.started", str(time.time() - 30))
        client.log_batch(run_id, metrics=[
            Metric(name, value, at + step, step)
            for step in (1, 2, 3)
            for name, value in (("train/loss", 1 / step), ("validation/accuracy", accuracy), ("train/epoch", float(step)))
        ])
        client.log_metric(run_id, "test/accuracy", accuracy)
        write.finish(run_id, "FINISHED")
    return made


def frame_with(page: AppTest, column: str):
    return next(frame.value for frame in page.dataframe if column in frame.value and "Launched" not in frame.value)


def test_an_empty_store_says_what_to_train_first() -> None:
    assert "Nothing to compare yet" in words(compared())


def test_what_differs_is_shown_alone() -> None:
    slow, fast = trained([0.9], epochs=3)[0], trained([0.95], epochs=9)[0]
    page = compared(slow, fast)
    differences = frame_with(page, "Epochs")
    assert set(differences.columns) == {"", "Run", "Epochs"}
    assert differences["Epochs"].tolist() == ["3", "9"]


def test_the_same_settings_are_said_to_be_the_same() -> None:
    first, second = trained([0.9])[0], trained([0.9])[0]
    assert "same settings, seed included" in words(compared(first, second))


def test_results_stand_best_first() -> None:
    worse, better = trained([0.9], epochs=3)[0], trained([0.95], epochs=9)[0]
    results = frame_with(compared(worse, better), "Test accuracy")
    assert results["Test accuracy"].tolist() == [0.95, 0.9]


def test_too_few_seeds_are_not_judged_and_the_missing_ones_are_launched() -> None:
    page = compared(*trained([0.9, 0.91], epochs=3), *trained([0.95, 0.96], epochs=9))
    assert "that is too few seeds to tell it from chance (2 and 2): train at least 3 of each" in words(page)
    ran(page.button("verdict_more_seeds").click())
    assert sorted((run.params["training.epochs"], run.params["seed"]) for run in read.runs_in_state("SCHEDULED")) == [
        ("3", "2"), ("9", "2")]
    assert len(address_of(page)["runs"].split(",")) == 6


def test_one_run_of_each_says_what_would_answer() -> None:
    page = compared(*trained([0.9], epochs=3), *trained([0.95], epochs=9))
    assert "**Epochs 9** is better than **Epochs 3** by 5.00 percentage points" in words(page)
    assert "(1 and 1): train at least 3 of each" in words(page)


def test_a_real_difference_is_called_one_and_a_chance_one_is_not() -> None:
    low, high = trained([0.900, 0.901, 0.903], epochs=3), trained([0.950, 0.952, 0.952], epochs=9)
    real = words(compared(*low, *high))
    assert "**Epochs 9** is better than **Epochs 3** by 5.00 percentage points of test accuracy on average" in real
    assert "with 3 seeds each the 95 % interval is 4.75 to 5.25: **more than chance explains**" in real
    assert "paired t-test (Student 1908)" in real and "With so few runs it can't be less than 0.25" in real
    other = trained([0.890, 0.902, 0.915], epochs=5)
    page = compared(*low, *other)
    assert "**chance can't be excluded**. More than 100 seeds of each would be needed" in words(page)
    assert "verdict_more_seeds" not in [button.key for button in page.button]
    spread = frame_with(compared(*low, *high), "Seeds")
    assert spread["Test accuracy"].tolist() == ["95.13 ± 0.12 %", "90.13 ± 0.15 %"]


def test_a_person_chooses_the_two_groups_and_what_makes_them() -> None:
    made = [trained([0.90 + shift, 0.91 + shift, 0.93 + shift + rate], epochs=epochs, learning_rate=rate)
            for shift, epochs, rate in ((0, 3, 0.001), (0.02, 3, 0.01), (0.03, 9, 0.001), (0.04, 9, 0.01))]
    ids = [run_id for group in made for run_id in group]
    page = compared(*ids, verdict_by="training.learning_rate")
    assert "**Learning rate 0.01** is better than **Learning rate 0.001**" in words(page)
    assert "with 6 runs each" in words(page)
    page = compared(*ids)
    assert "corrected for the 6 pairs of groups that could be picked here (Holm 1979)" in words(page)
    ran(page.selectbox("verdict_b").select("Epochs 3, learning rate 0.001"))
    assert address_of(page)["verdict_b"] == "Epochs 3, learning rate 0.001"
    assert "is better than **Epochs 3, learning rate 0.001** by" in words(page)


def test_figures_that_are_no_numbers_or_never_vary_are_told_plainly() -> None:
    odd = trained([math.nan, 0.91, 0.92, math.inf, 0.93], epochs=3)
    page = words(compared(*odd, *trained([0.8, 0.8, 0.8], epochs=9)))
    assert "with 3 seeds each" in page
    assert "2 of 5 finished runs of **Epochs 3** have no finite test accuracy" in page
    same = words(compared(*trained([0.7] * 3, epochs=5), *trained([0.6] * 3, epochs=6)))
    assert "nothing varies over the 3 seeds each" in same


def test_what_makes_the_comparison_unfair_is_said_where_the_answer_stands() -> None:
    kept, other = trained([0.90, 0.92, 0.95], epochs=9), trained([0.91, 0.90, 0.89], epochs=3)
    gone = trained([0.5, 0.5, 0.5, 0.5], epochs=9)[3]
    queue.delete(gone)
    page = words(compared(*kept, *other))
    assert "Budgets differ: a run of **Epochs 9** had 9 epochs" not in page  # each logged three epochs, whatever it was told
    assert "Not all seeds of **Epochs 9** count here: 1 deleted (seed 3). They did worse" in page


def test_a_run_is_reproduced_and_the_report_tells_what_differs() -> None:
    first = trained([0.9])[0]
    page = compared(first, charts="results,reproduce")
    assert "Launches the same experiment again" in words(page)
    ran(page.button(f"reproduce_{first}").click())
    (again,) = read.runs_in_state("SCHEDULED")
    assert again.tags["glassbox.reproduces"] == first and again.params == read.run(first).params
    assert page.button(f"reproduce_{first}").disabled
    for name, value, step in (("train/loss", 1.0, 1), ("train/loss", 0.75, 2), ("train/loss", 1 / 3, 3),
                              ("test/accuracy", 0.9, 0)):
        store.client().log_metric(again.id, name, value, step=step)
    write.finish(again.id, "FINISHED")
    page = compared(first, charts="reproduce")
    assert "2 of 3 measures did not come out the same, first at step 1." in words(page)  # nothing of the validation
    told = frame_with(page, "At most by").set_index("Measure")
    assert told.loc["Train loss", ["Was", "Is", "At most by"]].tolist() == ["0.5", "0.75", "0.25"]
    assert "first at step 1" in words(opened("runs", run=again.id))


def test_the_address_holds_measure_axis_smoothing_and_scales() -> None:
    made = trained([0.9, 0.91])
    page = compared(*made, metric="train/loss", x="time", smooth="0.6", log="y")
    assert page.selectbox("metric").value == "train/loss"
    assert page.slider("smooth").value == 0.6
    assert (page.button_group("x").value, page.button_group("log").value) == ("time", ["y"])


def test_a_vanished_run_is_said_and_the_others_are_shown() -> None:
    made = trained([0.9, 0.91])
    page = compared(*made, "f" * 32)
    assert "There is no run" in page.warning[0].value
    assert len(frame_with(page, "Test accuracy")) == 2


def test_a_filter_narrows_the_choice() -> None:
    made = trained([0.9])
    queue.submit(Experiment.make("classification", "lenet", "digits"))
    assert table_of(compared(find="perceptron"))["total"] == 1
    assert table_of(compared(find="nothing at all"))["total"] == 0
    assert made


def button(page: AppTest, key: str):
    return next(one for one in page.button if one.key == key)


def test_charts_are_added_and_taken_away_in_the_address() -> None:
    made = trained([0.9, 0.91])
    page = compared(*made)
    assert {f"away_{name}" for name in panels.SHOWN} <= {one.key for one in page.button}
    page = ran(button(page, "away_previews").click())
    assert address_of(page)["charts"] == ",".join(name for name in panels.SHOWN if name != "previews")
    page = compared(*made, charts="curves,boxes,nonsense,curves2", curves2_metric="train/loss")
    assert page.selectbox("metric").value == "validation/accuracy" and page.selectbox("curves2_metric").value == "train/loss"
    page = ran(button(page, "away_curves2").click())
    assert address_of(page)["charts"] == "curves,boxes" and "curves2_metric" not in page.query_params


def test_every_chart_of_settings_and_results_is_drawn_of_runs_that_differ() -> None:
    made = [*trained([0.8, 0.82], epochs=3), *trained([0.9, 0.91], epochs=9), *trained([0.9], epochs=9, batch_size=16)]
    page = compared(*made, charts="scatter,parallel,heat,boxes,importance,origins")
    assert page.selectbox("scatter_y").value == "test/accuracy"
    assert page.selectbox("heat_down").value != page.selectbox("heat_across").value
    assert page.multiselect("parallel_axes").value[-1] == "test/accuracy"
    assert "at least 12 are needed" in words(page)
    assert "None of these runs says what it ran on" in words(page)


def test_charts_of_relations_take_all_runs_on_the_same_data_on_request() -> None:
    made = trained([0.8, 0.82, 0.9], epochs=3)
    page = compared(*made[:2], charts="scatter")
    assert "All 3 on the same data" in str(page.button_group("scatter_of").options)
    assert compared(*made[:2], charts="boxes", boxes_of="alike").button_group("boxes_of").value == "alike"
    found = compared(*made[:2], charts="scatter", scatter_of="found", find="params.seed = '2'")
    assert "The 1 that the table finds" in str(found.button_group("scatter_of").options)
    assert found.button_group("scatter_of").value == "found" and "do not differ in any setting" in words(found)


def test_charts_that_have_nothing_to_show_say_so() -> None:
    page = compared(*trained([0.9]), charts="scatter,heat,confusions,disagreements,answers,previews")
    told = words(page)
    assert "These runs do not differ in any setting" in told
    assert "Choose two runs that tell the classes of the same data apart" in told
    assert "None of these runs has kept a checkpoint yet" in told
    assert "has shown anything of itself" in told


def test_seeds_are_drawn_as_bands_where_there_are_several() -> None:
    page = compared(*trained([0.8, 0.9]), seeds="Mean and range", x="samples", smooth="0.5")
    assert page.selectbox("seeds").value == "Mean and range"
    assert "A band ends where the shortest of its runs does" in words(page)
    assert "seeds" not in [one.key for one in compared(*trained([0.8], epochs=5)).selectbox]


def test_an_axis_that_a_run_does_not_know_leaves_it_out_and_says_so() -> None:
    page = compared(*trained([0.8, 0.9]), x="epoch")  # whose steps in all were never said
    assert "How many epochs a step takes" in words(page)


def test_a_layout_is_kept_and_offered_with_the_runs_that_are_shown() -> None:
    made = trained([0.8, 0.9])
    page = compared(*made, charts="boxes", boxes_metric="train/loss")
    page.text_input[-1].set_value("For the team")
    ran(button(page, "FormSubmitter:keep_layout-Keep").click())
    assert edit.named("layout") == {"For the team": "charts=boxes&boxes_metric=train%2Floss"}
    page = compared(*made)
    ran(button(page, "forget_For the team").click())
    assert edit.named("layout") == {}


def test_what_the_runs_ran_on_is_told_apart() -> None:
    first, second = trained([0.8, 0.9])
    for run_id, version, commit in ((first, "1.0", "a" * 40), (second, "2.0", "b" * 40)):
        store.client().log_text(run_id, f"torch==2\nmade-up=={version}", "environment/requirements.txt")
        store.client().set_tag(run_id, "mlflow.source.git.commit", commit)
    page = compared(first, second, charts="origins")
    assert "1 thing differs" in words(page) and "This checkout does not have" in words(page)
    assert sorted(frame_with(page, "made-up")["made-up"]) == ["1.0", "2.0"]


def test_fifty_runs_are_shown_at_once() -> None:
    made = trained([0.8 + i / 1000 for i in range(50)])
    page = compared(*made)
    assert len(frame_with(page, "Seed")) == 50 and "can't be told apart" not in words(page)


def test_runs_with_names_of_their_own_and_very_many_settings_are_drawn() -> None:
    made = trained([0.8, 0.9])
    for i, run_id in enumerate(made):
        for start in range(0, 300, 100):
            store.client().log_batch(run_id, params=[
                Param(f"их/setting {n}", f"{n * i}") for n in range(start, start + 100)])
        store.client().log_metric(run_id, "дом", math.inf if i else math.nan)
    page = compared(*made, charts="curves,scatter,parallel,heat,boxes,importance,differences,origins",
                    scatter_x="их/setting 7", scatter_y="дом")
    assert "The first 200 of 300 settings that differ" in words(page)
    assert "2 runs without one of these are left out" in words(page)
