"""A listing that is fetched and parsed in a process of its own, so that storing does not wait for it.

Both hold Python's lock for most of their time: in threads they would take turns. The process keeps nothing:
it is ended with its consumer, whatever ends that.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Semaphore
from typing import Any, TypeVar

import msgspec

from crawler import errors
from crawler.errors import CrawlError
from crawler.parse import read_rest
from crawler.records import Page

Source = TypeVar("Source")


class _Waiting(msgspec.Struct, frozen=True, tag=True):
    seconds: float
    why: str


class _Ended(msgspec.Struct, frozen=True, tag=True):
    """The last word: nothing where the listing is at its end, else the error by its class's name."""

    error: str | None = None
    message: str = ""
    details: dict[str, Any] = {}


_IN_A_PIPE = 1 << 20
"""Bytes of a page: as many as Linux lets anybody have, and most pages take."""

PAGES_WAITING = 2
"""Beside the next one that is taken: some pages take whoever stores them longer, such as the last of a transaction.
After a kill they are asked for again.
"""

_SELDOM = 100_000
"""Objects after which Python looks for cycles among the newest. A page is thousands, and holds none: after each 700, as
is usual, that takes a twentieth of all time.
"""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For whoever has pages in hand, on either side."""
    usual = gc.get_threshold()
    gc.set_threshold(_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Page | _Waiting | _Ended).decode


def apart(
    listing: Callable[[Source], Iterable[Page]],
    make_hub: Callable[..., AbstractContextManager[Source]],
    *,
    on_wait: Callable[[float, str], object],
) -> Generator[Page]:
    """The pages of `listing(make_hub(on_wait=...))`, read to the end, a few on their way while the last is worked on.

    What is made is a `Hub`, or nothing where the pages are of a file.

    Both callables are sent to the other process: functions of modules, or `functools.partial` of such. Nothing is
    asked before the first page is wanted. Errors of `crawler.errors` are raised here as they were there;
    a process that ends without a word (killed, out of memory) raises `CrawlError`.
    """
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    _widen(sending)
    wanted = context.Semaphore(0)  # how often a page has been waited for
    process = context.Process(target=_fetch, args=(sending, wanted, listing, make_hub), name="fetcher", daemon=True)
    process.start()
    sending.close()
    try:
        wanted.release()
        while True:
            try:
                told = _decode(receiving.recv_bytes())
            except EOFError:
                process.join()
                raise CrawlError(f"The process that fetches pages has ended ({process.exitcode}).") from None
            if isinstance(told, Page):
                yield read_rest(told)
                wanted.release()
            elif isinstance(told, _Waiting):
                on_wait(told.seconds, told.why)
            elif told.error is None:
                return
            else:
                raise _error(told)
    finally:
        receiving.close()
        process.kill()
        process.join()
        process.close()


def _widen(pipe: Connection) -> None:
    """So that whoever tells a page can go on before it is taken. A system that does not give as much does without."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _IN_A_PIPE)


def _error(told: _Ended) -> CrawlError:
    kind: type[CrawlError] = getattr(errors, told.error or "")
    problem = kind.__new__(kind, told.message)  # past its signature: what it carries comes with it
    vars(problem).update(told.details)
    return problem


# In the other process


def _fetch(
    sending: Connection,
    wanted: Semaphore,
    listing: Callable[[Source], Iterable[Page]],
    make_hub: Callable[..., AbstractContextManager[Source]],
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches both; the consumer ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(what: Page | _Waiting | _Ended) -> None:
        sending.send_bytes(_encode(what))

    try:
        with collecting_seldom(), make_hub(on_wait=lambda seconds, why: tell(_Waiting(seconds, why))) as hub:
            taken = 0
            for told, page in enumerate(listing(hub)):
                while wanted.acquire(block=False):
                    taken += 1
                if taken < told:  # one lies there still: whoever stores them has no time to read
                    page = read_rest(page)
                while taken + PAGES_WAITING < told:
                    wanted.acquire()
                    taken += 1
                tell(page)
    except CrawlError as problem:
        tell(_Ended(type(problem).__name__, str(problem), vars(problem)))
    except BrokenPipeError:
        pass  # nobody listens any more
    else:
        tell(_Ended())


def _end_with_parent() -> None:
    """A consumer that is killed cannot end this process, which may be in a wait of minutes."""
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)
