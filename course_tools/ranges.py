"""The ranges of claims, measured: a lecture is run with other seeds, and `book/claims.yml` keeps what came out.

The file holds `lecture -> claim -> {seeds: [...], values: [...]}`. A range that depends on chance is at most mean ± 5
standard deviations of these values, rounded outward to one digit more than the leading digit of the deviation. A
quantity that does not depend on chance is exact, and gets rounding only.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import nbformat
import yaml
from rich.table import Table

from course_tools import runner
from course_tools.claims import MIME, Call, calls
from course_tools.errors import CourseError, Failure
from course_tools.lecture import Lecture
from course_tools.project import Project

SEEDS = 8
"""Fewest runs from which a range may be drawn."""
DEVIATIONS = 5
RELATIVE, NEAR_ZERO = 1e-3, 1e-6
"""Half-width that rounding may take: relative to the value, and for values near zero."""


class Measured(NamedTuple):
    """The values of one claim in runs with these seeds."""

    seeds: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the values differ by rounding at most."""
        size = max(map(abs, self.values))
        return size <= NEAR_ZERO or max(self.values) - min(self.values) <= 1e-12 * size

    def allowed(self) -> tuple[float, float]:
        """The widest range that a claim may state."""
        mean = statistics.fmean(self.values)
        if self.is_exact:
            slack = max(RELATIVE * abs(mean), NEAR_ZERO)
            return mean - 2 * slack, mean + 2 * slack
        deviation = statistics.stdev(self.values)
        unit = 10.0 ** (math.floor(math.log10(deviation)) - 1)
        low = math.floor((mean - DEVIATIONS * deviation) / unit) * unit
        high = math.ceil((mean + DEVIATIONS * deviation) / unit) * unit
        digits = max(0, -round(math.log10(unit)))
        return round(low, digits), round(high, digits)

    def verdict(self, low: float, high: float) -> str:
        """What is wrong with a claimed range; empty if nothing is."""
        if len(set(self.seeds)) < SEEDS:
            return f"measured with {len(set(self.seeds))} seeds; it takes {SEEDS}"
        outside = [value for value in self.values if not low <= value <= high]
        if outside:
            return f"does not hold for {len(outside)} of {len(self.values)} seeds"
        if self.is_exact:
            slack = max(RELATIVE * abs(statistics.fmean(self.values)), NEAR_ZERO)
            if (high - low) / 2 > slack * (1 + 1e-9):
                return f"is exact, and its range is wider than rounding ({2 * slack:.2g})"
            return ""
        widest_low, widest_high = self.allowed()
        dust = 1e-9 * (widest_high - widest_low)
        if low < widest_low - dust or high > widest_high + dust:
            return f"wider than {widest_low:.10g} to {widest_high:.10g}"
        return ""

    def summary(self) -> str:
        """Mean and deviation, for people."""
        mean = statistics.fmean(self.values)
        if self.is_exact:
            return f"the same in {len(self.values)} runs"
        deviation = statistics.stdev(self.values)
        digits = max(0, 1 - math.floor(math.log10(deviation)))
        return f"{mean:.{digits}f} ± {deviation:.{digits}f} ({len(self.values)} runs)"


def read(project: Project) -> dict[str, dict[str, Measured]]:
    """What `book/claims.yml` holds: lecture -> claim -> measured."""
    if not project.claims_file.is_file():
        return {}
    content = yaml.safe_load(project.claims_file.read_text("utf-8")) or {}
    return {
        lecture: {name: Measured(tuple(one["seeds"]), tuple(one["values"])) for name, one in claims.items()}
        for lecture, claims in content.items()
    }


def measure(project: Project, lecture: Lecture, seeds: Sequence[int], *, jobs: int = 2, kernel: str = "zygote") -> None:
    """Run the lecture with each of the seeds, and write what its claims measured into `book/claims.yml`."""
    runs = [runner.Run(lecture, {"seed": seed}, runner.RECORD) for seed in seeds]
    runner.execute(project, runs, jobs=jobs, kernel=kernel)
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in recorded(project, run).items():
            values.setdefault(name, []).append(value)
    content = {
        name: {claim: {"seeds": list(one.seeds), "values": list(one.values)} for claim, one in claims.items()}
        for name, claims in read(project).items()
    }
    content[lecture.name] = {name: {"seeds": list(seeds), "values": list(found)} for name, found in values.items()}
    text = yaml.safe_dump(content, sort_keys=True, default_flow_style=None, width=120)
    part = project.claims_file.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(project.claims_file)


def recorded(project: Project, run: runner.Run) -> dict[str, float]:
    """Claim -> value in an executed notebook."""
    notebook = nbformat.read(run.path(project), as_version=4)
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    found = {}
    for output in outputs:
        claim = output.get("data", {}).get(MIME)
        if claim:
            found[claim["name"]] = float(claim["value"])
            if not math.isfinite(found[claim["name"]]):
                raise CourseError(Failure(run.label, f"claim {claim['name']!r} measured {claim['value']}"))
    return found


def table(project: Project, lecture: Lecture) -> Table:
    """Name, mean, deviation, allowed range, present range and verdict of each claim."""
    measured = read(project).get(lecture.name, {})
    made = Table("claim", "mean", "sd", "allowed", "claimed", "verdict", title=lecture.name)
    for call in calls(lecture):
        one = measured.get(call.name or "")
        if one is None or call.low is None or call.high is None:
            made.add_row(call.name, "", "", "", "", "not measured")
            continue
        low, high = one.allowed()
        allowed = "rounding only" if one.is_exact else f"{low:.10g} to {high:.10g}"
        deviation = statistics.stdev(one.values)
        verdict = one.verdict(call.low, call.high) or "ok"
        made.add_row(
            call.name, f"{statistics.fmean(one.values):.6g}", f"{deviation:.2g}", allowed,
            f"{call.low:.10g} to {call.high:.10g}", verdict,
        )  # fmt: skip
    return made


def too_wide(project: Project, lecture: Lecture, need_all: bool = False) -> list[Failure]:
    """Claims whose range is not what was measured; `need_all`: also those that were never measured."""
    measured = read(project).get(lecture.name, {})
    failures = []
    for call in calls(lecture):
        problem = _problem(call, measured, need_all)
        if problem:
            failures.append(lecture.failure(call.cell, f"claim {call.name!r}: {problem}", call.line))
    return failures


def _problem(call: Call, measured: dict[str, Measured], need_all: bool) -> str:
    if call.name is None or call.low is None or call.high is None:
        return ""  # not literal: the lint says so
    if call.name not in measured:
        return "its range was never measured: `course ranges`" if need_all else ""
    return measured[call.name].verdict(call.low, call.high)
