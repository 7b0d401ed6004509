from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "partnerhub.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Make the platform's own kinds of mail known."""
        from partnerhub.notifications import mail_kinds
        from partnerhub.outbox import kinds

        kinds.register(mail_kinds.KINDS)
