"""Help: the two workflows as pages in our own words, and the question whether they helped."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.web.fields import ParagraphsField
from core.web.forms import posted, status_of
from partnerhub.portals.models import HelpFeedback

LONGEST = 1000
PAGES = {
    "solution-providers": "Let a solution provider work in a seller's account",
    "supply-chain-connect": "Ship with suppliers in Supply Chain Connect",
}
QUESTIONS = {"yes": "What was helpful?", "no": "How can we improve this help page?"}


class FeedbackForm(forms.Form):
    helpful = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")], widget=forms.HiddenInput)
    text = ParagraphsField(
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Up to 1,000 characters. This form doesn't create a support case.",
    )

    def __init__(self, *args: Any, answer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = QUESTIONS[answer]


@login_not_required
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "help/index.html", {"pages": PAGES})


@login_not_required
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One workflow with the feedback question; yes and no ask different things (S1.19)."""
    if slug not in PAGES:
        raise Http404
    answer = (request.POST if request.method == "POST" else request.GET).get("helpful", "")
    form = None
    if answer in QUESTIONS:
        form = FeedbackForm(posted(request), initial={"helpful": answer}, answer=answer)
    if request.method == "POST" and form is None:
        return redirect("help-page", slug=slug)
    if form is not None and form.is_valid():
        HelpFeedback.objects.create(
            page=slug,
            helpful=answer == "yes",
            text=form.cleaned_data["text"],
            user=request.user if request.user.is_authenticated else None,
        )
        return redirect(f"{request.path}?thanks=1#feedback")
    context = {
        "slug": slug,
        "page_title": PAGES[slug],
        "form": form,
        "thanks": request.GET.get("thanks") == "1",
        "review_days": settings.REVIEW_PROMISE_DAYS,
        "link_days": settings.PARTNER_LINK_DAYS,
        "invitation_days": settings.INVITATION_DAYS,
    }
    status = status_of(form) if form else HTTPStatus.OK
    return render(request, f"help/{slug.replace('-', '_')}.html", context, status=status)
