"""Values as XML 1.0 has them: pictures, U+2400 and on, stand for the control characters that it has no word for."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from store.exports.reading import Column, Kind
from store.exports.tables import Table
from store.exports.texts import Escapes, Written

TYPES: dict[Kind, str] = {"integer": "long", "truth": "boolean"}
"""What GraphML and GEXF call the kinds; the others are strings."""

_ENTITIES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _ENTITIES}
_NO_CHARACTERS = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}


def escaped(text: str) -> str:
    """One text, as `XML` writes many."""
    return escape(text, _ENTITIES).translate(_PICTURES | _NO_CHARACTERS)


XML = Written(Escapes(bytes({*range(0x20), *b'<>&"', 0xEF}), escaped))  # 0xEF begins U+FFFE and U+FFFF
"""Both between tags and in an attribute."""


def data_of(table: Table, apart: Sequence[str]) -> list[tuple[Column, str]]:
    """The columns but for those apart, and what stands for their names: each stands in every row."""
    data = [column for column in table.columns if column.name not in apart]
    return [(column, f"{table.name[0]}{number}") for number, column in enumerate(data)]
