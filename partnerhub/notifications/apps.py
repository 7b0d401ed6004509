from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "partnerhub.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Make the platform's own kinds of mail known; hear what became of all mail."""
        from anymail.signals import tracking

        from partnerhub.notifications import mail_kinds
        from partnerhub.notifications.tracking import note_tracking
        from partnerhub.notifications.undelivered import note_delivery
        from partnerhub.outbox import kinds
        from partnerhub.outbox.signals import delivery_changed

        kinds.register(mail_kinds.KINDS)
        delivery_changed.connect(note_delivery, dispatch_uid="notifications.note_delivery")
        tracking.connect(note_tracking, dispatch_uid="notifications.note_tracking")
