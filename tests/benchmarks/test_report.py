"""The report shows failures, and judges a goal by the median."""

from collections import Counter

import pytest

from benchmarks.report import GOALS, Goal, Results, render


def results() -> Results:
    found = Results(titles={"direct": "vendor", "pluggably": "Pluggably 1.0", "nginx": "nginx"})
    for value in (90.0, 10.0, 30.0):
        found.add("pluggably", "cpu_request_us", value)
    found.answers["pluggably"] = 5
    return found


def text(found: Results) -> str:
    return render(found, command="bench", rounds=3, cores="Two cores.", whole=False)


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert results().median("pluggably", "cpu_request_us") == 30
    assert results().median("pluggably", "never measured") is None


@pytest.mark.req("SYS-NFR-006")
def test_goals_are_met_from_the_right_side() -> None:
    def less(bar: float, aim: float | None = None) -> str:
        return Goal("", ".0f", lambda r: r.median("pluggably", "cpu_request_us"), bar, aim).verdict(results())

    assert (less(30), less(29), less(40, 30), less(40, 20)) == (
        "met",
        "**not met**",
        "met, and the aim",
        "met, not the aim",
    )
    more = Goal("", ".0f", lambda r: r.median("pluggably", "cpu_request_us"), 31, more_is_better=True)
    assert more.verdict(results()) == "**not met**"


def test_a_comparison_without_its_peer_is_not_measured() -> None:
    goal = next(goal for goal in GOALS if "times Portkey" in goal.title)
    assert goal.verdict(results()) == "not measured"


def test_errors_stand_beside_the_figure_and_in_a_list_of_their_own() -> None:
    found = results()
    found.fail("pluggably", "10 connections", Counter({"mixed-up reply": 3}))
    assert "30 (3 errors)" in text(found)
    assert "- Pluggably 1.0, 10 connections: 3 × mixed-up reply" in text(found)
    assert "| wrong, mixed-up or missing answers | ≤ 0 |  | 3 | **not met** |" in text(found)


def test_a_target_that_is_not_there_is_named_with_its_reason() -> None:
    found = results()
    found.missing["nginx"] = "not installed (no apt-get)"
    assert "| nginx | not installed (no apt-get) |" in text(found)
