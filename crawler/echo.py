"""Whether an answer says the token back that it was asked with. Pure: it asks nothing, and shows the token to nobody.

A token that came back as data, in a name, a tag or a cursor, would be stored and published like any other text. What
counts is the token with or without its `hf_`, as it stands, in JSON's escapes, and in addresses percent-encoded or
in base64 too, as cursors are. A server that wants to pass it on in a form of its own can: it has been given it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

SHORTEST = 16
"""Characters. The Hub's tokens have 37; a shorter word, for a Hub of one's own, may stand in any page by chance."""
_ESCAPED = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
_MAY_BE_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")


class Echo:
    """Finds one token in what a server says; nothing, where there is none or it is too short to be told from words."""

    def __init__(self, token: str | None) -> None:
        secret = (token or "").removeprefix("hf_")
        self.secret = secret if len(secret) >= SHORTEST else ""

    def is_in_body(self, body: bytes) -> bool:
        secret = self.secret.encode()
        if not secret:
            return False
        return secret in body or (b"\\u00" in body and secret in _ESCAPED.sub(_unescaped, body))

    def is_in_address(self, text: str) -> bool:
        """In a header that tells an address, such as `Link` and `Location`."""
        return bool(self.secret) and any(self.secret in form for form in _forms(text))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())


def _forms(text: str) -> Iterator[str]:
    yield text
    plain = unquote(text)
    yield plain
    for word in _MAY_BE_BASE64.findall(plain):
        yield base64.urlsafe_b64decode(word.replace("+", "-").replace("/", "_") + "A" * (-len(word) % 4)).decode(
            "latin-1"
        )
