"""The switches of METHOD, section 2, as options; what was chosen is printed with every figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast, get_args

import typer

from store.choices import DIMENSIONS, Attribution, Choices, Metric, Population, Side, Word
from store.registry.origins import Kind

AttributionOption = Annotated[
    Attribution,
    typer.Option(
        "--attribution",
        help="any: whole in each family it descends from; nearest: in the nearest; root: split among its roots.",
    ),
]
MetricOption = Annotated[Metric, typer.Option("--metric", help="What is added up.")]


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """For options that may be repeated, which typer does not take with a list of allowed words."""

    def read(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(words)}.")
        return text

    return read


RelationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--relation",
        parser=one_of(get_args(Word)),
        metavar="RELATION",
        help=f"Only derivatives of this relation: {', '.join(get_args(Word))}. May be repeated.",
    ),
]
ByOption = Annotated[
    list[str],
    typer.Option(
        "--by",
        parser=one_of(DIMENSIONS),
        metavar="DIMENSION",
        help=f"What to count by: {', '.join(DIMENSIONS)}. Given twice, a cross table.",
    ),
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DAY", help="Created on or after (YYYY-MM-DD).")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Created before (YYYY-MM-DD).")]
LeastOption = Annotated[int | None, typer.Option("--min-downloads", min=0, help="At least so many in 30 days.")]
TaskOption = Annotated[str | None, typer.Option("--task", help="Only this pipeline_tag, such as text-generation.")]
KindOption = Annotated[Kind | None, typer.Option("--publisher-kind", help="Only publishers of this kind.")]
BurstsOption = Annotated[
    bool, typer.Option("--exclude-bursts", help="Without the days on which one base had a flood of derivatives.")
]


def chosen(  # one for each switch
    *,
    side: Side = "origin",
    attribution: Attribution = "any",
    population: Population = "all",
    relation: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    min_downloads: int | None = None,
    task: str | None = None,
    publisher_kind: Kind | None = None,
    exclude_bursts: bool = False,
) -> Choices:
    """The options as one thing. A day that is none is a usage error."""
    return Choices(
        side=side,
        attribution=attribution,
        population=population,
        relations=cast("tuple[Word, ...]", tuple(dict.fromkeys(relation or ()))),
        since=_day("--since", since),
        until=_day("--until", until),
        min_downloads=min_downloads,
        task=task,
        publisher_kind=publisher_kind,
        exclude_bursts=exclude_bursts,
    )


def told(choices: Choices, *names: str, **more: Any) -> dict[str, Any]:
    """The choices behind a figure: those named, which apply to every such figure, and the filters that were set."""
    shown: dict[str, Any] = {name: getattr(choices, name) for name in names}
    for name in ("since", "until"):
        seconds = getattr(choices, name)
        if seconds is not None:
            shown[name] = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    for name in ("min_downloads", "task", "publisher_kind"):
        if getattr(choices, name) is not None:
            shown[name] = getattr(choices, name)
    shown["relation"] = ", ".join(choices.relations) or "all"
    shown["bursts"] = "excluded" if choices.exclude_bursts else "kept"
    return shown | more


def in_words(shown: dict[str, Any]) -> str:
    """`Choices: side origin, population all, relation all.`"""
    return f"Choices: {', '.join(f'{name} {value}' for name, value in shown.items())}."


def _day(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no day; write it as 2026-11-24.") from None
