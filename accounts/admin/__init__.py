"""The desk: identity checks, organizations and people, nothing about anybody's sign-in (A7).

Groups, addresses, authenticators and sessions have no admin: whoever could edit them could become
anybody. People are stopped or erased there by the operator, and not edited.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.admin.factor_resets import FactorResetAdmin
from accounts.admin.identity import IdentityCheckAdmin
from accounts.admin.organizations import OrganizationAdmin
from accounts.admin.people import PersonAdmin
from accounts.models import FactorReset, IdentityCheck, Organization, Person

admin.site.register(IdentityCheck, IdentityCheckAdmin)
admin.site.register(Organization, OrganizationAdmin)
admin.site.register(Person, PersonAdmin)
admin.site.register(FactorReset, FactorResetAdmin)
for model in (Group, EmailAddress, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


def _own_password_page(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Passwords change in one place, which ends other sessions and tells the owner (A10)."""
    return redirect("account_change_password")


admin.site.index_title = "Reviewers' desk"
admin.site.password_change = _own_password_page  # type: ignore[method-assign, assignment]
