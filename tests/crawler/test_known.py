"""Rows that are known by their text: found among all others, and the rest of their page read by whoever has time."""

from __future__ import annotations

import json
from functools import partial

import msgspec
import numpy as np
import pytest

from crawler.apart import apart
from crawler.hub import Hub
from crawler.known import KnownRows, fingerprints_of
from crawler.parse import read_page, read_rest
from crawler.records import Page, Unread
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from crawler.sweep import listing, sweep

ODD = [{"_id": "no id", "id": "a/1"}, 7]
_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode


def known_of(texts: list[msgspec.Raw]) -> KnownRows:
    """Each row by its place, from 1 on."""
    fingerprints = fingerprints_of(texts)
    order = fingerprints.argsort()
    return KnownRows(fingerprints[order], (order + 1).astype(np.uint32))


def page_of(body: bytes, known: KnownRows | None = None) -> Page:
    models, quarantined, unchanged, unread = read_page(body, known)
    return Page(models, tuple(quarantined), None, 1, unchanged=unchanged, unread=unread)


@pytest.mark.parametrize("seed", range(20))
def test_each_number_is_found_among_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spread = np.iinfo(np.int64).max >> int(rng.integers(0, 60))  # alike in their first bits, or not
    stored = np.unique(rng.integers(-spread - 1, spread, int(rng.integers(1, 300)), endpoint=True))
    numbers = rng.permutation(len(stored)).astype(np.uint32) + 1
    asked = np.concatenate([rng.choice(stored, 50), rng.integers(-spread - 1, spread, 50, endpoint=True)])
    by_fingerprint = dict(zip(stored.tolist(), numbers.tolist(), strict=True))
    assert KnownRows(stored, numbers).numbers_of(asked) == [by_fingerprint.get(one, 0) for one in asked.tolist()]


def test_nothing_is_found_among_nothing() -> None:
    nothing = KnownRows(np.empty(0, np.int64), np.empty(0, np.uint32))
    assert nothing.numbers_of(np.array([0, -1, 5])) == [0, 0, 0]
    assert KnownRows(np.array([5]), np.array([1], np.uint32)).numbers_of(np.empty(0, np.int64)) == []


@pytest.mark.parametrize("changed", [1, 4, 6, 10])
def test_a_page_is_the_same_whoever_reads_its_rest(changed: int) -> None:
    rows = [{"_id": f"{number:024x}", "id": f"a/{number}", "likes": number} for number in range(10)]
    known = known_of(_decode(json.dumps(rows).encode()))
    listed = [*ODD, *({**row, "likes": 99} for row in rows[:changed]), *rows[changed:]]
    body = json.dumps(listed).encode()
    page = page_of(body, known)
    assert len(page.unread.texts) == changed + len(ODD)
    assert page.rows == 10 + len(ODD)
    whole, of_all = read_rest(page), page_of(body)
    assert whole.unread == Unread()
    assert whole.records == of_all.records[:changed]
    assert whole.quarantined == of_all.quarantined
    assert len(whole.quarantined) == len(ODD)
    assert whole.unchanged == list(range(changed + 1, 11))


def test_pages_of_another_process_are_read_to_the_end() -> None:
    with running(Replica(generate(3000, 1), quota=None)) as url, Hub(url) as hub:
        texts = _decode(hub.get(hub.list_url(listing(sort="createdAt"))).body)
        known = known_of([text for place, text in enumerate(texts) if place % 4])
        (page, *_), here = apart(partial(sweep, known=known), partial(Hub, url), on_wait=print), list(sweep(hub))
    assert len(page.unchanged) == 750
    assert page.records == here[0].records[::4]
