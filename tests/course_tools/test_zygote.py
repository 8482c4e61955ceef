"""Forked kernels: the same outputs as plain ones, the same report, the same ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from small_book import call, last_lines, write_book

from course_tools.environment import FIXED

LECTURES = ("good", "figure", "keras_small", "raises")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The same lectures, run with either kind of kernel: kind -> folder of executed notebooks."""
    made = {}
    for kernel in ("plain", "zygote"):
        root = write_book(tmp_path_factory.mktemp(kernel) / "course", *LECTURES)
        result = call(root, "run", "--kernel", kernel)
        assert result.returncode == 0, result.stderr
        made[kernel] = root / "_build/executed/part"
    yield made


def outputs(path: Path) -> list[object]:
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("lecture", LECTURES)
def test_the_outputs_are_those_of_a_plain_kernel(both: dict[str, Path], lecture: str) -> None:
    plain, forked = (outputs(both[kernel] / f"{lecture}.ipynb") for kernel in ("plain", "zygote"))
    assert any(plain) and plain == forked


def test_the_peak_of_the_memory_is_reported_less_the_libraries_that_are_shared(both: dict[str, Path]) -> None:
    name = "keras_small.ipynb"
    plain, forked = (nbformat.read(both[kernel] / name, as_version=4).metadata.course for kernel in ("plain", "zygote"))
    assert plain.kernel == "plain" and forked.kernel == "zygote"
    assert 200 < plain.peak_mib < 1500
    assert 0.3 * plain.peak_mib < forked.peak_mib < 1.1 * plain.peak_mib


def test_the_second_execution_passes_in_forked_kernels(both: dict[str, Path]) -> None:
    root = both["plain"].parents[2]
    result = call(root, "check", "keras_small", "figure", "--kernel", "zygote")
    assert result.returncode == 0, result.stderr
    assert "second run 2 of 2" in result.stdout


def test_every_kind_of_kernel_and_both_executions_have_the_same_environment(make_book: Callable[..., Path]) -> None:
    root = make_book("environment")
    names = [*FIXED, "COURSE_CLAIMS", "IPYTHONDIR", "KERAS_HOME", "MPLCONFIGDIR"]
    page = root / "book/part/environment.md"
    page.write_text(page.read_text().replace("names = []", f"names = {names}"))
    result = call(root, "check")  # nbval compares its own environment with papermill's
    assert result.returncode == 0, result.stderr
    result = call(root, "check", "--all", "--kernel", "zygote")
    assert result.returncode == 0, result.stderr
    shown = nbformat.read(root / "_build/executed/part/environment.ipynb", as_version=4).cells[2].outputs[0].text
    assert all(f"{name}={value}\n" in shown for name, value in FIXED.items())
    assert "COURSE_CLAIMS=enforce\n" in shown
    assert f"KERAS_HOME={root}/_build/settings/keras\n" in shown
    assert "\n[] " in shown  # an empty folder to work in


@pytest.mark.parametrize(
    ("lecture", "reason"),
    [
        ("slow", "cell 4 (time.sleep(60)), book/part/slow.md:26: takes longer than 2 s"),
        ("killed", "cell 4 (os.kill(os.getpid(), signal.SIGKILL)), book/part/killed.md:26: the kernel died"),
        ("exits_unseen", 'cell 4 (getattr(sys, "ex" + "it")(0)), book/part/exits_unseen.md:25: SystemExit: 0'),
        ("differs", "cell 4 (print(os.urandom(8).hex())), book/part/differs.md:25: second run: Cell outputs differ"),
    ],
)
def test_a_forked_kernel_fails_like_a_plain_one(make_book: Callable[..., Path], lecture: str, reason: str) -> None:
    result = call(make_book(lecture), "check", "--kernel", "zygote")
    assert result.returncode == 1
    assert reason in last_lines(result)


def test_unseeded_numbers_differ_between_forks(make_book: Callable[..., Path]) -> None:
    root = make_book("differs")
    page = root / "book/part/differs.md"
    page.write_text(
        page.read_text().replace("import os", "import random").replace("os.urandom(8).hex()", "random.random()")
    )
    result = call(root, "check", "--kernel", "zygote")
    assert "second run: Cell outputs differ in stdout" in last_lines(result)
