"""Pages that belong to no app: front page, homes, history, help, notifications."""

from tests.sweep.table.rows import DELEGATES, EVERYBODY, PROVIDERS, SELLERS, SUPPLIERS, Row, portal

ADMINS = {"seller": "seller_admin", "provider": "provider_admin", "supply": "supplier_admin"}

ROWS = [
    Row("account-chooser", may=EVERYBODY, get=(200, 302), query=("client",)),
    portal(
        "seller:home", may=SELLERS | DELEGATES, but=dict.fromkeys(DELEGATES, 302),
    ),
    portal("provider:home", may=PROVIDERS),
    portal("supply:home", may=SUPPLIERS),
    portal("seller:permissions", may={"seller_admin"}, query=("find", "page")),
    *(portal(
            f"{at}:history", may={who},
            query=("page", "about", "by", "who", "partner", "thing", "since", "until"),
        ) for at, who in ADMINS.items()),
    *(portal(f"{at}:history-verify", may={who}, post=200) for at, who in ADMINS.items()),
    *(portal(
            f"{where}:history-export", may={who}, get=None, post=200, body=lambda t: {}, then=200
        ) for where, who in ADMINS.items()),
    Row("notification-list", query=("page", "about", "sender", "state")),
    Row("notification-read", get=None, post=302),
    Row("undelivered", query=("page",)),
    Row("undelivered-again", get=None, post=404, by="seller_admin",
        body=lambda t: {"message": t["undelivered"].message_id}),
    Row("notification-preferences", post=422, by="seller_admin", body=lambda t: dict.fromkeys(
        ("invitations", "answers", "applications", "reminders", "shipments"), "portal"
    )),
    # Links that we signed: tests/core/test_notifications.py.
    Row("unsubscribe", {"token": "=nobody-signed-this"}, EVERYBODY, get=404, post=404),
    Row("help", may=EVERYBODY),
    Row("security-txt", may=EVERYBODY),
    Row("change-password", may=EVERYBODY, get=302),
    Row("robots", may=EVERYBODY),
    Row("favicon", may=EVERYBODY, get=302),
    Row(
        "help-page", {"slug": "=solution-providers"}, EVERYBODY, post=302,
        by="verified", body=lambda t: {"helpful": "yes", "text": "Clear."},
        query=("helpful", "thanks"),
    ),
]  # fmt: skip
