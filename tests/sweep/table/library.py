"""The sign-in library's pages, under our templates and middleware."""

from tests.sweep.table.rows import EVERYBODY, SIGNED_IN, Row

OPEN = {"may": EVERYBODY}
OWN = {"may": SIGNED_IN}
FORM = {"get": (200, 302), "post": (200, 302, 405, 422)}

ROWS = [
    Row("account_login", **OPEN, **FORM, query=("next",)),
    Row("account_logout", **OPEN, **FORM),
    Row("account_inactive", **OPEN),
    Row("account_signup", **OPEN, **FORM, query=("next",)),
    Row("account_reauthenticate", **OWN, **FORM),
    # Not offered: see ACCOUNT_REAUTHENTICATION_METHODS.
    Row("account_request_reauthentication_code", **OWN, get=(302, 403), post=(302, 403)),
    Row("account_confirm_reauthentication_code", **OWN, get=(302, 403), post=(302, 403)),
    Row("account_email", **OWN, **FORM),
    Row("account_email_verification_sent", **OPEN, **FORM),
    Row("account_change_password", **OWN, **FORM),
    Row("account_set_password", **OWN, **FORM),
    Row("account_reset_password", **OPEN, **FORM),
    Row("account_confirm_login_code", **OPEN, **FORM),
    Row("account_confirm_password_reset_code", **OPEN, **FORM),
    Row("account_complete_password_reset", **OPEN, **FORM),
    Row("account_password_reset_completed", **OPEN, get=(200, 302)),
    Row("mfa_index", **OWN),
    Row("mfa_authenticate", **OPEN, **FORM),
    Row("mfa_reauthenticate", **OWN, **FORM),
    Row("mfa_activate_totp", **OWN, **FORM),
    Row("mfa_deactivate_totp", **OWN, get=(200, 302, 404), post=(200, 302, 404, 405, 422)),
    Row("mfa_view_recovery_codes", **OWN, get=(200, 302, 404), post=(200, 302, 404, 405, 422)),
    Row("mfa_generate_recovery_codes", **OWN, **FORM),
    Row("mfa_download_recovery_codes", **OWN, get=(200, 302, 404), post=(404, 405)),
    Row("mfa_list_webauthn", **OWN, get=(200, 302)),
    Row("mfa_add_webauthn", **OWN, **FORM),
    Row("mfa_reauthenticate_webauthn", **OWN, **FORM),
    Row("mfa_remove_webauthn", {"pk": "=987654321"}, **OWN, get=(302, 404), post=(302, 404)),
    Row("mfa_edit_webauthn", {"pk": "=987654321"}, **OWN, get=(302, 404), post=(302, 404)),
    Row("mfa_login_webauthn", **OPEN, get=(200, 302), post=(200, 302, 422)),
    Row("usersessions_list", **OWN, **FORM),
]
