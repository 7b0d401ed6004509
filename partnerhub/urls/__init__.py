"""The root of all addresses: a portal has the apps' own lists under its namespace."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

import accounts.urls.provider
import accounts.urls.seller
import accounts.urls.supply
import connections.urls.provider
import connections.urls.seller
import roles.urls.provider
import supplychain.urls.seller
import supplychain.urls.supply
from accounts.views.sign_ups import confirm_code
from partnerhub.portals import views
from partnerhub.portals.history import history_export, history_page, history_verify

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "core.web.middleware.bad_request"
handler500 = "core.web.middleware.server_error"

history = [
    path("history/", history_page, name="history"),
    path("history/export/", history_export, name="history-export"),
    path("history/verify/", history_verify, name="history-verify"),
]
portals: dict[str, list[URLPattern]] = {
    "seller": [
        path("", views.seller_home, name="home"),
        path("permissions/", views.user_permissions, name="permissions"),
        *history,
        *accounts.urls.seller.urlpatterns,
        *connections.urls.seller.urlpatterns,
        *supplychain.urls.seller.urlpatterns,
    ],
    "provider": [
        path("", views.provider_home, name="home"),
        *history,
        *accounts.urls.provider.urlpatterns,
        *connections.urls.provider.urlpatterns,
        *roles.urls.provider.urlpatterns,
    ],
    "supply": [
        path("", views.supply_home, name="home"),
        *history,
        *accounts.urls.supply.urlpatterns,
        *supplychain.urls.supply.urlpatterns,
    ],
}
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("partnerhub.urls.public")),
    path("accounts/confirm-email/", confirm_code, name="account_email_verification_sent"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *(path(f"{name}/<slug:org>/", include((pages, name))) for name, pages in portals.items()),
    path("guest/<uuid:guest_id>/", include("supplychain.urls.guest")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("partnerhub.demo.urls")))
