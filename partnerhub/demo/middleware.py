"""One host name for the whole demo: cookies and passkeys are bound to it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

Handler = Callable[[HttpRequest], HttpResponse]


def one_host(get_response: Handler) -> Handler:
    wanted = urlsplit(settings.SITE_URL).netloc

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD") and request.get_host() != wanted:
            return HttpResponseRedirect(f"{settings.SITE_URL}{request.get_full_path()}")
        return get_response(request)

    return handle
