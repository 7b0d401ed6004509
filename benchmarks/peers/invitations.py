"""django-invitations, sending to memory: a mail server would only add to its requests."""

from typing import Any

from invitations.adapters import BaseInvitationsAdapter


class Adapter(BaseInvitationsAdapter):
    """Sends as the package does, but not into our outbox."""

    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        self.render_mail(template_prefix, email, context).send(using="memory")
