"""The root of all addresses."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "core.web.middleware.bad_request"
handler500 = "core.web.middleware.server_error"
urlpatterns = [
    path("", include("partnerhub.urls.public")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("seller/<slug:org>/", include("partnerhub.urls.seller")),
    path("provider/<slug:org>/", include("partnerhub.urls.provider")),
    path("supply/<slug:org>/", include("partnerhub.urls.supply")),
    path("guest/<uuid:guest_id>/", include("supplychain.urls.guest")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("partnerhub.demo.urls")))
