"""A person at a browser, so that a journey reads like its story."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import expect

from tests.journeys import looks
from tests.journeys.mailbox import Letter, Mailbox
from tests.support import signed_in

EMAIL = re.compile("^E-?mail", re.IGNORECASE)
PASSWORD = "correct horse battery"  # the factories' people have the same


def _whole(name: str) -> re.Pattern[str]:
    """The whole of an accessible name, in whatever case; words out of sight come with spaces."""
    words = r"\s*".join(re.escape(word) for word in re.findall(r"\w+|[^\w\s]", name))
    words = words.replace("/", ".")  # ends the pattern where the browser reads it
    return re.compile(rf"^\s*{words}\s*$", re.IGNORECASE)


class Person:
    """One person: an address, a password, a browser, later a second factor."""

    def __init__(self, context: Any, mailbox: Mailbox, name: str, address: str) -> None:
        self.name, self.address, self.password = name, address, PASSWORD
        self.secret = ""
        self.page = context.new_page()
        self._mailbox = mailbox

    # Looking and acting --------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to a path of the site, or to a full address from a mail."""
        self.page.goto(path)

    def read(self, subject: str) -> Letter:
        """The next unread mail to this person with these words in its subject."""
        return self._mailbox.wait_for(self.address, subject)

    def follow(self, letter: Letter) -> None:
        """Click the mail's button."""
        self.open(letter.link)

    def sees(self, *texts: str) -> None:
        """Fail unless each text stands on the page, visibly."""
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_no(self, *texts: str) -> None:
        """Fail if a text stands on the page."""
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True)).to_have_count(0)

    def at(self, path: str) -> None:
        """Fail unless the page's path matches this pattern from its start to its end."""
        expect(self.page).to_have_url(re.compile(rf"https?://[^/]+{path}(\?.*)?(#.*)?$"))

    def fill(self, fields: dict[str, str], within: Any = None) -> None:
        """Type each value into the field with that label (the beginning of it is enough)."""
        place = within or self.page
        for label, value in fields.items():
            found = place.get_by_label(re.compile(rf"^{re.escape(label)}", re.IGNORECASE))
            found.and_(place.locator("input, textarea")).first.fill(value)

    def choose(self, label: str, option: str, within: Any = None) -> None:
        """Choose an option of the select with that label."""
        place = within or self.page
        place.get_by_label(re.compile(rf"^{re.escape(label)}")).first.select_option(label=option)

    def press(self, name: str, within: Any = None) -> None:
        """Press the button with this name."""
        (within or self.page).get_by_role("button", name=_whole(name)).first.click()

    def click(self, name: str, within: Any = None) -> None:
        """Follow the link with this name."""
        (within or self.page).get_by_role("link", name=_whole(name)).first.click()

    def press_at(self, text: str, name: str) -> None:
        """Press the button that begins with `name` in the table row that holds `text`."""
        button = re.compile(rf"^\s*{re.escape(name)}\b", re.IGNORECASE)
        self.row(text).get_by_role("button", name=button).first.click()

    def row(self, text: str) -> Any:
        """The row of a table that holds this text."""
        return self.page.get_by_role("row").filter(has_text=text)

    def upload(self, label: str, file: Path) -> None:
        """Choose a file for the field with that label."""
        self.page.get_by_label(re.compile(rf"^{re.escape(label)}")).first.set_input_files(file)

    def looks_right(self) -> None:
        """The page is accessible and does not scroll sideways."""
        # A click returns when the next page has begun; only a whole page can be judged.
        self.page.wait_for_load_state("load")
        looks.accessible(self.page)
        looks.fits(self.page)

    @property
    def path(self) -> str:
        """The path of the page."""
        return urlsplit(self.page.url).path

    # The account ---------------------------------------------------------------------------

    def arrive(self, user: Any) -> None:
        """Be `user`, signed in with both factors: for what other journeys have walked."""
        client = signed_in(user)
        name = settings.SESSION_COOKIE_NAME
        self.page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": settings.SITE_URL}]
        )

    def sign_up(self) -> None:
        """Make an account on the sign-up page that is open, with the code from the mail."""
        self.fill({"Your name": self.name})
        if self.page.get_by_label(EMAIL).is_editable():  # an invitation has filled it in
            self.page.get_by_label(EMAIL).fill(self.address)
        self.fill({"Password": self.password, "Password (again)": self.password})
        self.press("Sign up")
        self.fill({"Code": self.read("code").code})
        self.press("Confirm")
        self.leaves("confirm-email")

    def sign_in(self) -> None:
        """Sign in on the page that is open; with the second factor when there is one."""
        self.page.get_by_label(EMAIL).fill(self.address)
        self.fill({"Password": self.password})
        self.press("Sign in")
        if self.secret:
            self.fill({"Code": self.code()})
            self.press("Sign in")
        self.leaves("login|authenticate")

    def sign_out(self) -> None:
        """Sign out, and confirm it."""
        self.open("/accounts/logout/")
        self.press("Sign out")
        self.leaves("logout")

    def code(self) -> str:
        """The code an authenticator app shows now.

        The library takes no code twice; the next one comes in half a minute, so what it remembers
        is dropped instead.
        """
        code = format_hotp_value(hotp_value(self.secret, next(yield_hotp_counters_from_time())))
        rows = Authenticator.objects.filter(user__email=self.address, type="totp")
        cache.delete_many([TOTP(row)._get_used_cache_key(code) for row in rows])
        return code

    def sets_up_app(self) -> None:
        """From the page that asks for a second factor: set up an app, and go back."""
        self.at("/second-factor/")
        self.click("Set up an app")
        self.set_up_second_factor()
        self.sees("recovery codes")
        self.click("Go on")
        self.leaves("accounts|second-factor")

    def set_up_second_factor(self) -> None:
        """On the page that sets one up: take the shown secret into an app, type its code."""
        self.page.wait_for_url(re.compile("reauthenticate|activate"))
        self.confirm_password()
        self.secret = self.page.locator("#authenticator_secret").input_value()
        self.fill({"Authenticator code": self.code()})
        self.press("Activate")
        self.leaves("activate")

    def confirm_password(self) -> None:
        """Type the password where the site asks for it once more."""
        if self.path.startswith("/accounts/reauthenticate"):
            self.fill({"Password": self.password})
            self.press("Confirm")
            self.leaves("reauthenticate")

    def gets_a_passkey_device(self) -> None:
        """Give this browser a device that keeps passkeys and always knows its owner."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "isUserVerified": True}
        device |= {"hasResidentKey": True, "hasUserVerification": True}
        device |= {"automaticPresenceSimulation": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": device})

    def leaves(self, words: str) -> None:
        """Wait until the address of the page holds none of these words."""
        expect(self.page).not_to_have_url(re.compile(words))
