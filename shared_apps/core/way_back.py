"""Where people go on once what stood in the way of something they sent is settled."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

ASKS_FOR_A_PAGE = ("GET", "HEAD")


def page_behind(request: HttpRequest) -> str:
    """The path of the page that a request was sent from: its own where it asks for a page, else the one of this host that the
    browser names as its referrer. A button's own address may take nothing but what it sends."""
    own = request.get_full_path()
    if request.method in ASKS_FOR_A_PAGE:
        return own
    try:
        sent_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # brackets that are no address
        return own
    path = sent_from._replace(scheme="", netloc="", fragment="").geturl()
    return path if sent_from.netloc == request.get_host() and is_path(path) else own


def is_path(address: str) -> bool:
    """Whether an address is of the host that it is asked of, whichever that is: no other's, and no script."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def ask_to_log_in(request: HttpRequest) -> HttpResponseRedirect:
    """Lead a visitor to the log-in page, and from there to the page they were on. To who had sent something the page says that
    it was not taken (`unsaved`): a message would make a session for every visitor."""
    answer = redirect_to_login(page_behind(request))
    if request.method in ASKS_FOR_A_PAGE:
        return answer
    return HttpResponseRedirect(f"{answer.url}&unsaved=1")
