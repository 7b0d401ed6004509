from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RolesConfig(AppConfig):
    name = "roles"
    verbose_name = "Roles and applications"

    def ready(self) -> None:
        from core.audit import objects, presenters
        from core.outbox import kinds as mails
        from roles import mail_kinds, verbs
        from roles.transitions import catalogue

        presenters.register(verbs.SENTENCES, verbs.GROUPS)
        objects.register_desk(cases=("roles.roleapplication", "roles.approvedrole"))
        mails.register(mail_kinds.KINDS, ends=mail_kinds.ENDS)
        post_migrate.connect(catalogue.load_catalogue, sender=self)
