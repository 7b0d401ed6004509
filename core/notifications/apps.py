from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "core.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from anymail.signals import tracking

        from core.notifications import mail_kinds
        from core.notifications.digests import still_told
        from core.notifications.preferences import unwanted
        from core.notifications.receivers import note_delivery, note_refusal, note_tracking
        from core.outbox import kinds, objections
        from core.outbox.signals import delivery_changed, line_refused

        kinds.register(mail_kinds.KINDS)
        objections.register(unwanted)
        objections.register_revision(mail_kinds.DAILY, still_told)
        delivery_changed.connect(note_delivery, dispatch_uid="notifications.note_delivery")
        line_refused.connect(note_refusal, dispatch_uid="notifications.note_refusal")
        tracking.connect(note_tracking, dispatch_uid="notifications.note_tracking")
