from django.apps import AppConfig


class SupplychainConfig(AppConfig):
    name = "supplychain"
    verbose_name = "Supply chain"

    def ready(self) -> None:
        """Register words, the supplier invitation, and the signals we listen to."""
        from accounts.invitations import kinds
        from accounts.invitations.batches import kinds as batches
        from connections.rights import last_used
        from core.audit import presenters
        from core.outbox import kinds as mails
        from supplychain import mail_kinds, receivers, verbs
        from supplychain.batch_kinds import SUPPLIERS
        from supplychain.invitation_kinds import GUEST, SUPPLIER
        from supplychain.permissions import FBA_SHIPMENTS
        from supplychain.reads import object_names

        presenters.register(verbs.SENTENCES)
        mails.register(mail_kinds.KINDS, urgent=mail_kinds.URGENT)
        kinds.register(SUPPLIER)
        kinds.register(GUEST)
        batches.register(SUPPLIERS)
        object_names.register()
        last_used.observe(FBA_SHIPMENTS)
        receivers.connect()
