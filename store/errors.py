"""What can go wrong with the database file.

StoreError
+-- NoDatabase       there is no file to read
+-- WrongSchema      the file was made by another version, or is no modelroots database
+-- NetworkMount     the file would be written to over a network
+-- Locked           another writer holds the lock
+-- Occupied         a file that is there would be written over
+-- Unsound          a file that fails the check of its integrity
+-- NothingComputed  no crawl has finished yet
+-- RegistryError    a curated file that cannot be used
+-- WrongChoice      a definition that does not fit what was asked about
+-- UnknownName      no family, model or ghost of that name; carries suggestions
"""

from __future__ import annotations


class StoreError(Exception):
    """Anything that keeps a question from being answered, or a crawl from being stored."""


class NoDatabase(StoreError):
    """There is no file to read."""


class WrongSchema(StoreError):
    """The file was made by another version, or is no modelroots database."""


class NetworkMount(StoreError):
    """The database would be on a file system that SQLite's write-ahead log cannot be trusted to."""


class Locked(StoreError):
    """Another writer holds the lock."""


class Occupied(StoreError):
    """A file that is there, and holds something, would be written over."""


class Unsound(StoreError):
    """A file that fails the check of its integrity, or cannot be copied whole."""


class NothingComputed(StoreError):
    """No crawl has finished yet, so there is nothing to answer from."""


class RegistryError(StoreError):
    """A registry file that cannot be used. The text names file, family, key, cause and the way out."""


class WrongChoice(StoreError):
    """A definition that does not fit what was asked about."""


class UnknownName(StoreError):
    """No family, model or ghost has that name. `suggestions` are the nearest, best first."""

    def __init__(self, message: str, *, suggestions: list[str]) -> None:
        super().__init__(message)
        self.suggestions = suggestions
