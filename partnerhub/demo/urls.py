"""Addresses of the demo; included only when DEMO is on."""

from django.urls import path

from partnerhub.demo import views

urlpatterns = [
    path("", views.people, name="demo-people"),
    path("sign-in/", views.sign_in, name="demo-sign-in"),
    path("mail/", views.mail_list, name="demo-mail"),
    path("mail/kinds/", views.mail_kinds, name="demo-mail-kinds"),
    path("mail/kinds/<str:name>/", views.mail_kind, name="demo-mail-kind"),
    path("mail/kinds/<str:name>/body/", views.mail_kind_body, name="demo-mail-kind-body"),
    path("mail/<slug:name>/", views.mail_detail, name="demo-mail-detail"),
    path("mail/<slug:name>/body/", views.mail_body, name="demo-mail-body"),
    path("clock/", views.clock_page, name="demo-clock"),
    path("gallery/", views.gallery, name="demo-gallery"),
]
