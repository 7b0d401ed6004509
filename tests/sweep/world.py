"""Two complete tenants of everything, and people in every relation to them.

Whatever one tenant types (names, notes, SKUs) carries its marker, so that a page which shows it to
the other one is found by its text. Addresses and handles carry none: they stand in URLs.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import (
    BatchRow,
    FactorReset,
    IdentityDocument,
    InvitationBatch,
    Membership,
    MembershipRight,
    Organization,
    Refusal,
    User,
)
from connections.models import ConnectionReview, FormerRight
from core import clock
from core.audit.models import Actor, Event
from core.failures.models import Failure
from core.notifications.models import Notification
from core.object_permissions import grant
from core.outbox.models import MarkedAddress, Message
from partnerhub.samples.rows import Rows
from roles.models import ServiceCategory
from supplychain.models import Share
from tests.factories import accounts as people
from tests.factories import connections as ties
from tests.factories.reviewers import PDF, desk_reviewer

HOME, OTHER = "Amberquill", "Birchvane"
FBA, MANAGE, UPLOAD = "inventory.fba_shipments", "inventory.manage", "inventory.upload"


@dataclass
class Tenant:
    """One tenant: its marker, its organizations and people by what they are, its rows by name."""

    marker: str
    organizations: dict[str, Organization] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What this tenant makes is marked."""
        self.make = Rows("mail.example", people.PASSWORD, self.named)

    def named(self, word: str) -> str:
        """A name that carries the marker."""
        return f"{self.marker} {word}"

    def __getitem__(self, name: str) -> Any:
        """The organization or row called `name`."""
        return self.organizations.get(name) or self.rows[name]


@dataclass
class World:
    """Both tenants, and those who belong to neither."""

    home: Tenant
    other: Tenant
    outsiders: dict[str, User]


def build() -> World:
    """Everything, in about a second; the caller rolls it back."""
    home, other = _tenant(HOME), _tenant(OTHER)
    return World(home, other, _outsiders())


def _outsiders() -> dict[str, User]:
    return {
        "unverified": people.person("Una Verified", verified=False),
        "verified": people.person("Vera Stranger"),
        "link_holder": people.person("Lina Holder"),
        "reviewer": desk_reviewer(people.person("Rita Reviewer")),
        "lead": desk_reviewer(people.person("Lea Lead"), lead=True),
        "auditor": desk_reviewer(people.person("Aude Auditor"), auditor=True),
        "support": desk_reviewer(people.person("Sia Support"), support=True),
        "superuser": people.person("Super User", is_staff=True, is_superuser=True),
    }


def _tenant(marker: str) -> Tenant:
    tenant = Tenant(marker)
    for fill in (
        _organizations,
        _people,
        _employee_invitations,
        _lists,
        _identities,
        _applications,
        _partners,
        _ended_partners,
        _suppliers,
        _refusals,
        _shipments,
        _traces,
    ):
        fill(tenant)
    return tenant


def _organizations(of: Tenant) -> None:
    # The counterparts let each pair have one thing going on at a time.
    for name in (
        "seller", "second_seller", "third_seller", "former_seller", "renewing_seller",
        "ending_seller", "provider", "second_provider", "third_provider", "paused_provider",
        "ending_provider", "supplier", "second_supplier",
    ):  # fmt: skip
        kind = name.split("_")[-1]
        of.organizations[name] = of.make.organization(kind, name.replace("_", " "))
    of.organizations["draft"] = of.make.organization(
        "provider", "draft", status="draft", activated_at=None
    )


def _people(of: Tenant) -> None:
    def person(name: str, organization: str, role: str = "employee", **fields: Any) -> Membership:
        user = of.make.person(name.replace("_", " ").title(), **fields)
        of.people[name] = of.make.member(of[organization], role, user)
        of.rows[f"{name}_membership"] = membership = user.memberships.get()
        return membership

    for kind in ("provider", "seller", "supplier"):
        person(f"{kind}_admin", kind, "administrator")
        person(f"{kind}_second_admin", kind, "administrator")
        person(f"{kind}_staff", kind)
        _change(person(f"{kind}_suspended", kind), status="suspended")
        _change(person(f"{kind}_former", kind), status="removed", removed_at=clock.now())
    person("provider_employee", "provider")
    person("seller_viewer", "seller")
    person("seller_editor", "seller")
    person("supplier_worker", "supplier")
    person("deactivated", "seller", "administrator", is_active=False)
    of.rows["person"] = of.people["seller_staff"]
    for name in (
        "second_seller", "third_seller", "former_seller", "second_provider", "third_provider",
        "second_supplier", "draft",
    ):  # fmt: skip
        person(f"{name}_admin", name, "administrator")
    for who, where, right in (
        ("seller_viewer", "seller", "shipments_view"),
        ("seller_editor", "seller", "shipments_view"),
        ("seller_editor", "seller", "shipments_edit"),
        ("supplier_worker", "supplier", "shares_edit"),
    ):
        grant(MembershipRight, user=of.people[who], codename=right, obj=of[where])


def _change(row: Any, **values: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**values)


def _sent() -> dict[str, Any]:
    sent = clock.now() - timedelta(days=1)
    return {"sent_at": sent, "expires_at": sent + timedelta(days=14)}


def _employee_invitations(of: Tenant) -> None:
    for kind in ("provider", "seller", "supplier"):
        for state in ("pending", "expired", "declined", "revoked", "accepted", "undeliverable"):
            decided = state in ("declined", "revoked", "accepted")
            invited = of.people[f"{kind}_{state}_invited"] = of.make.person(f"invited {kind}")
            of.rows[f"{kind}_{state}_invitation"] = of.make.employee_invitation(
                of[kind],
                invited.email,
                name=of.named("guest"),
                status=state,
                decided_at=clock.now() if decided else None,
                reason=of.named("reason") if decided else "",
                **_sent(),
            )


def _lists(of: Tenant) -> None:
    """A list of invitations that waits for its confirmation, and one that waits for its turn."""
    values = {"name": of.named("listed"), "role": "employee", "supplier_kind": "other"}
    typed = {"name": of.named("listed")}
    for kind in ("seller", "provider", "supplier"):
        by = of.people[f"{kind}_admin"]
        confirmed = {"status": "running", "confirmed_by": by}
        confirmed |= dict.fromkeys(("confirmed_at", "next_at"), clock.now())
        for name, status, fields in (("list", "ready", {}), ("queue", "queued", confirmed)):
            of.rows[f"{kind}_{name}"] = batch = InvitationBatch.objects.create(
                organization=of[kind],
                purpose="supplier" if kind == "seller" else "employee",
                source=of.named("list.csv"),
                created_by=by,
                **{"status": "draft"} | fields,
            )
            BatchRow.objects.create(
                batch=batch, number=1, line=1, typed=typed, values=values,
                address=f"{kind}-{name}@mail.example", status=status,
            )  # fmt: skip


def _identities(of: Tenant) -> None:
    for name in ("provider_admin", "provider_employee", "provider_staff"):
        of.rows[f"{name}_document"] = _document(of.make.identity(of.people[name]))
    for name in ("second_provider_admin", "third_provider_admin", "seller_admin"):
        of.make.identity(of.people[name])
    submitted = of.make.identity(of.people["provider_suspended"], "submitted")
    of.rows["identity_submitted"] = submitted
    of.rows["identity_document"] = _document(submitted)
    of.rows["factor_reset"] = FactorReset.objects.create(
        user=of.people["provider_employee"],
        legal_name=of.named("lost"),
        birth_date=date(1985, 4, 12),
    )
    of.rows["identity_failed"] = of.make.identity(of.people["draft_admin"], "failed")


def _document(check: Any) -> IdentityDocument:
    row = IdentityDocument(
        check_of=check,
        kind="government_id",
        stored_name=f"{check.public_id.hex}.pdf",
        mime="application/pdf",
        size=len(PDF),
    )
    row.file.save("document.pdf", ContentFile(PDF), save=False)
    row.save()
    return row


def _applications(of: Tenant) -> None:
    provider, by = of["provider"], of.people["provider_admin"]
    for name, code, status in (
        ("draft", "advertising.coupons", "draft"),
        ("submitted", "brand.bundles", "submitted"),
        ("in_review", "reports.business", "in_review"),
        ("asked", "pricing.automated", "information_requested"),
    ):
        level = "view" if name == "in_review" else "edit"
        of.rows[f"application_{name}"] = of.make.application(provider, {code: level}, status, by=by)
    of.rows["application_decided"] = of.make.decided(
        provider, {FBA: "edit"}, {UPLOAD: "edit"}, by=by
    )
    of.rows["approved_role"] = provider.approved_roles.get()
    of.rows["line"] = of.rows["application_in_review"].lines.get()
    of.rows["category"] = ServiceCategory.objects.get(slug="inventory")


def _partners(of: Tenant) -> None:
    """The live connection: grants at edit and view, one employee assigned."""
    make, rows, now = of.make, of.rows, clock.now()
    seller, provider = of["seller"], of["provider"]
    soon = {"ends_at": now + timedelta(days=40)}
    row = rows["connection"] = make.connection(seller, provider, {FBA: "edit", MANAGE: "view"})
    rows["grant_edit"], rows["grant_view"] = row.grants.order_by("id")
    [rows["assignment"]] = ties.assigned(of.people["provider_employee"], rows["grant_edit"], "edit")
    make.approved_role(of["second_provider"])
    rows["review"] = ConnectionReview.objects.create(
        connection=row, due_at=now + timedelta(days=10)
    )
    # The seller's side: a link that waits, an invitation to answer, a link that has ended.
    rows["link_out"] = make.partner_link(seller, of["third_provider"])
    rows["connection_in"] = make.invitation(seller, of["second_provider"])
    rows["link_cancelled"] = make.partner_link(
        seller, address="gone@mail.example", status="cancelled", decided_at=now
    )
    rows["connection_paused"] = make.connection(
        seller, of["paused_provider"], status="paused", paused_at=now
    )
    rows["role_request"] = ties.role_request(row, {MANAGE: "edit"}, message=of.named("why"))
    rows["renewal"] = make.renewal(row)
    make.renewal(rows["connection_paused"], "seller")
    rows["connection_ending"] = make.connection(seller, of["ending_provider"], **soon)
    # The provider's side.
    rows["client_ending"] = make.connection(of["ending_seller"], provider, {MANAGE: "view"}, **soon)
    rows["client_renewing"] = make.connection(of["renewing_seller"], provider, {FBA: "view"})
    rows["renewal_proposed"] = make.renewal(rows["client_renewing"], "seller")
    rows["link_in"] = make.partner_link(of["second_seller"], provider)
    rows["connection_out"] = make.invitation(
        of["third_seller"], provider, sent_at=now - timedelta(days=2)
    )


def _ended_partners(of: Tenant) -> None:
    make, rows, now = of.make, of.rows, clock.now()
    former, provider = of["former_seller"], of["provider"]
    ended = {"status": "terminated", "ended_at": now, "ended_side": "seller"}
    row = make.connection(former, provider, {}, reason=of.named("ended"), **ended)
    rows["connection_ended"] = row
    held = make.grant(row, FBA, "edit", status="ended", ended_at=now)
    FormerRight.objects.create(
        connection=row,
        user=of.people["provider_employee"],
        role=held.role,
        level=2,
        administrator=False,
    )
    rows["connection_left"] = make.connection(
        of["seller"], of["second_provider"], {}, reason=of.named("left"), **ended
    )
    declined = {"status": "declined", "decided_at": now}
    rows["link_declined"] = make.partner_link(
        former, provider, reason=of.named("declined"), **declined
    )
    rows["connection_declined"] = make.invitation(
        former, provider, partner_link=rows["link_declined"], **declined, **_sent()
    )


def _suppliers(of: Tenant) -> None:
    seller, supplier, now = of["seller"], of["supplier"], clock.now()
    of.rows["supplier_connection"] = of.make.connected(seller, supplier)
    of.rows["supplier_connection_ended"] = of.make.connected(
        of["former_seller"], supplier, status="removed", ended_at=now
    )
    guest = of.people["supplier_guest"] = of.make.person("supplier guest")
    declined = {"status": "declined", "decided_at": now, "reason": of.named("no")}
    for name, by, address, fields in (
        ("supplier_invitation", "seller", guest.email, {}),
        ("supplier_declined", "seller", "no@mail.example", declined),
        (
            "seller_invitation", "second_supplier", of.people["seller_admin"].email,
            {"counterparty": seller},
        ),
        (
            "supplier_incoming", "second_seller", of.people["supplier_admin"].email,
            {"counterparty": supplier},
        ),
        ("supplier_outgoing", "supplier", "owner@mail.example", {}),
    ):  # fmt: skip
        values = {"name": of.named("contact"), "supplier_kind": "manufacturer", **_sent()} | fields
        of.rows[name] = of.make.supplier_invitation(of[by], address, **values)


def _refusals(of: Tenant) -> None:
    """Each account, and one person, wants nothing from somebody any more."""
    unwanted = of["former_seller"]
    for kind in ("seller", "provider", "supplier"):
        of.rows[f"{kind}_refusal"] = Refusal.objects.create(organization=unwanted, refuser=of[kind])
    of.rows["guest_refusal"] = Refusal.objects.create(
        organization=unwanted, address=of.people["supplier_guest"].email
    )


def _shipments(of: Tenant) -> None:
    for index, name in enumerate(
        ("shipment", "shipment_shared", "shipment_done", "shipment_guest")
    ):
        of.rows[name] = row = of.make.shipment(
            of["seller"],
            {f"{of.marker}-SKU-{index}": 10},
            name=of.named(name),
            ship_date=clock.today(UTC) + timedelta(days=5),
            status="cancelled" if name == "shipment_done" else "working",
            created_by=of.people["seller_admin"],
        )
        of.rows[f"{name}_item"] = row.items.get()
    viewed = {"status": "packing", "viewed_at": clock.now()}
    of.rows["share"] = _share(of, "shipment_shared", "note", **viewed)
    of.rows["share_waiting"] = _share(
        of,
        "shipment_shared",
        "wait",
        "invitation",
        of.rows["supplier_invitation"],
        status="waiting",
    )
    of.rows["share_recalled"] = _share(of, "shipment_done", "recalled", status="recalled")
    # Somebody without an account packs one shipment.
    of.rows["guest_link"] = link = of.make.guest_link(
        of.rows["shipment_guest"], of.people["supplier_guest"].email, **_sent()
    )
    of.rows["share_guest"] = _share(of, "shipment_guest", "guest note", "guest", link, **viewed)
    of.rows["box"] = of.make.box(of.rows["share"], {of.rows["shipment_shared_item"].msku: 5})
    of.rows["guest_box"] = of.make.box(of.rows["share_guest"], {})


def _share(
    of: Tenant, name: str, note: str, to: str = "connection", row: Any = None, **fields: Any
) -> Share:
    """A shipment, shared with the supplier, or with what `row` stands for."""
    fields |= {to: row or of.rows["supplier_connection"], "note": of.named(note)}
    return of.make.share(of.rows[name], None, shared_by=of.people["seller_admin"], **fields)


def _traces(of: Tenant) -> None:
    """Notifications, mails and history, by name of the tenant's people."""
    for name, user in list(of.people.items()):
        Notification.objects.create(
            key=f"{of.marker}-{name}", user=user, kind="test", title=of.named("was told"), path="/"
        )
    by = of.people["seller_admin"]
    of.rows["message"] = _message(of, "mail", "employee_invited", by.email)
    of.rows["undelivered"] = _message(
        of,
        "undelivered",
        "supplychain.shipment_shared",
        f"away@{of.marker.lower()}.example",
        status="failed",
        error="SMTPRecipientsRefused: 550",
        due_at=clock.real_now() - timedelta(hours=1),
        organization_id=of["seller"].pk,
        caused_by=by,
    )
    of.rows["mark"] = MarkedAddress.objects.create(
        address=f"gone@{of.marker.lower()}.example", reason="complained"
    )
    of.rows["failure"] = Failure.objects.create(
        task="outbox.drain", subject="outbox.fanout", row=of.marker, error=of.named("error")
    )
    actor = Actor.objects.create(user=by, name=of.named("actor"))
    pairs = (("seller", "provider"), ("provider", "seller"), ("supplier", "seller"))
    for organization, counterparty in pairs:
        Event.objects.create(
            verb="membership.left",
            actor_ref=actor.ref,
            organization_id=of[organization].pk,
            counterparty_id=of[counterparty].pk,
            object_type="connection",
            object_id=str(of.rows["connection"].public_id),
        )


def _message(of: Tenant, key: str, kind: str, to: str, **fields: Any) -> Message:
    key, text = f"{of.marker}-{key}", of.named("text")
    fields |= {"message_id": f"<{key}@partnerhub.example>", "subject": of.named("shipment")}
    return Message.objects.create(key=key, kind=kind, to=to, text=text, **fields)
