from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "core.outbox"
    label = "outbox"
    verbose_name = "Outbox"

    def ready(self) -> None:
        from core.audit import presenters

        presenters.register({"marked_address.cleared": "let mail go to an address again"})
