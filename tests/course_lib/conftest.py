"""What tests of Keras share: the marker for what only some of its backends have.

    @pytest.mark.backend("tensorflow", reason="sparse gradients")

A marked test is collected on these backends alone. It is not skipped elsewhere, since there is nothing to wait for:
reference/test_backends_reference.py counts what was left out, and book/setup.md says it with the same words.
"""

import os

import pytest

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "backend(*names, reason): concerns something that only these backends have")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [item for item in items if any(BACKEND not in mark.args for mark in item.iter_markers("backend"))]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
