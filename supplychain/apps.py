from django.apps import AppConfig


class SupplychainConfig(AppConfig):
    name = "supplychain"
    verbose_name = "Supply chain"

    def ready(self) -> None:
        from accounts.invitations import kinds
        from connections.rights import uses
        from core import hooks
        from core.audit import objects, presenters
        from core.outbox import kinds as mails
        from core.outbox import objections as unwanted
        from supplychain import mail_kinds, objections, receivers, verbs
        from supplychain.invitation_kinds import GUEST, SUPPLIER
        from supplychain.permissions import FBA_SHIPMENTS
        from supplychain.reads import impact, object_names, offboarding

        presenters.register(verbs.SENTENCES, verbs.GROUPS)
        mails.register(mail_kinds.KINDS, urgent=mail_kinds.URGENT, ends=mail_kinds.ENDS)
        unwanted.register(objections.former_delegates)
        unwanted.register(objections.stopped)
        kinds.register(SUPPLIER)
        kinds.register(GUEST)
        uses.observe(FBA_SHIPMENTS)
        objects.register(object_names.NAMINGS)
        receivers.connect()
        hooks.open_work.fill(impact.open_work)
        hooks.work_left_open.fill(offboarding.left_open)
