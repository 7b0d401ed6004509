from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and organizations"

    def ready(self) -> None:
        from accounts import mail_kinds, objections, receivers, verbs
        from accounts.invitation_kinds import EMPLOYEE
        from accounts.invitations import kinds
        from core.audit import objects, presenters
        from core.outbox import kinds as mails
        from core.outbox import objections as unwanted

        presenters.register(verbs.SENTENCES, verbs.GROUPS)
        objects.register_desk(
            cases=("accounts.identitycheck",), documents=("accounts.identitydocument",)
        )
        mails.register(mail_kinds.KINDS, asked=mail_kinds.ASKED, ends=mail_kinds.ENDS)
        unwanted.register(objections.former_members)
        unwanted.register(objections.dead_links)
        kinds.register(EMPLOYEE)
        receivers.connect()
