from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "partnerhub.outbox"
    label = "outbox"
    verbose_name = "Outbox"

    def ready(self) -> None:
        """Register the words for history."""
        from partnerhub.audit import presenters

        presenters.register({"marked_address.cleared": "let mail go to an address again"})
