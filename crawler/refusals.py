"""An answer that says no, put into words: which error it is, why, and what the user can do. Pure.

Every text passes `Redactor`: server texts may echo a token, or carry control characters meant for a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from crawler.echo import Echo
from crawler.errors import BadRequest, HubError, Malformed, NotFound, ServerFault, Unauthorized

_HF_TOKEN = re.compile(r"hf_[A-Za-z0-9_]+")
_EXPAND = re.compile(r"(?<=[?&])expand=[A-Za-z_-]+&|[?&]expand=[A-Za-z_-]+")
_LONGEST = 600

_KINDS: dict[int, tuple[type[HubError], str]] = {
    401: (Unauthorized, "set HF_TOKEN or --token-from, or the name is wrong or the model private"),
    403: (Unauthorized, "this token may not read it: set another with HF_TOKEN or --token-from"),
    404: (NotFound, "check the name and the endpoint"),
    410: (NotFound, "it has been taken down"),
    451: (NotFound, "it has been withdrawn for legal reasons"),
}


class Redactor:
    """Takes tokens, control characters and an address's long list of fields out of a text that people will read."""

    def __init__(self, token: str | None) -> None:
        self._secrets = [secret for secret in (token, Echo(token).secret) if secret and len(secret) >= 4]

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        text = _EXPAND.sub("", _HF_TOKEN.sub("hf_[token]", text))
        return "".join(character if character.isprintable() else " " for character in text)


def refusal(url: str, status: int, headers: Mapping[str, str], body: bytes, clean: Redactor) -> Exception:
    """The error that an answer other than 200 stands for (429 and redirects are told elsewhere)."""
    cause = f"{clean(url)}: {describe(status, headers, body, clean)}"
    if 200 <= status < 400:
        return Malformed(f"{cause}: not an answer that a Hub gives here; is the endpoint right?", retryable=True)
    if status >= 500:
        return ServerFault(f"{cause}: the server is at fault; try again later", url=clean(url), status=status)
    kind, way_out = _KINDS.get(status, (BadRequest, "the server refused the question itself"))
    return kind(f"{cause}: {way_out}", url=clean(url), status=status)


def describe(status: int, headers: Mapping[str, str], body: bytes, clean: Redactor) -> str:
    """Status, the server's message and code, and its request id, on one line."""
    message = headers.get("X-Error-Message") or _message(body)
    code, request_id = headers.get("X-Error-Code"), headers.get("X-Request-Id")
    parts = [f"answered {status}", message, code and f"code {code}", request_id and f"request {request_id}"]
    return clean(", ".join(part[:_LONGEST] for part in parts if part))


def _message(body: bytes) -> str:
    """The `error` text of a JSON body; nothing for HTML and the like."""
    try:
        found = msgspec.json.decode(body, type=dict[str, object]).get("error")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""
