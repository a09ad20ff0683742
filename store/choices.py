"""The choices of METHOD, section 2, by their names. Imports nothing that is slow."""

from __future__ import annotations

from dataclasses import dataclass

NONE, OFFICIAL = "none", "official"
DIMENSIONS = ("country", "region", "family", "publisher", "relation", "task", "license", "month")
ATTRIBUTIONS = ("any", "nearest", "root")
SIDES = ("origin", "publisher")
POPULATIONS = ("all", "derivatives", "roots")
METRICS = ("models", "downloads", "downloads_all_time", "likes")


@dataclass(frozen=True)
class Choices:
    """The switches of METHOD, section 2; None or empty is no filter. Times are seconds since 1970 UTC."""

    side: str = "origin"
    attribution: str = "any"
    population: str = "all"
    relations: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    min_downloads: int | None = None
    task: str | None = None
    publisher_kind: str | None = None
    exclude_bursts: bool = False

    @property
    def filters(self) -> bool:
        """Whether anything but side, attribution and population was chosen."""
        return self != Choices(self.side, self.attribution, self.population)
