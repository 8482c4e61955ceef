"""How long it takes to import the package, beyond NumPy. python benchmarks/imports.py"""

from __future__ import annotations

from blocks import OPTIONS, publish, quartiles, table

# isort: split
import subprocess
import sys


def seconds(statement: str) -> float:
    code = f"import numpy, time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    return float(subprocess.check_output([sys.executable, "-c", code]))


def main() -> int:
    rows = {
        statement: [quartiles([1e3 * seconds(statement) for _ in range(5 if OPTIONS.quick else 21)], "ms", bound=150)]
        for statement in ("import course_lib.optimizers", "import course_lib.backprop, course_lib.schedules")
    }
    text = "Milliseconds in a new process that has imported NumPy already."
    return publish([table("Import", text, ["statement", "median (quartiles)"], rows)])


if __name__ == "__main__":
    sys.exit(main())
