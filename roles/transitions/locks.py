"""Rows are locked in one order: organization, application, approved role (docs/decisions)."""

from accounts.models import Organization
from core.db import lock
from roles.models import ApprovedRole, RoleApplication


def lock_provider(provider_id: int) -> Organization:
    return lock(Organization.objects.all(), pk=provider_id)


def lock_application(application: RoleApplication) -> RoleApplication:
    lock_provider(application.provider_id)
    rows = RoleApplication.objects.select_related("provider", "category")
    return lock(rows, pk=application.pk)


def lock_approved_role(approved_role: ApprovedRole) -> ApprovedRole:
    lock_provider(approved_role.provider_id)
    rows = ApprovedRole.objects.select_related("provider", "role", "line", "changed_by")
    return lock(rows, pk=approved_role.pk)
