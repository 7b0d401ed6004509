"""Two complete tenants of everything, and people in every relation to them.

Whatever one tenant types (names, notes, SKUs) carries its marker, so that a page which shows it to
the other one is found by its text. Addresses and handles carry none: they stand in URLs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.management import call_command

from accounts.models import (
    BatchRow,
    EmployeeInvitation,
    IdentityDocument,
    InvitationBatch,
    Membership,
    MembershipRight,
    Organization,
    Refusal,
    User,
)
from connections.models import (
    Connection,
    ConnectionInvitation,
    ConnectionReview,
    FormerRight,
    PartnerLink,
)
from core import clock
from core.audit.models import Actor, Event
from core.failures.models import Failure
from core.notifications.models import Notification
from core.object_permissions import grant
from core.outbox.models import MarkedAddress, Message
from roles.models import ServiceCategory
from supplychain.models import (
    Box,
    BoxItem,
    GuestLink,
    Share,
    Shipment,
    ShipmentItem,
    SupplierConnection,
    SupplierInvitation,
)
from tests.factories import accounts as people
from tests.factories import connections as ties
from tests.factories import roles

_LEAD: dict[str, list[str]] = {"reviewer": [], "lead": ["--lead"]}
HOME, OTHER = "Amberquill", "Birchvane"
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Tenant:
    """One tenant: its marker, its organizations and people by what they are, its rows by name."""

    marker: str
    organizations: dict[str, Organization] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

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
    staff = {"reviewer": people.person("Rita Reviewer"), "lead": people.person("Lea Lead")}
    for name, user in staff.items():
        call_command("make_reviewer", user.email, *_LEAD[name], stdout=StringIO())
        user.refresh_from_db()
    return {
        "unverified": people.person("Una Verified", verified=False),
        "verified": people.person("Vera Stranger"),
        "link_holder": people.person("Lina Holder"),
        **staff,
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
    kinds = {
        "seller": "seller",
        "provider": "provider",
        "supplier": "supplier",
        # Counterparts of what is still open, so that each pair has one thing going on at a time.
        "second_seller": "seller",
        "third_seller": "seller",
        "former_seller": "seller",
        "second_provider": "provider",
        "third_provider": "provider",
        "paused_provider": "provider",
        "renewing_seller": "seller",
        "ending_provider": "provider",
        "ending_seller": "seller",
        "second_supplier": "supplier",
        "draft": "provider",
    }
    for name, kind in kinds.items():
        fields = {"status": "draft", "activated_at": None} if name == "draft" else {}
        of.organizations[name] = people.organization(
            kind, of.named(name.replace("_", " ")), **fields
        )


def _people(of: Tenant) -> None:
    def person(name: str, organization: str, role: str = "employee", **fields: Any) -> User:
        user = people.person(of.named(name.replace("_", " ").title()), **fields)
        membership = people.member(of[organization], role, user) and user.memberships.get()
        of.people[name] = user
        of.rows[f"{name}_membership"] = membership
        return user

    for kind in ("provider", "seller", "supplier"):
        person(f"{kind}_admin", kind, "administrator")
        person(f"{kind}_second_admin", kind, "administrator")
        person(f"{kind}_staff", kind)
        person(f"{kind}_suspended", kind)
        _change(of, f"{kind}_suspended_membership", status="suspended")
        person(f"{kind}_former", kind)
        _change(of, f"{kind}_former_membership", status="removed", removed_at=clock.now())
    person("provider_employee", "provider")
    person("seller_viewer", "seller")
    person("seller_editor", "seller")
    person("supplier_worker", "supplier")
    person("deactivated", "seller", "administrator", is_active=False)
    of.rows["person"] = of.people["seller_staff"]
    for name in ("second_seller", "third_seller", "former_seller", "second_provider"):
        person(f"{name}_admin", name, "administrator")
    for name in ("third_provider", "second_supplier"):
        person(f"{name}_admin", name, "administrator")
    person("draft_admin", "draft", "administrator")
    for who, where, right in (
        ("seller_viewer", "seller", "shipments_view"),
        ("seller_editor", "seller", "shipments_view"),
        ("seller_editor", "seller", "shipments_edit"),
        ("supplier_worker", "supplier", "shares_edit"),
    ):
        grant(MembershipRight, user=of.people[who], codename=right, obj=of[where])


def _change(of: Tenant, name: str, **values: Any) -> None:
    Membership.objects.filter(pk=of.rows[name].pk).update(**values)


def _sent(days: int = 14) -> dict[str, Any]:
    sent = clock.now() - timedelta(days=1)
    return {"sent_at": sent, "expires_at": sent + timedelta(days=days)}


def _employee_invitations(of: Tenant) -> None:
    for kind in ("provider", "seller", "supplier"):
        inviter = of.people[f"{kind}_admin"]
        for state in ("pending", "expired", "declined", "revoked", "accepted", "undeliverable"):
            decided = state in ("declined", "revoked", "accepted")
            invited = people.person(of.named(f"invited {kind}"))
            of.people[f"{kind}_{state}_invited"] = invited
            of.rows[f"{kind}_{state}_invitation"] = EmployeeInvitation.objects.create(
                organization=of[kind],
                address=invited.email,
                name=of.named("guest"),
                invited_by=inviter,
                status=state,
                decided_at=clock.now() if decided else None,
                reason=of.named("reason") if decided else "",
                **_sent(),
            )


def _lists(of: Tenant) -> None:
    """A list of invitations that waits for its confirmation, and one that waits for its turn."""
    for kind, purpose in (
        ("seller", "supplier"),
        ("provider", "employee"),
        ("supplier", "employee"),
    ):
        values = {"name": of.named("listed"), "role": "employee", "supplier_kind": "other"}
        for name, status in ((f"{kind}_list", "ready"), (f"{kind}_queue", "queued")):
            moment = clock.now() if status == "queued" else None
            batch = InvitationBatch.objects.create(
                organization=of[kind],
                purpose=purpose,
                source=of.named("list.csv"),
                status="running" if moment else "draft",
                created_by=of.people[f"{kind}_admin"],
                confirmed_by=of.people[f"{kind}_admin"] if moment else None,
                confirmed_at=moment,
                next_at=moment,
            )
            BatchRow.objects.create(
                batch=batch, number=1, line=1, typed={"name": of.named("listed")}, values=values,
                address=f"{name}@mail.example".replace("_", "-"), status=status,
            )  # fmt: skip
            of.rows[name] = batch


def _identities(of: Tenant) -> None:
    for name in ("provider_admin", "provider_employee", "provider_staff"):
        user = of.people[name]
        check = people.identity(user, street_address=of.named("Street 1"))
        of.rows[f"{name}_document"] = _document(check)
    for name in ("second_provider_admin", "third_provider_admin", "seller_admin"):
        people.identity(of.people[name], street_address=of.named("Street 2"))
    of.rows["identity_submitted"] = people.identity(
        of.people["provider_suspended"], "submitted", legal_name=of.named("Applicant")
    )
    of.rows["identity_document"] = _document(of.rows["identity_submitted"])
    of.rows["identity_failed"] = people.identity(
        of.people["draft_admin"], "failed", legal_name=of.named("Failed")
    )


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
    made: dict[str, Callable[[], Any]] = {
        "draft": lambda: roles.draft(provider, {"advertising.coupons": "edit"}, by=by),
        "submitted": lambda: roles.submitted(provider, {"brand.bundles": "edit"}, by=by),
        "in_review": lambda: roles.in_review(provider, {"reports.business": "view"}, by=by),
        "asked": lambda: roles.application(
            provider, {"pricing.automated": "edit"}, "information_requested", by=by
        ),
        "decided": lambda: roles.decided(
            provider, {"inventory.fba_shipments": "edit"}, {"inventory.upload": "edit"}, by=by
        ),
    }
    for name, make in made.items():
        row = make()
        row.lines.update(use_case=of.named(f"use case of {name}"))
        of.rows[f"application_{name}"] = row
    of.rows["approved_role"] = provider.approved_roles.get()
    of.rows["line"] = of.rows["application_in_review"].lines.get()
    of.rows["category"] = ServiceCategory.objects.get(slug="inventory")


def _partners(of: Tenant) -> None:
    """The live connection: grants at edit and view, one employee assigned."""
    seller, provider = of["seller"], of["provider"]
    row = ties.connection(
        seller, provider, {"inventory.fba_shipments": "edit", "inventory.manage": "view"}
    )
    of.rows["connection"] = row
    of.rows["grant_edit"] = row.grants.get(role__code="inventory.fba_shipments")
    of.rows["grant_view"] = row.grants.get(role__code="inventory.manage")
    of.rows["assignment"] = ties.assigned(
        of.people["provider_employee"], of.rows["grant_edit"], "edit"
    )[0]
    ties.approved(of["second_provider"], "inventory.fba_shipments", "edit")
    of.rows["review"] = ConnectionReview.objects.create(
        connection=row, due_at=clock.now() + timedelta(days=10)
    )
    # The seller's side: a link that waits, an invitation to answer, a link that has ended.
    of.rows["link_out"] = ties.partner_link(seller, of["third_provider"])
    of.rows["connection_in"] = ties.invitation(seller, of["second_provider"])
    of.rows["link_cancelled"] = ties.partner_link(
        seller, None, address="gone@mail.example", status="cancelled", decided_at=clock.now()
    )
    of.rows["connection_paused"] = ties.connection(
        seller, of["paused_provider"], status="paused", paused_at=clock.now()
    )
    of.rows["role_request"] = ties.role_request(
        row, {"inventory.manage": "edit"}, message=of.named("why")
    )
    of.rows["renewal"] = ties.renewal(row)
    ties.renewal(of.rows["connection_paused"], "seller")
    soon = {"ends_at": clock.now() + timedelta(days=40)}
    of.rows["connection_ending"] = ties.connection(seller, of["ending_provider"], **soon)
    # The provider's side.
    of.rows["client_ending"] = ties.connection(
        of["ending_seller"], provider, {"inventory.manage": "view"}, **soon
    )
    of.rows["client_renewing"] = ties.connection(
        of["renewing_seller"], provider, {"inventory.fba_shipments": "view"}
    )
    of.rows["renewal_proposed"] = ties.renewal(of.rows["client_renewing"], "seller")
    of.rows["link_in"] = ties.partner_link(of["second_seller"], provider)
    of.rows["connection_out"] = ties.invitation(
        of["third_seller"], provider, sent_at=clock.now() - timedelta(days=2)
    )


def _ended_partners(of: Tenant) -> None:
    ended = {"status": "terminated", "ended_at": clock.now(), "ended_side": "seller"}
    row = Connection.objects.create(
        seller=of["former_seller"],
        provider=of["provider"],
        ends_at=clock.now() + timedelta(days=300),
        reason=of.named("ended"),
        **ended,
    )
    ties.grant(row, "inventory.fba_shipments", "edit", status="ended", ended_at=clock.now())
    of.rows["connection_ended"] = row
    FormerRight.objects.create(
        connection=row,
        user=of.people["provider_employee"],
        role=row.grants.get().role,
        level=2,
        administrator=False,
    )
    of.rows["connection_left"] = Connection.objects.create(
        seller=of["seller"],
        provider=of["second_provider"],
        ends_at=clock.now() + timedelta(days=300),
        reason=of.named("left"),
        **ended,
    )
    link = PartnerLink.objects.create(
        seller=of["former_seller"],
        provider=of["provider"],
        expires_at=clock.now(),
        status="declined",
        decided_at=clock.now(),
        reason=of.named("declined"),
    )
    of.rows["link_declined"] = link
    of.rows["connection_declined"] = ConnectionInvitation.objects.create(
        organization=of["provider"],
        seller=of["former_seller"],
        partner_link=link,
        address=of.people["former_seller_admin"].email,
        invited_by=of.people["provider_admin"],
        status="declined",
        decided_at=clock.now(),
        **_sent(),
    )


def _suppliers(of: Tenant) -> None:
    seller, supplier = of["seller"], of["supplier"]
    of.rows["supplier_connection"] = SupplierConnection.objects.create(
        seller=seller, supplier=supplier
    )
    of.rows["supplier_connection_ended"] = SupplierConnection.objects.create(
        seller=of["former_seller"], supplier=supplier, status="removed", ended_at=clock.now()
    )
    guest = people.person(of.named("supplier guest"))
    of.people["supplier_guest"] = guest
    common = {"direction": "to_supplier", "supplier_kind": "manufacturer"}

    def invite(name: str, by: str, address: str, **fields: Any) -> None:
        of.rows[name] = SupplierInvitation.objects.create(
            organization=of[by],
            address=address,
            name=of.named("contact"),
            invited_by=of.people[f"{by}_admin"],
            **_sent(),
            **fields,
        )

    invite("supplier_invitation", "seller", guest.email, **common)
    invite(
        "supplier_declined", "seller", "no@mail.example", status="declined",
        decided_at=clock.now(), reason=of.named("no"), **common,
    )  # fmt: skip
    to_seller = {"direction": "to_seller", "supplier_kind": "manufacturer"}
    invite(
        "seller_invitation", "second_supplier", of.people["seller_admin"].email,
        counterparty=seller, **to_seller,
    )  # fmt: skip
    invite(
        "supplier_incoming", "second_seller", of.people["supplier_admin"].email,
        counterparty=supplier, **common,
    )  # fmt: skip
    invite("supplier_outgoing", "supplier", "owner@mail.example", **to_seller)


def _refusals(of: Tenant) -> None:
    """Each account, and one person, wants nothing from somebody any more."""
    unwanted = of["former_seller"]
    for kind in ("seller", "provider", "supplier"):
        of.rows[f"{kind}_refusal"] = Refusal.objects.create(organization=unwanted, refuser=of[kind])
    of.rows["guest_refusal"] = Refusal.objects.create(
        organization=unwanted, address=of.people["supplier_guest"].email
    )


def _shipments(of: Tenant) -> None:
    number = 1 if of.marker == HOME else 2
    for index, (name, status) in enumerate(
        {
            "shipment": "working",
            "shipment_shared": "working",
            "shipment_done": "cancelled",
            "shipment_guest": "working",
        }.items()
    ):
        row = Shipment.objects.create(
            seller=of["seller"],
            shipment_id=f"FBA15AAAA{number}{index}",
            name=of.named(name),
            center_code="ABE2",
            ship_date=clock.today() + timedelta(days=5),
            ship_from_name=of.named("warehouse"),
            ship_from_address=of.named("dock 1"),
            status=status,
            created_by=of.people["seller_admin"],
        )
        of.rows[name] = row
        of.rows[f"{name}_item"] = ShipmentItem.objects.create(
            shipment=row,
            msku=f"{of.marker}-SKU-{index}",
            fnsku="X00ABC1234",
            title=of.named("kettle"),
            quantity=10,
        )
    _shares(of)
    _guest(of)


def _guest(of: Tenant) -> None:
    """Somebody without an account packs one shipment."""
    of.rows["guest_link"] = GuestLink.objects.create(
        organization=of["seller"],
        shipment=of.rows["shipment_guest"],
        address=of.people["supplier_guest"].email,
        name=of.named("guest"),
        invited_by=of.people["seller_admin"],
        **_sent(),
    )
    share = Share.objects.create(
        shipment=of.rows["shipment_guest"],
        guest=of.rows["guest_link"],
        status="packing",
        note=of.named("guest note"),
        shared_by=of.people["seller_admin"],
        viewed_at=clock.now(),
    )
    of.rows["share_guest"] = share
    sides = dict.fromkeys(("length_mm", "width_mm", "height_mm"), 300)
    of.rows["guest_box"] = Box.objects.create(
        shipment=share.shipment, share=share, number=1, weight_g=5000, **sides
    )
    Shipment.objects.filter(pk=share.shipment_id).update(last_box_number=1)


def _shares(of: Tenant) -> None:
    shared, done = of.rows["shipment_shared"], of.rows["shipment_done"]
    by, connection = of.people["seller_admin"], of.rows["supplier_connection"]
    share = Share.objects.create(
        shipment=shared,
        connection=connection,
        status="packing",
        note=of.named("note"),
        shared_by=by,
        viewed_at=clock.now(),
    )
    of.rows["share"] = share
    of.rows["share_waiting"] = Share.objects.create(
        shipment=shared,
        invitation=of.rows["supplier_invitation"],
        status="waiting",
        note=of.named("wait"),
        shared_by=by,
    )
    of.rows["share_recalled"] = Share.objects.create(
        shipment=done,
        connection=connection,
        status="recalled",
        note=of.named("recalled"),
        ended_at=clock.now(),
        shared_by=by,
    )
    of.rows["box"] = Box.objects.create(
        shipment=shared,
        share=share,
        number=1,
        weight_g=5000,
        length_mm=300,
        width_mm=300,
        height_mm=300,
    )
    Shipment.objects.filter(pk=shared.pk).update(last_box_number=1)
    BoxItem.objects.create(box=of.rows["box"], item=of.rows["shipment_shared_item"], quantity=5)


def _traces(of: Tenant) -> None:
    """Notifications, mails and history, by name of the tenant's people."""
    for name, user in list(of.people.items()):
        Notification.objects.create(
            key=f"{of.marker}-{name}", user=user, kind="test", title=of.named("was told"), path="/"
        )
    of.rows["message"] = Message.objects.create(
        key=f"{of.marker}-mail",
        message_id=f"<{of.marker}@partnerhub.example>",
        kind="employee_invited",
        to=of.people["seller_admin"].email,
        subject=of.named("subject"),
        text=of.named("text"),
    )
    of.rows["undelivered"] = Message.objects.create(
        key=f"{of.marker}-undelivered",
        message_id=f"<{of.marker}-undelivered@partnerhub.example>",
        kind="supplychain.shipment_shared",
        to=f"away@{of.marker.lower()}.example",
        subject=of.named("shipment"),
        text=of.named("text"),
        status="failed",
        error="SMTPRecipientsRefused: 550",
        due_at=clock.real_now() - timedelta(hours=1),
        organization_id=of["seller"].pk,
        caused_by=of.people["seller_admin"],
    )
    of.rows["mark"] = MarkedAddress.objects.create(
        address=f"gone@{of.marker.lower()}.example", reason="complained"
    )
    of.rows["failure"] = Failure.objects.create(
        task="outbox.drain", subject="outbox.fanout", row=of.marker, error=of.named("error")
    )
    actor = Actor.objects.create(user=of.people["seller_admin"], name=of.named("actor"))
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
