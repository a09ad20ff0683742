"""A generated Hub as pages built beforehand, one file a page, so that serving them costs next to nothing.

A folder holds a folder of numbered pages for each listing, and `finished.json`, which is written last and says what
they are. What is there already is not built again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from crawler.expand import EXPAND
from crawler.replica.api import LARGEST_PAGE, legal_words
from crawler.replica.catalogue import Catalogue
from crawler.replica.fields import IDENTITY, LIST_WORDS
from crawler.replica.generate import generate
from crawler.replica.orders import CREATED
from crawler.replica.projection import project_page

EDITED = "lastModified"
MARKER = "finished.json"
Recipe = Mapping[str, Any]


def build(folder: Path, models: int, seed: int) -> Path:
    """What the replica would answer to a sweep of `generate(models, seed)`, page by page."""
    recipe = {"what": "hub", "models": models, "seed": seed, "fields": EXPAND}
    if not is_finished(folder, recipe):
        write(folder, recipe, {CREATED: _bodies(generate(models, seed))})
    return folder


def _bodies(catalogue: Catalogue) -> Iterator[bytes]:
    fields = (*IDENTITY, *legal_words(EXPAND, LIST_WORDS))
    for first in range(0, len(catalogue), LARGEST_PAGE):
        positions = np.arange(first, min(first + LARGEST_PAGE, len(catalogue)), dtype=np.uint32)
        yield project_page(catalogue.array_text(positions), fields)


def is_finished(folder: Path, recipe: Recipe) -> bool:
    """Whether the folder holds all pages of this recipe."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_bytes() == _as_text(recipe)


def recipe_of(folder: Path) -> dict[str, Any]:
    """What the pages in a finished folder are."""
    found: dict[str, Any] = json.loads((folder / MARKER).read_bytes())
    return found


def write(folder: Path, recipe: Recipe, listings: Mapping[str, Iterable[bytes]]) -> None:
    """The pages of each listing in the place of those that were there, then the marker."""
    (folder / MARKER).unlink(missing_ok=True)
    for listing, bodies in listings.items():
        shutil.rmtree(folder / listing, ignore_errors=True)
        (folder / listing).mkdir(parents=True)
        for number, body in enumerate(bodies):
            page_path(folder, listing, number).write_bytes(body)
    (folder / MARKER).write_bytes(_as_text(recipe))


def page_path(folder: Path, listing: str, number: int) -> Path:
    return folder / listing / f"{number:06}.json"


def bodies(folder: Path, listing: str = CREATED) -> Iterator[bytes]:
    """The pages of a listing, in order."""
    return (path.read_bytes() for path in sorted((folder / listing).iterdir()))


def rows(body: bytes) -> list[bytes]:
    """The text of each row of a page."""
    return [bytes(row) for row in _RAW_ROWS.decode(body)]


def paged(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Rows -> pages of the largest size."""
    page: list[bytes] = []
    for text in texts:
        page.append(text)
        if len(page) == LARGEST_PAGE:
            yield joined(page)
            page = []
    if page:
        yield joined(page)


def joined(texts: Iterable[bytes]) -> bytes:
    """Rows as one page."""
    return b"[%b]" % b",".join(texts)


def _as_text(recipe: Recipe) -> bytes:
    return json.dumps(recipe).encode()


_RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
