"""Ranges of claims: how wide they may be, and how they are measured."""

import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from small_book import call, last_lines

from course_tools.project import Project
from course_tools.ranges import Measured, read, too_wide

SEEDS = tuple(range(1, 9))
NOISY = Measured(SEEDS, (1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 0.9))


def test_a_range_that_depends_on_chance_is_five_deviations_wide_and_rounded_outward() -> None:
    mean, deviation = statistics.fmean(NOISY.values), statistics.stdev(NOISY.values)
    low, high = NOISY.allowed()
    assert deviation == pytest.approx(0.0802, abs=1e-4)  # its leading digit is the second decimal: round to the third
    assert (low, high) == (0.599, 1.401)
    assert low <= mean - 5 * deviation < low + 0.001 and high - 0.001 < mean + 5 * deviation <= high


@pytest.mark.parametrize(
    ("measured", "low", "high", "verdict"),
    [
        (NOISY, 0.599, 1.401, ""),
        (NOISY, 0.9, 1.1, ""),
        (NOISY, 0.598, 1.401, "wider than 0.599 to 1.401"),
        (NOISY, 0.599, 1.5, "wider than 0.599 to 1.401"),
        (NOISY, 0.95, 1.1, "does not hold for 2 of 8 seeds"),
        (Measured(SEEDS[:7], NOISY.values[:7]), 0.9, 1.1, "measured with 7 seeds; it takes 8"),
        (Measured((1,) * 8, NOISY.values), 0.9, 1.1, "measured with 1 seeds; it takes 8"),
        (Measured(SEEDS, (5.0,) * 8), 5, 5, ""),
        (Measured(SEEDS, (5.0,) * 8), 4.995, 5.005, ""),
        (Measured(SEEDS, (5.0,) * 8), 4.99, 5.01, "is exact, and its range is wider than rounding (0.01)"),
        (Measured(SEEDS, (0.0,) * 8), 0, 1e-6, ""),
        (Measured(SEEDS, (0.0,) * 8), 0, 1e-5, "is exact, and its range is wider than rounding (2e-06)"),
        (Measured(SEEDS, tuple(seed * 1e-9 for seed in SEEDS)), 0, 1e-6, ""),  # rounding errors near zero
        (Measured(SEEDS, (12.0, 13.0) * 4), 9.82, 15.18, ""),
        (Measured(SEEDS, (12345.0, 13345.0) * 4), 10172.0, 15518.0, ""),
    ],
)
def test_the_verdict_on_a_range(measured: Measured, low: float, high: float, verdict: str) -> None:
    assert measured.verdict(low, high) == verdict


def test_the_summary_has_as_many_digits_as_the_deviation_warrants() -> None:
    assert NOISY.summary() == "1.000 ± 0.080 (8 runs)"
    assert Measured(SEEDS, (3.0,) * 8).summary() == "the same in 8 runs"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A book whose good lecture was measured, and what the command said."""
    from small_book import write_book

    root = write_book(tmp_path_factory.mktemp("ranges") / "course", "good", "other")
    (root / "book/claims.yml").write_text("part/other:\n  old: {seeds: [1, 2], values: [3.0, 4.0]}\n")
    result = call(root, "ranges", "good", "--seeds", "8", "--from", "0", "--kernel", "plain")
    assert result.returncode == 0, result.stderr
    return root, result.stdout


def test_measuring_writes_the_values_of_each_seed_and_keeps_other_lectures(measured: tuple[Path, str]) -> None:
    root, _ = measured
    content = yaml.safe_load((root / "book/claims.yml").read_text())
    assert list(content) == ["part/good", "part/other"] and list(content["part/good"]) == ["draw", "third"]
    assert content["part/good"]["third"] == {"seeds": list(range(8)), "values": [1.0] * 8}
    assert len(set(content["part/good"]["draw"]["values"])) == 8
    assert content["part/other"] == {"old": {"seeds": [1, 2], "values": [3.0, 4.0]}}


def test_measuring_says_name_mean_deviation_ranges_and_verdict(measured: tuple[Path, str]) -> None:
    table = " ".join(measured[1].replace("│", " ").split())
    assert "third 1 0 rounding only 0.999 to 1.001 ok" in table
    assert "draw" in table and "9.6 to 10.4 ok" in table


def test_measuring_leaves_the_run_that_the_site_shows_alone(measured: tuple[Path, str]) -> None:
    assert not (measured[0] / "_build/executed").exists()


def test_measuring_again_gives_the_same_bytes_and_runs_nothing(measured: tuple[Path, str]) -> None:
    root, _ = measured
    before = (root / "book/claims.yml").read_bytes()
    result = call(root, "ranges", "good", "--seeds", "8", "--from", "0", "--kernel", "plain")
    assert "8 of 8 need no run" in result.stdout
    assert (root / "book/claims.yml").read_bytes() == before


def test_a_claim_that_fails_for_other_seeds_is_measured_and_then_refused(make_book: Callable[..., Path]) -> None:
    root = make_book("good")
    page = root / "book/part/good.md"
    page.write_text(page.read_text().replace("9.6, 10.4", "10.0, 10.1"))
    result = call(root, "ranges", "good", "--kernel", "plain")
    assert result.returncode == 1
    assert "lecture 8 of 8" in result.stdout
    assert "claim 'draw': does not hold for" in last_lines(result)


def test_every_claim_of_the_book_was_measured_and_is_as_narrow_as_that_allows(root: Path) -> None:
    project = Project(root)
    failures = [one for lecture in project.lectures.values() for one in too_wide(project, lecture, need_all=True)]
    assert not failures, "\n".join(one.sentence for one in failures)


def test_claims_yml_holds_nothing_that_is_not_claimed(root: Path) -> None:
    from course_tools.claims import calls

    project = Project(root)
    for name, claims in read(project).items():
        assert name in project.lectures
        assert set(claims) == {call.name for call in calls(project.lectures[name])}
