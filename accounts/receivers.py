"""What this app hears: deliveries from the outbox, and sign-in matters from the library."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal
from django.utils.crypto import salted_hmac

from accounts import sessions
from accounts.invitations import transitions
from accounts.invitations.batches.transitions import batches
from accounts.invitations.erasure import addresses_of
from accounts.middleware import has_second_factor, note_sign_in
from accounts.signals import person_erased
from accounts.transitions import factor_resets
from core.audit import services as history
from core.outbox import bounces
from core.outbox.signals import delivery_changed
from core.outbox.states import MessageStatus
from core.web.ended_sessions import tell_undone
from core.web.logs import security


def note_delivery(about: str, status: str, message: Any, **kwargs: Any) -> None:
    """An invitation whose mail was refused is undeliverable, visibly, until it arrives (X15)."""
    if status == MessageStatus.FAILED:
        transitions.mark_undeliverable(about=about)
    elif status == MessageStatus.SENT:
        transitions.mark_delivered(about=about, generation=message.link_generation)


def clear_confirmed(email_address: Any, **kwargs: Any) -> None:
    """Who has just proved an address reads its mail: it goes there again."""
    bounces.clear([email_address.email])


def clear_after_code(user: Any, **kwargs: Any) -> None:
    """A new password by a mailed code proves the same."""
    bounces.clear([user.email])


def note_factor(user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Whoever's second factor was reset has one again."""
    if authenticator.type in sessions.FACTORS:
        factor_resets.note_renewed(person=user)


def find_factor(request: Any, user: Any, **kwargs: Any) -> None:
    """Whoever signs in with their second factor has not lost it: somebody else may have asked."""
    reset = factor_resets.open_reset(user)
    if reset and has_second_factor(request):
        factor_resets.withdraw(by=user, reset=reset)


def forget_person(user: Any, **kwargs: Any) -> None:
    """History forgets the name. What was done stays, and so do its seals."""
    batches.forget_person(addresses=addresses_of(user))
    history.forget_person(user)


def _note(event: str) -> Any:
    """A receiver that notes a security event: whose, and with what."""

    def note(**said: Any) -> None:
        facts = {"person": str(said["user"].public_id)} if said.get("user") else {}
        if said.get("authenticator"):
            facts["factor"] = said["authenticator"].type
        if address := (said.get("credentials") or {}).get("email"):
            digest = salted_hmac("accounts.log", str(address).lower(), algorithm="sha256")
            facts["account"] = digest.hexdigest()[:16]
        security(event, **facts)

    return note


EVENTS: dict[str, Signal] = {
    "signed_in": user_logged_in,
    "sign_in_failed": user_login_failed,
    "signed_out": user_logged_out,
    "signed_up": account.user_signed_up,
    "second_factor_passed": mfa.authenticator_used,
    "second_factor_failed": mfa.authentication_failed,
    "sign_in_code_refused": account.login_code_rejected,
    "reset_code_refused": account.password_reset_code_rejected,
    "address_code_refused": account.email_verification_code_rejected,
    "password_changed": account.password_changed,
    "password_set": account.password_set,
    "password_reset": account.password_reset,
    "address_changed": account.email_changed,
    "factor_added": mfa.authenticator_added,
    "factor_removed": mfa.authenticator_removed,
    "factor_reset": mfa.authenticator_reset,
    "person_erased": person_erased,
}


def _listen(signal: Signal, receiver: Any) -> None:
    signal.connect(receiver, dispatch_uid=f"accounts.{receiver.__name__}")


def connect() -> None:
    """Connect the receivers of this app. Those of one signal run in this order."""
    for event, signal in EVENTS.items():
        signal.connect(_note(event), weak=False, dispatch_uid=f"accounts.log.{event}")
    _listen(delivery_changed, note_delivery)
    _listen(person_erased, forget_person)
    _listen(user_logged_in, note_sign_in)
    _listen(user_logged_in, tell_undone)
    _listen(account.user_logged_in, sessions.note_sign_in)
    _listen(account.user_logged_in, find_factor)
    _listen(account.email_confirmed, sessions.claim_account)
    _listen(account.email_confirmed, clear_confirmed)
    _listen(account.password_reset, clear_after_code)
    _listen(account.email_changed, sessions.end_others_after_address)
    _listen(mfa.authenticator_added, sessions.note_second_factor)
    _listen(mfa.authenticator_added, note_factor)
    _listen(mfa.authenticator_removed, sessions.forget_second_factor)
    for signal in (
        account.password_changed,
        account.password_set,
        account.password_reset,
        mfa.authenticator_added,
        mfa.authenticator_removed,
        mfa.authenticator_reset,
    ):
        _listen(signal, sessions.end_others_after_change)
