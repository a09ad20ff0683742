"""One HTTP exchange: the question goes out once, and the whole answer is here before a deadline, or an error.

It holds the session, the token, the deadline and the size cap. It follows nothing and tries nothing twice:
that is `crawler.hub`. What bounds an exchange: connecting has its own timeout for each address (name look-up
that of the system's resolver); all after that, head and body, a watchdog that shuts the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from urllib3.exceptions import DecodeError, NewConnectionError

from crawler.endpoint import Endpoint
from crawler.errors import CrawlError, Malformed, Unreachable
from crawler.refusals import Redactor
from crawler.watchdog import Watchdog, WatchedAdapter

USER_AGENT = "modelroots/0.1.0"
LARGEST_BODY = 64 * 1024 * 1024  # bytes, decoded; promise P6
LARGEST_REFUSAL = 64 * 1024  # bytes of an error page that are worth reading
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 30.0  # seconds without a single byte
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Reply:
    """What came back: the address asked, the status, the head, the body decoded, and the seconds that it took."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


class Transport:
    """A session with one endpoint: one exchange at a time."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        token: str | None,
        deadline: float,
        clock: Callable[[], float],
        clean: Redactor,
    ) -> None:
        self._endpoint, self._token, self._clean = endpoint, token, clean
        self._deadline, self._clock = deadline, clock
        self._watchdog: Watchdog | None = None
        self._closed = False
        self._session = _session(endpoint)

    def get(self, url: str) -> Reply:
        """Ask once. `Unreachable` where no answer came in time, `Malformed` where its body is cut or too large."""
        until = self._clock() + self._deadline
        with Watchdog(self._deadline) as watchdog:
            self._watchdog = watchdog
            if self._closed:
                watchdog.fire()
            try:
                return self._exchange(url, until)
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                HTTPException,
                OSError,
                ValueError,
            ) as error:
                raise self._fault(url, error, late=watchdog.fired) from error
            finally:
                self._watchdog = None

    def close(self) -> None:
        """An exchange that another thread is in ends too, as one that took too long."""
        self._closed = True
        if watchdog := self._watchdog:
            watchdog.fire()
        self._session.close()

    def _exchange(self, url: str, until: float) -> Reply:
        timeouts = (min(CONNECT_TIMEOUT, self._deadline), min(READ_TIMEOUT, self._deadline))
        asked = self._session.get(url, auth=self._sign, timeout=timeouts, stream=True, allow_redirects=False)
        with asked as response:
            body = self._body(response, until) if response.status_code == 200 else _refusal_body(response)
        return Reply(url, response.status_code, response.headers, body)

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token where the request goes to the endpoint. Being set at all, it keeps `.netrc` out."""
        if self._token and self._endpoint.holds(request.url or ""):
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _body(self, response: requests.Response, until: float) -> bytes:
        chunks, size = [], 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST_BODY:
                raise Malformed(f"{self._clean(response.url)}: the body is larger than {LARGEST_BODY >> 20} MiB")
            if self._clock() > until:
                raise TimeoutError
        if (watchdog := self._watchdog) and watchdog.fired:
            raise TimeoutError
        return b"".join(chunks)

    def _fault(self, url: str, error: Exception, *, late: bool) -> CrawlError:
        subject = self._clean(url)
        if late or isinstance(error, TimeoutError):
            return Unreachable(f"{subject}: no whole answer within {self._deadline:g} s; try again later", url=subject)
        if isinstance(error, DecodeError) or any(isinstance(part, IncompleteRead) for part in error.args):
            return Malformed(f"{subject}: the body is cut or cannot be decoded", retryable=True)
        return Unreachable(
            f"{subject}: no answer ({self._clean(_reason(error))}). "
            "Is the endpoint right (--endpoint, HF_ENDPOINT), the network up?",
            url=subject,
        )


def _reason(error: Exception) -> str:
    """What the libraries wrapped in layers: `Connection refused` out of a page of pools and retries."""
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", inner))
    return text.rpartition("] ")[2].rstrip(")")[:300] or type(error).__name__


def never_connected(error: BaseException) -> bool:
    """Whether nobody was there: refused, no such host, no route, or a certificate that is not accepted."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)


def _session(endpoint: Endpoint) -> requests.Session:
    """A session that keeps no cookie, and asks the environment for a proxy unless the Hub is this machine."""
    session = requests.Session()
    session.trust_env = not endpoint.is_loopback
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter())
    return session


def _refusal_body(response: requests.Response) -> bytes:
    """The beginning of an error page. The head says what matters: a broken body is no further fault."""
    try:
        return bytes(response.raw.read1(LARGEST_REFUSAL, decode_content=True) or b"")
    except (urllib3.exceptions.HTTPError, HTTPException, OSError):
        return b""
