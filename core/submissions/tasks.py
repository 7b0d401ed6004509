"""Keys of forms are forgotten: nobody sends a form twice days later."""

from datetime import timedelta

from core import clock
from core.submissions.models import Submission
from core.tasks import task

KEPT = timedelta(days=2)


@task("submissions.forget")
def forget() -> None:
    """Their time is real, not the rules' clock."""
    Submission.objects.filter(sent_at__lt=clock.real_now() - KEPT).delete()
