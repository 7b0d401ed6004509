"""The demo's page of mails reads what the demo's backend wrote."""

from datetime import UTC, datetime

import pytest

from partnerhub.demo import mailbox


@pytest.mark.parametrize("zone", ["-0000", "+0000", "+0100"])
def test_the_moment_of_a_mail_has_a_zone(tmp_path, settings, zone):
    hour = 13 if zone == "+0100" else 12
    path = tmp_path / "one.eml"
    path.write_text(
        f"To: ann@mail.example\nSubject: Hello\nDate: Sun, 29 Nov 2026 {hour}:00:00 {zone}\n\nHi.\n"
    )
    assert mailbox._read(path).sent_at == datetime(2026, 11, 29, 12, tzinfo=UTC)
