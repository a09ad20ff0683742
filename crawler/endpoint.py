"""Where the Hub is: its checked address, what belongs to it, what is asked there. Pure: it asks nothing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urljoin, urlsplit

Origin = tuple[str, str, int]

_ODD = re.compile(r"[\s\\\x00-\x1f\x7f]")  # characters on which two address parsers may disagree
_PORTS = {"http": 80, "https": 443}
# Possessive throughout: a server writes these headers, and may write 6 MB that nearly match in every way there is.
_LINK = re.compile(r"""<([^<>]*+)>((?:[^",<]++|"(?:[^"\\]++|\\.)*+")*+)[\s,]*+""", re.DOTALL)
_PARAMETER = re.compile(
    r"""[\s;]*+(?P<name>[^=;\s"]*+)\s*+(?:=\s*+(?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"|(?P<plain>[^";]*+)))?+[\s;]*+""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Endpoint:
    """A Hub's address without a slash at its end, and its origin (scheme, host, port)."""

    address: str
    origin: Origin

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Check `http(s)://host[:port][/prefix]`; ValueError, saying what is wrong, for anything else."""
        origin = origin_of(text.strip())
        parts = urlsplit(text.strip()) if origin else None
        if origin is None or parts is None or parts.query or parts.fragment:
            raise ValueError(
                f"not a Hub's address: {text.strip()[:200]!r}; it should look like https://huggingface.co "
                "or http://127.0.0.1:8000, without a user name, query or fragment"
            )
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", origin)

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine."""
        host = self.origin[1]
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_private(self) -> bool:
        """Whether nobody between here and there can read along: https, or this very machine."""
        return self.origin[0] == "https" or self.is_loopback

    def holds(self, url: str) -> bool:
        """Whether an address is of the same scheme, host and port, and free of tricks."""
        return origin_of(url) == self.origin

    def list_url(self, params: Iterable[tuple[str, str]]) -> str:
        """The model listing with these parameters; a name may occur several times."""
        return f"{self.address}/api/models?{urlencode(list(params))}"

    def model_url(self, repo_id: str, expand: Iterable[str]) -> str:
        """The detail route of one model; ValueError where the text cannot be a model's name."""
        parts = repo_id.split("/", 1)
        if any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a model's name: {repo_id[:200]!r}")
        name = "/".join(quote(part, safe="", errors="replace") for part in parts)
        return f"{self.address}/api/models/{name}?{urlencode([('expand', word) for word in expand])}"


def origin_of(url: str) -> Origin | None:
    """Scheme, host and port of a plain http or https address; None where it is anything else."""
    if _ODD.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port if port is not None else _PORTS[parts.scheme]


def joined(url: str, link: str) -> str:
    """A link as found in an answer, made absolute; one that cannot be read comes back as it is."""
    try:
        return urljoin(url, link)
    except ValueError:
        return link


def next_link(url: str, header: str) -> str | None:
    """The absolute `rel="next"` address of a `Link` header; None where it names none. ValueError: not readable.

    By the grammar of RFC 8288, for an address or a title may hold what looks like a link.
    """
    found, place = None, 0
    header = header.strip(" \t,")
    while place < len(header):
        link = _LINK.match(header, place)
        if link is None:
            raise ValueError(f"not links: {header[place : place + 60]!r}")
        place = link.end()
        if found is None and "next" in _relations(link[2]):
            found = joined(url, link[1].strip())
    return found


def _relations(parameters: str) -> list[str]:
    """The words of the first `rel`, as the grammar has it; ValueError where the parameters are none."""
    place, words = 0, None
    while place < len(parameters):
        parameter = _PARAMETER.match(parameters, place)
        if parameter is None or parameter.end() == place:
            raise ValueError(f"not a link's parameters: {parameters[place : place + 60]!r}")
        place = parameter.end()
        if words is None and parameter["name"].lower() == "rel":
            words = (parameter["quoted"] or parameter["plain"] or "").lower().split()
    return words or []
