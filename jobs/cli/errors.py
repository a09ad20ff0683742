"""Errors as a user sees them: one message on stderr, and the exit code that scripts rely on."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback

from jobs.settings import SettingsError
from store.errors import Locked, StoreError
from store.exports.cells import printable

DONE, FAILED, USAGE, PARTIAL, AUTHENTICATION, LOCKED, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


class Refused(Exception):
    """A command that ends with a message and this exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def report(error: BaseException) -> int:
    """Says what went wrong, and returns the exit code for it."""
    code = _code(error)
    if code is None:
        _unexpected(error)
        return FAILED
    _say(str(error))
    return code


def _code(error: BaseException) -> int | None:
    """None for an error that nobody foresaw."""
    if isinstance(error, Refused):
        return error.code
    if isinstance(error, Locked):
        return LOCKED
    if isinstance(error, StoreError | OSError | sqlite3.Error):
        return FAILED
    if isinstance(error, SettingsError):
        return USAGE
    if "jobs.pipelines" in sys.modules:  # else no request was made, and the import is not worth the time
        return _code_of_crawl(error)
    return None


def _code_of_crawl(error: BaseException) -> int | None:
    """Nobody there, or no access, have codes of their own; else it matters whether pages were kept."""
    from crawler.errors import CrawlError, Unauthorized, Unreachable
    from jobs.pipelines import CutOff

    cause = error.cause if isinstance(error, CutOff) else error
    if isinstance(cause, Unreachable):
        return UNREACHABLE
    if isinstance(cause, Unauthorized):
        return AUTHENTICATION
    if isinstance(error, CutOff) and error.crawl.pages:
        return PARTIAL
    return FAILED if isinstance(cause, CrawlError) else None


def _say(text: str) -> None:
    print(f"modelroots: {printable(text)}", file=sys.stderr)


def _unexpected(error: BaseException) -> None:
    if os.environ.get("MODELROOTS_DEBUG"):
        traceback.print_exception(error)
    name = type(error).__name__
    _say(f"an error that should not happen: {name}: {error}. Set MODELROOTS_DEBUG=1 to see where, and report it.")
