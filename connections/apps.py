from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ConnectionsConfig(AppConfig):
    name = "connections"
    verbose_name = "Connections"

    def ready(self) -> None:
        from accounts.invitations import kinds
        from connections import mail_kinds, objections, receivers, verbs
        from connections.emails import approval_changed_drafts
        from connections.invitation_kinds import CONNECTION, PARTNER_LINK
        from connections.reads import impact
        from connections.rights import effective_rights
        from core import hooks
        from core.audit import presenters
        from core.outbox import kinds as mails
        from core.outbox import objections as unwanted
        from roles.catalogue import read_catalogue

        presenters.register(verbs.SENTENCES, verbs.GROUPS)
        mails.register(mail_kinds.KINDS, ends=mail_kinds.ENDS)
        presenters.register_labels({row.code: row.name for row in read_catalogue()})
        unwanted.register(objections.over)
        kinds.register(PARTNER_LINK)
        kinds.register(CONNECTION)
        receivers.connect()
        hooks.approval_drafts.fill(approval_changed_drafts)
        hooks.sellers_relying_on.fill(impact.sellers_relying_on)
        hooks.people_relying_on.fill(impact.people_relying_on)
        pre_migrate.connect(effective_rights.drop, sender=self)
        post_migrate.connect(effective_rights.create, sender=self)
