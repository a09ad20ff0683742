"""The two listings that `changes` asks for, fetched with requests and thrown away: `ask_changes URL` prints seconds."""

from __future__ import annotations

import sys
import time

import requests

from benchmarks.pages import EDITED
from crawler.replica.orders import CREATED


def ask(url: str) -> int:
    """Page after page on one connection, as far as there are any: how many there were."""
    pages = 0
    with requests.Session() as session:
        for sort in (CREATED, EDITED):
            next_page: str | None = f"{url}/api/models?sort={sort}&direction=-1&limit=1000"
            while next_page:
                answer = session.get(next_page, timeout=60)
                answer.raise_for_status()
                pages += 1
                next_page = answer.links.get("next", {}).get("url")
    return pages


if __name__ == "__main__":
    began = time.perf_counter()
    ask(sys.argv[1])
    print(time.perf_counter() - began)
