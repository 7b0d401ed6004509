"""One task for one mail, the way most projects send: each opens a connection of its own."""

from django.core.mail import EmailMultiAlternatives, mailers

from benchmarks.mails import share_mail
from core.celery import app
from core.outbox.rendering import render_mail


@app.task(name="benchmarks.send_one")
def send_one(number: int) -> None:
    """Render and send the mail of this number."""
    subject, text, html = render_mail(share_mail(number))
    message = EmailMultiAlternatives(subject, text, to=[f"s{number}@sink.example"])
    message.attach_alternative(html, "text/html")
    mailers["transport"].send_messages([message])
