"""Which fields and how many rows are asked for, and how a listing's address names them. Pure: it asks nothing."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

EXPAND = (
    "baseModels",
    "cardData",
    "createdAt",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "gated",
    "lastModified",
    "library_name",
    "likes",
    "pipeline_tag",
    "private",
    "safetensors",
    "tags",
)
"""The fields every listing asks for: what a `ModelRecord` is made of (WIRE names all that a Hub knows)."""

LARGEST_PAGE = 1000
"""Rows; WIRE: the most that a Hub gives on a page."""

LINEAGE = frozenset({"baseModels", "cardData", "tags"})
"""Where a base can be read. A server that refuses all three cannot be crawled for lineage."""

CHILDREN = "childrenModelCount"
"""Known to the detail route alone."""


def words_of(url: str) -> list[str]:
    """The expand words in an address, in order."""
    return [value for name, value in parse_qsl(urlsplit(url).query) if name == "expand"]


def limit_of(url: str) -> int:
    """How many rows a listing's address asks for on a page; where it does not say, as many as a Hub gives."""
    text = dict(parse_qsl(urlsplit(url).query)).get("limit", "")
    return int(text) if text.isdecimal() and len(text) < 10 else LARGEST_PAGE


def without(url: str, refused: Collection[str]) -> str:
    """The same address with some expand words left out; everything else of it, the cursor too, stays."""
    if not set(words_of(url)) & set(refused):
        return url
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name != "expand" or value not in refused]
    return urlunsplit(parts._replace(query=urlencode(kept)))
