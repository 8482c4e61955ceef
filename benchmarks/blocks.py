"""What the benchmarks share: one core, candidates in turns, ratios, and the file that the results go to.

Import this first: it sets how many threads the libraries take, which they read when they are loaded.

A machine is never quiet, and a time measured now is not comparable with one measured a second later. So candidates
that are compared run in turns: a block is a few steps of each of them, in an order drawn anew, and the median of the
few is its time. What counts is the ratio within a block, and the median of these ratios over the blocks; the quartiles
say how far to trust it. The clock is that of the process, which stands still while the system runs other programs on
the core; with one core and a quiet machine it is the time on the wall.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if hasattr(os, "sched_setaffinity"):  # one core, also for libraries that ask for no number of threads
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402

# glibc fetches arrays of 128 KiB and more from the system anew each time, page by page, until the program has freed a
# larger one, as any program has that read data: from then on it keeps them.
_larger = np.ones(30 * 2**20, np.uint8)
del _larger

RESULTS = Path(__file__).with_name("results.json")
LIBRARIES = ("numpy", "keras", "tensorflow-cpu", "tensorflow", "scikit-learn", "torch", "jax", "optax")
NETWORK = [(784, 300), (300,), (300, 100), (100,), (100, 10), (10,)]
VECTOR = [(10_000_000,)]
SIZES = {"266,610 in 6 arrays": NETWORK, "10,000,000 in one": VECTOR}
"""How the parameters lie in memory: as in a network of three layers, or in one array far larger than the caches."""

Seconds = dict[str, list[float]]
Cell = dict[str, Any]


def arrays(shapes: Iterable[tuple[int, ...]], seed: int) -> list[Any]:
    """Normal numbers in float32."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape, np.float32) for shape in shapes]


def in_turns(candidates: dict[str, Callable[[], object]], blocks: int, steps: int) -> Seconds:
    """Seconds a step, by candidate and block; each block runs all candidates, in an order of its own.

    A block's figure is the median of its steps: one that was interrupted, and found the caches empty, does not count.
    """
    rng = np.random.default_rng(0)
    seconds: Seconds = {name: [] for name in candidates}
    blocks = max(3, blocks // 6) if OPTIONS.quick else blocks
    gc.collect()
    gc.disable()
    for _ in range(blocks):
        for name in rng.permutation(list(candidates)):
            step = candidates[name]
            step()  # what the one before left in the caches is not its business
            seconds[name].append(statistics.median(seconds_of(step) for _ in range(steps)))
    gc.enable()
    return seconds


def seconds_of(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def quartiles(values: Sequence[float], unit: str = "", bound: float | None = None) -> Cell:
    """Median and quartiles, as a cell of a table; bound is what the median may be at most."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    cell: Cell = {"median": median, "low": low, "high": high}
    return cell | ({"unit": unit} if unit else {}) | ({"bound": bound} if bound else {})


def ratio(ours: Sequence[float], theirs: Sequence[float], bound: float | None = None) -> Cell:
    """Quartiles of the ratios within each block."""
    return quartiles([a / b for a, b in zip(ours, theirs, strict=True)], bound=bound)


def copying(shapes: Iterable[tuple[int, ...]], passes: int) -> Callable[[], object]:
    """Copy as many bytes as an update must move: `passes` times the parameters, half of them read, half written."""
    count = sum(int(np.prod(shape)) for shape in shapes)
    source = arrays([(passes * count // 2,)], 9)[0]
    target = np.zeros_like(source)
    return lambda: np.copyto(target, source)


def passes(state: Any) -> int:
    """How often the parameters must be moved: weights in and out, gradient in, each array of the state in and out."""

    def count(state: Any) -> int:
        return sum(map(count, state)) if isinstance(state, tuple) else int(np.ndim(state) > 0)

    return 3 + 2 * count(state)


def table(title: str, text: str, columns: Sequence[str], rows: dict[str, list[Cell | None]]) -> dict[str, Any]:
    """A table of the results; text says in one paragraph what its numbers are, the first column is that of the rows."""
    return {"title": title, "text": " ".join(text.split()), "columns": list(columns), "rows": rows}


def publish(tables: Sequence[dict[str, Any]]) -> int:
    """Print the tables, and write them to the results under the name of the script. Returns the exit status."""
    missed = []
    for one in tables:
        print(f"\n{one['title']}\n{' | '.join(one['columns'])}")
        for name, cells in one["rows"].items():
            print(f"  {name:<44}", *(f"{shown(cell):>28}" for cell in cells))
            missed += [name for cell in cells if cell and cell["median"] > cell.get("bound", np.inf)]
    if missed:
        print(f"\nOver the bound: {', '.join(missed)}")
    if not OPTIONS.quick:
        results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
        results[Path(sys.argv[0]).stem] = {"run": _run(), "tables": list(tables)}
        RESULTS.write_text(json.dumps(_rounded(results), indent=1, sort_keys=False) + "\n", "utf-8")
    return 1 if missed else 0


def shown(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    bound = f" <= {cell['bound']:g}" if "bound" in cell else ""
    return f"{cell['median']:.3g} ({cell['low']:.3g}-{cell['high']:.3g}){cell.get('unit', '')}{bound}"


def _run() -> dict[str, Any]:
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [LOAD, os.getloadavg()[0]],
        "python": platform.python_version(),
        "libraries": versions,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _rounded(value: Any) -> Any:
    """Numbers to four digits: more is noise, and makes differences hard to read."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


_parser = argparse.ArgumentParser()
_parser.add_argument("--quick", action="store_true", help="few blocks, and nothing is written")
OPTIONS = _parser.parse_args()
LOAD = os.getloadavg()[0]
