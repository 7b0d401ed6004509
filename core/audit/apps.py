from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "core.audit"
    label = "audit"
    verbose_name = "History"

    def ready(self) -> None:
        from core.audit import triggers

        post_migrate.connect(triggers.install, sender=self)
