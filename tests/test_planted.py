"""The list of planted faults stands for the code as it is; `make faults` plants them."""

import re

import pytest

from tests.planted import PROJECT, faults

FAULTS = list(faults())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind[:60])
def test_a_planted_fault_has_its_place_and_its_test(fault):
    assert fault.old in (PROJECT / fault.file).read_text()
    assert fault.old != fault.new
    path, _, name = fault.test.partition("::")
    text = (PROJECT / path).read_text()
    for part in filter(None, re.sub(r"\[.*\]$", "", name).split("::")):
        assert re.search(rf"^\s*(?:def|class) {re.escape(part)}\b", text, re.MULTILINE), part
