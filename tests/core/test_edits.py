"""What two people save at once: what both touched is told, everything else is kept."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.edits import Overtaken, merge, word, words

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["", "a", "b", " a "]))
FIELDS = st.fixed_dictionaries({"one": VALUES, "two": VALUES, "three": VALUES})


@pytest.mark.parametrize(
    ("alike", "other"),
    [
        ((None, "", " ", False), 0),
        ((1, "1", Decimal("1.00"), " 1 "), "2"),
        ((date(2026, 1, 2), "2026-01-02"), date(2026, 1, 3)),
        (({2, 1}, [1, 2], ("2", "1"), "1,2"), {1}),
        (("a\r\nb", "a\nb\n"), "a b"),
    ],
)
def test_a_word_is_the_same_stored_shown_and_typed(alike, other):
    assert len(set(map(word, alike))) == 1
    assert word(other) != word(alike[0])


@given(shown=FIELDS, now=FIELDS, wanted=FIELDS)
def test_a_save_writes_what_was_touched_and_loses_nothing(shown, now, wanted):
    """Every field ends as mine, theirs or untouched; what both changed differently is refused."""
    seen, mine, theirs = words(shown), words(wanted), words(now)
    both = {
        name
        for name in seen
        if mine[name] != seen[name] != theirs[name] and mine[name] != theirs[name]
    }
    if both:
        with pytest.raises(Overtaken) as refused:
            merge(now, wanted, seen)
        assert refused.value.now == {name: now[name] for name in both}
        return
    written = now | merge(now, wanted, seen)
    for name, value in words(written).items():
        assert value == (theirs[name] if mine[name] == seen[name] else mine[name])


@given(*[st.frozensets(st.integers(1, 5)) for _ in range(3)])
def test_sets_are_merged_by_their_members(shown, now, wanted):
    result = merge({"s": now}, {"s": wanted}, words({"s": shown})).get("s", now)
    assert result == (now | (wanted - shown)) - (shown - wanted)


def test_without_what_was_shown_what_stands_counts():
    assert merge({"a": 1, "b": 2}, {"a": 1, "b": 3}) == {"b": 3}
