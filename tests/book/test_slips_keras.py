"""Those tests of the page of what is often said, and wrong, that need Keras."""

import logging

import pytest
from test_slips import SLIPS, called, is_true, names

from course_tools.slips import Slip


@pytest.fixture(scope="module")
def known() -> dict[str, object]:
    logging.getLogger("absl").setLevel(logging.ERROR)  # a remark about the old format of files, which is the subject
    return names(SLIPS.imports, SLIPS.keras)


@pytest.mark.parametrize("slip", [pytest.param(one, id=called(one)) for one in SLIPS.slips if one.keras])
def test_what_is_said_of_keras_is_shown_to_be_wrong(slip: Slip, known: dict[str, object]):
    assert is_true(slip, known)
