"""A sweep to committed rows, references and indexes, without the answers that are computed from them afterwards.

`python -m benchmarks.stored DATABASE URL`: the program's own way from the Hub to the crawl's last transaction
(`jobs.pipelines`), with the ledger and the index of names in it; only `compute` is left out.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from crawler.apart import apart
from crawler.hub import Hub
from crawler.known import KnownRows
from crawler.sweep import sweep
from store import crawls
from store.database import transaction, writing
from store.known import fingerprints
from store.writer import PageWriter


def main(database: Path, url: str) -> None:
    with writing(database) as connection:
        crawl = crawls.begin_or_resume(
            connection, "sweep", endpoint=url, question="{}", now=int(time.time()), version="benchmark", fresh=True
        )
        listing = partial(sweep, known=KnownRows(*fingerprints(connection)))
        hub = partial(Hub, url)
        with closing(apart(listing, hub, on_wait=print)) as pages, PageWriter(connection, crawl.id) as writer:
            for page in pages:
                writer.write(page)
        with transaction(connection):
            writer.index_names()
            finished = crawls.finish(connection, crawl.id, writer.listed, now=int(time.time()))
    print(f"{finished.models} models")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
