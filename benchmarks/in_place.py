"""What each change from the pure rule to the path in place buys, and where every rule stands.

python benchmarks/in_place.py
"""

from __future__ import annotations

from blocks import SIZES, VECTOR, arrays, copying, in_turns, passes, publish, ratio, table

# isort: split
import importlib
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from course_lib.optimizers import RULES, rule

MODULE = importlib.import_module("course_lib.optimizers.in_place")
LR = 1e-3
PURE, BLOCKS, OUT = "the pure rule", "in blocks, each by the pure rule", "with `out=`, all at once"
BOTH = "in blocks, with `out=`: the path in place"
FLAT = "that, all arrays as views of one vector"
ROOTS = "the roots alone"
Shapes = list[tuple[int, ...]]
Step = Callable[[], object]


def pure(name: str, shapes: Shapes) -> Step:
    follow = rule(name)
    weights, gradients = arrays(shapes, 0), arrays(shapes, 1)
    states = [follow.init(w) for w in weights]

    def step() -> None:
        for i, g in enumerate(gradients):
            s, states[i] = follow.update(g, states[i], 3, LR, weights[i])
            weights[i] = weights[i] - s

    return step


def in_place(name: str, shapes: Shapes, block: int = MODULE.BLOCK, with_out: bool = True) -> Step:
    """The path in place, or with blocks of another size in bytes, or with the pure rule on each of them."""
    kernels = MODULE.KERNELS if with_out else {}
    with mock.patch.object(MODULE, "BLOCK", block), mock.patch.object(MODULE, "KERNELS", kernels):
        steps = [MODULE.in_place(name, w) for w in arrays(shapes, 0)]
    gradients = arrays(shapes, 1)

    def step() -> None:
        for one, g in zip(steps, gradients, strict=True):
            one(g, LR)

    return step


def limit(name: str, shapes: Shapes) -> Step:
    return copying(shapes, passes(rule(name).init(np.zeros(1))))


def roots(shapes: Shapes) -> Step:
    squares = [w * w for w in arrays(shapes, 0)]
    out = [np.empty_like(v) for v in squares]

    def step() -> None:
        for v, root in zip(squares, out, strict=True):
            np.sqrt(v, out=root)

    return step


def measured(candidates: dict[str, Step], shapes: Shapes) -> dict[str, list[float]]:
    long = shapes is VECTOR
    return in_turns(candidates, blocks=9 if long else 41, steps=3 if long else 20)


def what_each_step_buys() -> dict[str, Any]:
    rows: dict[str, list[Any]] = {}
    columns = []
    for name in ("adam", "momentum"):
        for size, shapes in SIZES.items():
            columns.append(f"{name}, {size}")
            everything = 2**40  # bytes: one block
            candidates = {
                PURE: pure(name, shapes),
                BLOCKS: in_place(name, shapes, with_out=False),
                OUT: in_place(name, shapes, everything),
                BOTH: in_place(name, shapes),
            }
            if len(shapes) > 1:
                candidates[FLAT] = in_place(name, [(sum(int(np.prod(shape)) for shape in shapes),)])
            if name == "adam":
                candidates[ROOTS] = roots(shapes)
            seconds = measured(candidates | {"limit": limit(name, shapes)}, shapes)
            for candidate in [PURE, BLOCKS, OUT, BOTH, FLAT, ROOTS]:
                if candidate not in candidates:
                    rows.setdefault(candidate, []).append(None)
                    continue
                bound = 3.0 if candidate == BOTH and shapes is VECTOR else None
                rows.setdefault(candidate, []).append(ratio(seconds[candidate], seconds["limit"], bound))
    text = """Time of a step as a multiple of the copying limit: what each change of the way, at the same arithmetic and
    the same bits, makes of it. Blocks are for arrays that are larger than the caches; in a network's small arrays they
    only cost calls, and what is left to gain there is the making of new arrays and, in the row after the path in place,
    the calls for arrays of a few hundred weights. The last row is one of the operations of a step of Adam alone: where
    the bytes are in a cache, arithmetic counts too, and NumPy goes over the numbers once for each operation."""
    return table("From the pure rule to the path in place", text, ["way", *columns], rows)


def how_large_a_block() -> dict[str, Any]:
    sizes = {f"{kib} KiB": kib * 1024 for kib in (32, 64, 128, 256, 512, 1024, 4096)}
    columns, rows = [], {size: [] for size in sizes}
    for name in ("adam", "momentum"):
        columns.append(f"{name}, {VECTOR[0][0]:,}")
        candidates = {size: in_place(name, VECTOR, block) for size, block in sizes.items()}
        seconds = measured(candidates | {"limit": limit(name, VECTOR)}, VECTOR)
        for size in sizes:
            rows[size].append(ratio(seconds[size], seconds["limit"]))
    text = f"""The same, by the bytes of one array that make a block. The package takes {MODULE.BLOCK // 1024} KiB.
    Smaller blocks cost more calls; larger ones gain little, and leave the caches of smaller machines."""
    return table("How large a block", text, ["block", *columns], rows)


def every_rule() -> dict[str, Any]:
    rows: dict[str, list[Any]] = {}
    for name in sorted(RULES):
        candidates = {"pure": pure(name, VECTOR), "in place": in_place(name, VECTOR), "limit": limit(name, VECTOR)}
        seconds = measured(candidates, VECTOR)
        rows[name] = [
            ratio(seconds["pure"], seconds["limit"]),
            ratio(seconds["in place"], seconds["limit"], bound=3.0),
            ratio(seconds["in place"], seconds["pure"]),
        ]
    others = ", ".join(sorted(set(RULES) - set(MODULE.KERNELS)))
    text = f"""{VECTOR[0][0]:,} parameters in one array; the limit is that of the rule, whose state is one, two or three
    arrays. Without `out=`, in blocks alone: {others}."""
    return table(
        "Every rule", text, ["rule", "pure, to the limit", "in place, to the limit", "in place, to pure"], rows
    )


if __name__ == "__main__":
    sys.exit(publish([what_each_step_buys(), how_large_a_block(), every_rule()]))
