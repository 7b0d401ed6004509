from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "partnerhub.outbox"
    label = "outbox"
    verbose_name = "Outbox"
