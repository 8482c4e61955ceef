"""The pages that the build writes: the ledger of claims, the report of the execution, and that of the benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from course_tools.project import Project
from course_tools.ranges import read

if TYPE_CHECKING:
    from course_tools.stage import Shown

LEDGER = """\
# Claims ledger

Every statement of this book that holds a measured number, with the range in which it is true. The value is the one of
the run that these pages show. A run in which a value leaves its range does not become a page. Where chance has a part
in it, the last column has mean and standard deviation over runs with other seeds; the range is at most five standard
deviations wide to each side.
"""

EXECUTION = """\
# Execution

How long each lecture ran, one lecture a thread, and the most memory that it held.
"""

SPEED = """\
# Speed

How long our code takes beside that of others, measured in one run: nothing here was typed. `make bench` measures it
anew.

Each number is a median over blocks with the quartiles after it. In a block, all that is compared runs a few steps, in
an order drawn anew, in float32, on one core, by the clock of the process, which stands still while other programs run;
a ratio is taken within its block. So the ratios hold although the machine is shared, and differences smaller than the
quartiles are noise. Compare within a table: what a new array of 40 MB costs depends on the memory that the system has
at hand. On another processor, with other caches and other versions, the ratios will be others. ≤ is the bound that we
hold ourselves to.
"""


def ledger(project: Project, shown: Sequence[Shown]) -> str:
    """The ledger page: a section a lecture, a row a claim."""
    measured = read(project)
    parts = [LEDGER]
    for one in shown:
        name = one.lecture.name
        if not one.claims:
            continue
        parts.append(f"## {_title(one)}\n\nIn the lecture [](/{name}.ipynb):\n")
        parts.append("| claim | range | measured | over other seeds |\n| :-- | :-- | --: | :-- |")
        for claim in one.claims.values():
            low, high = f"{claim['low']:.6g}", f"{claim['high']:.6g}"
            range_ = low if low == high else f"{low} to {high}"
            spread = measured.get(name, {}).get(claim["name"])
            statement = claim["statement"].replace("|", "\\|")
            value = f"{{glue:text}}`{name}.ipynb::{claim['name']}:.4g`"
            parts.append(f"| {statement} | {range_} | {value} | {spread.summary() if spread else '—'} |")
        parts.append("")
    return "\n".join(parts)


def _title(one: Shown) -> str:
    """The lecture's title as text: a heading that is a link alone leaves an empty entry in the contents of the page."""
    lines = [line for cell in one.lecture.cells for line in cell.source.split("\n") if line.startswith("# ")]
    return lines[0].removeprefix("# ") if lines else one.lecture.name


def execution(shown: Sequence[Shown]) -> str:
    """The execution page: a row a lecture, and where it ran."""
    rows = ["| lecture | seconds | peak memory | kernel |", "| :-- | --: | --: | :-- |"]
    places: dict[str, list[str]] = {}
    for one in shown:
        link = f"[](/{one.lecture.name}.ipynb)"
        if not one.run:
            rows.append(f"| {link} | not run yet | | |")
            continue
        rows.append(f"| {link} | {one.run['seconds']:.1f} | {one.run['peak_mib']} MiB | {one.run['kernel']} |")
        libraries = ", ".join(f"{name} {version}" for name, version in one.run["libraries"].items())
        place = f"Python {one.run['python']} on {one.run['processor']}, with {libraries}."
        places.setdefault(place, []).append(link)
    where = list(places)
    if len(where) > 1:
        where = [f"{', '.join(links)}: {place}" for place, links in places.items()]
    return "\n".join([EXECUTION, *rows, "", "## Where it ran\n", *(f"{place}\n" for place in where)])


def speed(results: dict[str, Any]) -> str:
    """The page of the benchmarks, from what they left: for each script its tables, and where it ran.

    Args:
        results: what benchmarks/results.json holds.
    """
    parts = [SPEED]
    for name, one in results.items():
        for table in one["tables"]:
            parts.append(f"## {table['title']}\n\n{table['text']}\n")
            parts.append(f"| {' | '.join(table['columns'])} |\n| :-- |{' --: |' * (len(table['columns']) - 1)}")
            parts += [f"| {row} | {' | '.join(map(_figure, cells))} |" for row, cells in table["rows"].items()]
            parts.append("")
        run = one["run"]
        libraries = ", ".join(f"{library} {version}" for library, version in run["libraries"].items())
        load = " to ".join(f"{value:.1f}" for value in run["load"])
        parts.append(
            f"`benchmarks/{name}.py`, {run['date']}: Python {run['python']} on one of {run['cores']} cores of "
            f"{run['processor']}, load average {load}, with {libraries}.\n"
        )
    return "\n".join(parts)


def _figure(cell: dict[str, Any] | None) -> str:
    """Median and quartiles, to three digits, and the bound where there is one."""
    if cell is None:
        return "—"
    values = [cell[part] for part in ("median", "low", "high")]
    median, low, high = (f"{value:.0f}" if value >= 100 else f"{value:#.3g}" for value in values)
    unit = f" {cell['unit']}" if "unit" in cell else ""
    if "bound" not in cell:
        return f"{median}{unit} ({low}–{high})"
    kept = "≤" if cell["median"] <= cell["bound"] else "missed: ≤"
    return f"{median}{unit} ({low}–{high}), {kept} {cell['bound']:g}"
