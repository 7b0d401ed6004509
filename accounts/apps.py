from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and organizations"

    def ready(self) -> None:
        from accounts import mail_kinds, receivers, verbs
        from accounts.invitation_kinds import EMPLOYEE
        from accounts.invitations import kinds
        from core.audit import presenters
        from core.outbox import kinds as mails

        presenters.register(verbs.SENTENCES, verbs.GROUPS)
        mails.register(mail_kinds.KINDS, asked=mail_kinds.ASKED)
        kinds.register(EMPLOYEE)
        receivers.connect()
