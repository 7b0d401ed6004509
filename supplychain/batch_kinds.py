"""Inviting several suppliers, or several sellers, at once (S1.8, S1.16)."""

from collections.abc import Sequence
from typing import Any

from accounts.batch_kinds import ADDRESS, NAME
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import Column
from accounts.models import Organization
from accounts.states import OrganizationKind, SupplierKind
from accounts.tenancy import require_administrator
from supplychain.forms.invitations import EverySellerForm, EverySupplierForm
from supplychain.models import SupplierInvitation
from supplychain.reads.partners import side_of
from supplychain.transitions import invitations

KIND = Column(
    "supplier_kind",
    "What the supplier does",
    ("kind", "type", "supplier type", "category", "business", "role"),
    choices=dict(SupplierKind.choices),
    synonyms={"forwarder": SupplierKind.FREIGHT_FORWARDER, "factory": SupplierKind.MANUFACTURER},
)


def _columns(organization: Organization) -> Sequence[Column]:
    seller = organization.kind == OrganizationKind.SELLER
    return (NAME, ADDRESS, KIND) if seller else (NAME, ADDRESS)


def _form(organization: Organization, data: Any) -> Any:
    seller = organization.kind == OrganizationKind.SELLER
    return (EverySupplierForm if seller else EverySellerForm)(data, prefix="all")


SUPPLIERS = BatchKind(
    purpose=SupplierInvitation.purpose,
    model=SupplierInvitation,
    many=lambda organization: side_of(organization).others,
    offered=lambda organization: organization.kind != OrganizationKind.PROVIDER,
    columns=_columns,
    form=_form,
    list_url=lambda organization: side_of(organization).home_url(organization),
    list_title=lambda organization: side_of(organization).title,
    check=require_administrator,
    parties=invitations.parties,
    known=invitations.known,
    invite=invitations.invite_each,
)
