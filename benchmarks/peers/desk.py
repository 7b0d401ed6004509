"""The admin as it comes: a model registered with nothing said about it."""

from django.contrib import admin

from roles.models import RoleApplication

untouched = admin.AdminSite(name="untouched")
untouched.register(RoleApplication)
