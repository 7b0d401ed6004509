"""Role applications in the provider portal."""

from django.urls import path

from roles.views import drafts, provider

urlpatterns = [
    path("applications/", provider.application_list, name="applications"),
    path("applications/new/", drafts.application_new, name="application-new"),
    path(
        "applications/renew/<slug:category>/", provider.application_renew, name="application-renew"
    ),
    path("applications/<uuid:public_id>/", provider.application_detail, name="application"),
    path("applications/<uuid:public_id>/save/", drafts.application_save, name="application-save"),
    path(
        "applications/<uuid:public_id>/submit/",
        drafts.application_submit,
        name="application-submit",
    ),
    path(
        "applications/<uuid:public_id>/answer/",
        provider.application_answer,
        name="application-answer",
    ),
    path(
        "applications/<uuid:public_id>/withdraw/",
        provider.application_withdraw,
        name="application-withdraw",
    ),
    path(
        "applications/<uuid:public_id>/again/", provider.application_again, name="application-again"
    ),
]
