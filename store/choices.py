"""The choices of METHOD, section 2, by their names. Imports nothing that is slow."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

from store.registry.origins import Kind

NONE, OFFICIAL = "none", "official"
By: TypeAlias = Literal["country", "region", "family", "publisher", "relation", "task", "license", "month"]
Attribution: TypeAlias = Literal["any", "nearest", "root"]
Side: TypeAlias = Literal["origin", "publisher"]
Population: TypeAlias = Literal["all", "derivatives", "roots"]
Metric: TypeAlias = Literal["models", "downloads", "downloads_all_time", "likes"]
Word: TypeAlias = Literal["finetune", "adapter", "quantized", "merge", "unknown"]

DIMENSIONS: tuple[By, ...] = get_args(By)
ATTRIBUTIONS: tuple[Attribution, ...] = get_args(Attribution)
SIDES: tuple[Side, ...] = get_args(Side)
POPULATIONS: tuple[Population, ...] = get_args(Population)
METRICS: tuple[Metric, ...] = get_args(Metric)
RELATIONS: tuple[str, ...] = ("unknown", "finetune", "adapter", "quantized", "merge")
"""By the number that is stored: `crawler.records.Relation`, whose library an answer need not import."""


class Choices(NamedTuple):
    """The switches of METHOD, section 2; None or empty is no filter. Times are seconds since 1970 UTC."""

    side: Side = "origin"
    attribution: Attribution = "any"
    population: Population = "all"
    relations: tuple[Word, ...] = ()
    since: int | None = None
    until: int | None = None
    min_downloads: int | None = None
    task: str | None = None
    publisher_kind: Kind | None = None
    exclude_bursts: bool = False

    @property
    def filters(self) -> bool:
        """Whether anything but side, attribution and population was chosen."""
        return self != Choices(self.side, self.attribution, self.population)
