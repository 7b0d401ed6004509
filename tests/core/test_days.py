"""A day belongs to somebody: clock, zones and the words for moments."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock, time_zones
from core.outbox.rendering import Mail, compose
from core.web import formats
from tests.product import PROJECT, modules

LOS_ANGELES, AUCKLAND = ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Auckland")
KATHMANDU, SANTIAGO = ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Santiago")
ZONES = st.sampled_from(time_zones.names()).map(ZoneInfo)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (LOS_ANGELES, date(2026, 5, 3)),
        (UTC, date(2026, 5, 4)),
        (KATHMANDU, date(2026, 5, 4)),
        (AUCKLAND, date(2026, 5, 4)),
    ],
)
def test_today_is_somebodys(zone, day, monkeypatch):
    """At five in the afternoon in Los Angeles."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 5, 4, 0, 30, tzinfo=UTC))
    assert clock.today(zone) == day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LOS_ANGELES, date(2026, 3, 8), 23),
        (LOS_ANGELES, date(2026, 11, 1), 25),
        (AUCKLAND, date(2026, 9, 27), 23),
        (KATHMANDU, date(2026, 3, 8), 24),
        # Its clocks go back at midnight, and jump over midnight.
        (SANTIAGO, date(2026, 4, 4), 25),
        (SANTIAGO, date(2026, 9, 6), 23),
    ],
)
def test_a_day_is_as_long_as_it_is_there(zone, day, hours):
    length = clock.end_of(day, zone) - clock.start_of(day, zone)
    assert length == timedelta(hours=hours, microseconds=-1)


@settings(max_examples=150, deadline=None)
@given(st.dates(), ZONES)
def test_a_day_ends_where_the_next_begins(day, zone):
    end = clock.end_of(day, zone)
    assert end >= clock.start_of(day, zone)
    if date(1, 1, 3) <= day < date(9999, 12, 29):
        assert end + timedelta(microseconds=1) == clock.start_of(day + timedelta(days=1), zone)
        # A day that a zone left out has no moment.
        assert clock.day_of(end, zone) <= day


def test_days_after_a_moment_are_counted_by_the_calendar():
    late = datetime(2026, 10, 31, 6, 30, tzinfo=UTC)  # half past eleven on the 30th
    end = clock.end_after(14, LOS_ANGELES, since=late)
    assert end == datetime(2026, 11, 14, 7, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (LOS_ANGELES, "3 May 2026, 17:30 PDT"),
        (KATHMANDU, "4 May 2026, 06:15 UTC+05:45"),
        (UTC, "4 May 2026, 00:30 UTC"),
    ],
)
def test_a_moment_is_written_where_it_is_read(zone, words):
    moment = datetime(2026, 5, 4, 0, 30, tzinfo=UTC)
    page = Template("{% load ui %}{{ moment|minute }}")
    with timezone.override(zone):
        written = page.render(Context({"moment": moment}))
        assert f"{formats.minute(moment)}" == words
    assert re.fullmatch(r'<time datetime="([^"]+)">(.*)</time>', written)[2] == words
    machine = re.search(r'datetime="([^"]+)"', written)[1]
    assert datetime.fromisoformat(machine) == moment


def test_an_end_reads_as_a_day_where_it_is_the_end_of_one():
    end = clock.end_of(date(2026, 12, 11), AUCKLAND)
    with timezone.override(AUCKLAND):
        assert formats.ending(end) == "11 December 2026"
    with timezone.override(LOS_ANGELES):
        assert formats.ending(end) == "11 December 2026, 02:59 PST"


def test_one_mail_is_read_in_many_zones():
    end = clock.end_of(date(2026, 12, 11), LOS_ANGELES)
    heading = f"It ends on {formats.mail_ending(end)}"
    mail = Mail(subject="[Firm] Link: ends", heading=heading, facts=(("Until", "x"),))
    there, elsewhere = (compose(mail, zone)[1] for zone in (LOS_ANGELES, KATHMANDU))
    assert "It ends on 11 December 2026\n" in there
    assert "Days and times are those of America/Los_Angeles." in there
    assert "It ends on 12 December 2026, 13:44 UTC+05:45\n" in elsewhere
    assert "Asia/Kathmandu" in elsewhere
    assert "Days and times" not in compose(Mail("[Firm] Link: x", "No moment"))[1]


def test_zones_come_from_the_package_where_a_machine_has_none():
    import tzdata  # noqa: PLC0415  what is tested is that it is there

    assert tzdata.IANA_VERSION
    assert 300 < len(time_zones.names()) < 700
    assert {"UTC", "Asia/Kathmandu", "Pacific/Auckland"} <= set(time_zones.names())


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "EST5EDT", "A/B" * 40])
def test_an_unknown_zone_is_utc(name):
    assert not time_zones.is_known(name)
    assert time_zones.named(name) == ZoneInfo("UTC")


# Rules of the sources -----------------------------------------------------------------------------
WRITERS = {"core/clock.py", "core/web/formats.py"}
# Words of a database, not of a reader; and the day in a cell of a sheet, which has no zone.
ELSEWHERE = {"partnerhub/portals/insertions.py", "supplychain/forms/pasted_items.py"}
_FILTERS = re.compile(r"\|\s*(date|time|timesince|timeuntil|naturaltime|naturalday)\b|{%\s*now\b")


def test_no_template_writes_a_date_by_itself():
    found = [
        f"{path.relative_to(PROJECT)}: {match[0]}"
        for path in (PROJECT / "templates").rglob("*.*")
        for match in _FILTERS.finditer(path.read_text())
    ]
    assert found == [], "core.web.formats writes days and moments"


def dates_of(tree):
    """Where a moment becomes a day or text: x.date(), strftime, date_format, {x:%d}."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in ("strftime", "date_format", "localtime", "localdate", "combine") or (
                name == "date" and isinstance(node.func, ast.Attribute) and not node.args
            ):
                yield node.lineno, name
            if (owner, name) == ("clock", "today") and not node.args:
                yield node.lineno, "today of nobody"
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            spec = "".join(str(getattr(part, "value", "")) for part in node.format_spec.values)
            if "%" in spec and spec != "%":
                yield node.lineno, spec


def test_moments_become_days_in_the_clock_and_words_in_one_module():
    found = [
        f"{name}:{line} {what}"
        for name, (_text, tree) in modules().items()
        if name not in WRITERS | ELSEWHERE
        for line, what in dates_of(tree)
    ]
    assert found == []


def test_the_look_at_the_sources_sees_them():
    sample = "a.date(); f'{b:%Y-%m-%d}'; clock.today(); date_format(c, 'j'); d.strftime('%H')"
    assert len(list(dates_of(ast.parse(sample)))) == 5


def test_mails_mark_moments_for_their_reader():
    """A page's words in a mail would be those of whoever caused it."""
    writers = {"day", "minute", "ending", "short_day", "short_minute", "short_ending", "soon"}
    found = [
        f"{name}: {alias.name}"
        for name, (_text, tree) in modules().items()
        if "emails" in name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "core.web.formats"
        for alias in node.names
        if alias.name in writers
    ]
    assert found == []
