"""What a reader sees after running a notebook, and what is asked of it."""

import re


def shown(cell):
    """The lines of text that a code cell shows."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return "\n".join(texts).split("\n")


def nothing_was_installed(node):
    """The install cell is there, and had nothing to do."""
    assert "%pip install" in node.cells[1].source
    assert node.cells[1].outputs == []


def every_claim_is_shown(node):
    """Returns those that do not hold."""
    lines = [line for cell in node.cells for line in shown(cell) if line[:1] in "✓✗" and "(claimed: " in line]
    claims = sum(len(re.findall(r"^claim\(", cell.source, re.MULTILINE)) for cell in node.cells if "outputs" in cell)
    assert len(lines) == claims > 0
    return [line for line in lines if line.startswith("✗")]


def every_exercise_waits_for_its_answer(node):
    for cell in node.cells:
        verdicts = [line for line in shown(cell) if line.startswith(("✓", "✗")) and "(claimed: " not in line]
        stub = "stub" in cell.metadata.get("tags", [])
        assert [line.split(": ")[1] for line in verdicts] == ["Not yet"] * stub, cell.source
