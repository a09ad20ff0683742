"""What can go wrong between this program and a Hub, or a dump of one.

    CrawlError
    +-- UnreadableDump       a file that is no dump of the Hub, or is damaged
    +-- Malformed            an answer of another shape than WIRE describes
    |   +-- ForeignLink      a next link or redirect that leaves the configured origin
    |   +-- Astray           a page, or a next link, that leads back
    +-- TokenEchoed          an answer that holds the token it was asked with
    +-- HubError             an answer that says no; carries status, url, code, message, request id
        +-- Unauthorized     401, 403: token missing or not accepted (or the thing is private)
        +-- NotFound         404, 410, 451
        +-- BadRequest       400 and the other 4xx: the question itself was refused
        +-- QuotaExceeded    429: the server names a wait
        +-- ServerFault      5xx: worth another try
        +-- Unreachable      no answer at all: refused, reset, timed out, name not found

Faults (`ServerFault`, `Unreachable`, a cut or unreadable body) are tried again with jitter; a quota
is waited for, as long as the server says. Nothing else is tried again.
"""

from __future__ import annotations


class CrawlError(Exception):
    """Anything that ends a crawl before its last page."""


class UnreadableDump(CrawlError):
    """A file that is no dump of the Hub, or is damaged. The text names file, column or row, and the cause."""


class Malformed(CrawlError):
    """An answer of another shape than the Hub's; `retryable` when a second try may bring a whole one."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class ForeignLink(Malformed):
    """A next link or a redirect that leaves the configured origin. It is never followed."""


class Astray(Malformed):
    """A page that is not what its cursor asks for, or leads back: to go on would skip rows, or never end."""


class TokenEchoed(CrawlError):
    """An answer that holds the token it was asked with: nothing of it is read, for all that is read is stored."""


class HubError(CrawlError):
    """A request that was answered with a refusal, or not at all.

    `status` is the HTTP status (0 where there was no answer); `url` what was asked, never with a token.
    """

    def __init__(self, message: str, *, url: str, status: int = 0) -> None:
        super().__init__(message)
        self.url = url
        self.status = status


class Unauthorized(HubError):
    """401 or 403. For one model it may also mean missing or private: the Hub does not tell."""


class NotFound(HubError):
    """404, 410 or 451."""


class BadRequest(HubError):
    """The question was refused, e.g. for an `expand` word that this server does not know."""


class QuotaExceeded(HubError):
    """429. `wait` is how many seconds the server asks for, None where it names no time."""

    def __init__(self, message: str, *, url: str, wait: float | None) -> None:
        super().__init__(message, url=url, status=429)
        self.wait = wait


class ServerFault(HubError):
    """5xx."""


class Unreachable(HubError):
    """No answer: refused, reset, timed out, no such host."""
