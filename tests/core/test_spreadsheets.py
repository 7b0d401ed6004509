"""No program takes a cell of ours for a formula, whatever it takes for the end of a cell."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.spreadsheets import csv_lines, neutral, typed

CELLS = st.text(st.sampled_from("=+-@＝﹢\t\r\n ,;|'\"ax1\u3000"), max_size=12)
FORMULA = re.compile(r"[=+\-@＝＋－＠﹦﹢﹣﹫]")


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "x;=cmd|' /C calc'!A0",
        "x,+1",
        "x\t-1",
        "x|@a",
        "\n=1",
        " =1",
        "＝1",
        'a;"=1',
        "a\n＋1",
    ],
)
def test_what_looks_like_a_formula_is_text(text):
    for sign in ",;\t|":
        line = b"".join(csv_lines(["h"], [[text, "end"]])).decode("utf-8-sig").split("\n", 1)[1]
        for cell in re.split(rf"[{sign}\r\n]", line):
            assert not FORMULA.match(cell.lstrip(' "\u3000')), (sign, cell)


@given(CELLS)
def test_a_cell_of_ours_comes_back_as_it_was(text):
    assert typed(neutral(text)) == text


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_rows_keep_their_cells(cells):
    data = b"".join(csv_lines(["h"], [cells])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert [typed(cell) for cell in rows[1]] == cells
