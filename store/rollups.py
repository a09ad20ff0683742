"""Models counted by what they are or descend from, under every choice of METHOD, exactly: shares are fractions.

A *dimension* gives each model one or more keys. A model with k keys of equal standing counts 1/k under each,
except under attribution `any`, where it counts whole under each family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from crawler.records import Relation
from store.arrays import Bools, Column, Ints, among, looked_up, marked
from store.attribution import parts
from store.choices import METRICS, NONE, OFFICIAL, Choices, Population
from store.ecosystem import Ecosystem
from store.links import Links
from store.models import Models
from store.registry.origins import UNKNOWN, UNREVIEWED, regions

_SMALL = 1 << 20
"""Codes below it are counted in place, larger ones are sorted first."""
_PUBLISHERS_NAMED = "SELECT id, name FROM publisher WHERE name IN (SELECT value FROM json_each(?))"
_NO_ROOT = -1
_NO_MONTH = -(10**6)


@dataclass(frozen=True)
class Dimension:
    """A row for each (model, key): the model, the key's place in `labels`, and its share: `numbers` of so many `parts`.

    Of a cross table `labels` has a list for each side, and a key is a number of two digits in them. `roots` tells
    the root that each row goes through; None where the key does not come from a root. `numbers` is None for one each.
    """

    models: Column
    keys: Column
    parts: Column
    labels: tuple[Sequence[str], ...]
    roots: Column | None = None
    numbers: Column | None = None


@dataclass(frozen=True)
class Cell:
    """What is counted under one key, or one pair of keys, under every metric."""

    keys: tuple[str, ...]
    counts: dict[str, Fraction] = field(default_factory=dict)


def roll_up(ecosystem: Ecosystem, by: Sequence[str], choices: Choices) -> list[Cell]:
    """A cell for every key, or pair of keys, under which any model counts; most models first."""
    one = dimension(ecosystem, by[0], choices)
    found = one if len(by) == 1 else _crossed(ecosystem, one, dimension(ecosystem, by[1], choices))
    return cells(ecosystem, found, choices)


def whole(ecosystem: Ecosystem, choices: Choices) -> dict[str, int]:
    """What all chosen models count under each metric: the denominator of shares."""
    kept = chosen(ecosystem, choices)
    return {metric: int(ecosystem.models.weights(metric)[kept].sum()) for metric in METRICS}


def chosen(ecosystem: Ecosystem, choices: Choices) -> Bools:
    """Which models the filters let through."""
    kept = np.ones(len(ecosystem.models), bool)
    declares = ecosystem.models.relations >= 0
    if choices.population != "all":
        kept &= declares if choices.population == "derivatives" else ~declares
    if choices.relations:
        kept &= np.isin(ecosystem.models.relations, [Relation[word.upper()].value for word in choices.relations])
    if choices.since is not None:
        kept &= ecosystem.models.created_at >= choices.since
    if choices.until is not None:
        kept &= (ecosystem.models.created_at < choices.until) & (ecosystem.models.created_at > 0)
    if choices.min_downloads is not None:
        kept &= ecosystem.models.downloads >= choices.min_downloads
    if choices.task is not None:
        row = ecosystem.connection.execute("SELECT id FROM label WHERE text = ?", (choices.task,)).fetchone()
        kept &= ecosystem.models.task_ids == (row[0] if row else -1)
    if choices.publisher_kind is not None:
        kinds = {name for name, origin in ecosystem.registry.origin_of.items() if origin.kind == choices.publisher_kind}
        ids = [number for number, name in _publishers(ecosystem) if name in kinds]
        kept &= np.isin(ecosystem.models.publisher_ids, ids)
    if choices.exclude_bursts:
        from store.bursts import in_bursts

        kept &= ~in_bursts(ecosystem)
    return kept


def dimension(ecosystem: Ecosystem, name: str, choices: Choices) -> Dimension:
    """The keys of every model in one dimension. KeyError for a name that is none of DIMENSIONS."""
    return _MAKERS[name](ecosystem, choices)


def _country(ecosystem: Ecosystem, choices: Choices) -> Dimension:
    return _of_publisher(ecosystem, choices, _countries(ecosystem))


def countries_of_publishers(ecosystem: Ecosystem) -> tuple[Column, list[str]]:
    """The place of each model's country, by its publisher, among the countries."""
    return _labelled(ecosystem.models.publisher_ids, _countries(ecosystem), UNREVIEWED)


def _region(ecosystem: Ecosystem, choices: Choices) -> Dimension:
    known = regions()
    countries = {publisher: known.get(country, country) for publisher, country in _countries(ecosystem).items()}
    return _of_publisher(ecosystem, choices, countries)


def _publisher(ecosystem: Ecosystem, choices: Choices) -> Dimension:
    names = {number: name or "(single name)" for number, name in _publishers(ecosystem)}
    return _of_publisher(ecosystem, choices, names, absent="(name lost)", rootless="(no root)")


def _of_publisher(
    ecosystem: Ecosystem, choices: Choices, labels: dict[int, str], absent: str = UNREVIEWED, rootless: str = UNKNOWN
) -> Dimension:
    """By something that a publisher id means: of the models' own publishers, or of their roots'."""
    if choices.side == "publisher":
        return _single(ecosystem.models.publisher_ids, labels, absent)
    models, roots, numbers = ecosystem.roots
    publishers = np.where(roots == 0, _NO_ROOT, ecosystem.models.publishers_of(roots))
    keys, texts = _labelled(publishers, {**labels, _NO_ROOT: rootless}, absent)
    share = parts(models, len(ecosystem.models), numbers)
    return Dimension(models, keys, share, (texts,), roots, numbers)


def _family(ecosystem: Ecosystem, choices: Choices) -> Dimension:
    """The families that a model derives from; `official` where it is official and derives from none, else `none`."""
    names = [*ecosystem.registry.families, OFFICIAL, NONE]
    if choices.attribution == "root":
        return _family_of_roots(ecosystem, names)
    models, families = ecosystem.nearest if choices.attribution == "nearest" else ecosystem.descent[:2]
    rest = np.flatnonzero(~marked(models, len(ecosystem.models)))
    is_official = marked(ecosystem.official_models[0], len(ecosystem.models))[rest]
    keys = np.concatenate([families, np.where(is_official, len(names) - 2, len(names) - 1)])
    split = parts(models, len(ecosystem.models)) if choices.attribution == "nearest" else np.ones(len(models), np.int64)
    return Dimension(
        np.concatenate([models, rest]), keys, np.concatenate([split, np.ones(len(rest), np.int64)]), (names,)
    )


def _family_of_roots(ecosystem: Ecosystem, names: list[str]) -> Dimension:
    """Each root's share to the root's family; `official` where the model is official in that family itself."""
    models, roots, numbers = ecosystem.roots
    nodes, families = ecosystem.official
    none, official = len(names) - 1, len(names) - 2
    size = int(max(nodes.max(initial=0), roots.max(initial=0))) + 1
    first = np.full(size, none, np.int32)
    first[nodes] = families  # any of several: those keys are replaced below
    named = np.maximum(roots, 0)
    keys, share = first[named], parts(models, len(ecosystem.models), numbers)
    several = np.flatnonzero(marked(nodes[1:][nodes[1:] == nodes[:-1]], size)[named])
    if len(several):  # hardly ever: the root is official in several families, and each gets an equal part
        of_node = Links.of(nodes, families, size)
        which, found = of_node.beyond(named[several])
        rows = np.concatenate([np.delete(np.arange(len(roots)), several), several[which]])
        keys = np.concatenate([np.delete(keys, several), found])
        share = share[rows] * np.maximum(of_node.degrees()[named[rows]], 1)
        models, roots, numbers = models[rows], roots[rows], None if numbers is None else numbers[rows]
    perhaps = np.flatnonzero(marked(ecosystem.official_models[0], len(ecosystem.models))[models])
    span = len(names)
    own = np.sort(ecosystem.official_models[0].astype(np.int64) * span + ecosystem.official_models[1])
    keys[perhaps[among(models[perhaps].astype(np.int64) * span + keys[perhaps], own)]] = official
    return Dimension(models, keys, share, (names,), roots, numbers)


def _relation(ecosystem: Ecosystem, _: Choices) -> Dimension:
    return _single(ecosystem.models.relations, {relation.value: relation.word for relation in Relation}, NONE)


def _task(ecosystem: Ecosystem, _: Choices) -> Dimension:
    return _single(ecosystem.models.task_ids, _texts(ecosystem), NONE)


def _license(ecosystem: Ecosystem, _: Choices) -> Dimension:
    return _single(ecosystem.models.license_ids, _texts(ecosystem), NONE)


def _month(ecosystem: Ecosystem, _: Choices) -> Dimension:
    months = ecosystem.models.created_at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    labels = {int(month): str(np.datetime64(int(month), "M")) for month in np.unique(months)}
    return _single(np.where(ecosystem.models.created_at == 0, _NO_MONTH, months), labels, NONE)


_MAKERS: dict[str, Callable[[Ecosystem, Choices], Dimension]] = {
    "country": _country,
    "region": _region,
    "family": _family,
    "publisher": _publisher,
    "relation": _relation,
    "task": _task,
    "license": _license,
    "month": _month,
}


def _single(values: Column, labels: dict[int, str], absent: str) -> Dimension:
    """One key a model."""
    keys, texts = _labelled(values, labels, absent)
    return Dimension(np.arange(len(values)), keys, np.ones(len(values), np.int64), (texts,))


def _labelled(values: Column, labels: dict[int, str], absent: str) -> tuple[Column, list[str]]:
    """The place of each value's label among the distinct ones."""
    texts = list(dict.fromkeys([absent, *labels.values()]))
    place_of = {text: place for place, text in enumerate(texts)}
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    places = np.full(high - low + 1, place_of[absent], np.int32)
    for value, text in labels.items():
        if low <= value <= high:
            places[value - low] = place_of[text]
    return looked_up(places, values - low if low else values), texts


def _texts(ecosystem: Ecosystem) -> dict[int, str]:
    return dict(ecosystem.connection.execute("SELECT id, text FROM label"))


def _publishers(ecosystem: Ecosystem) -> list[tuple[int, str]]:
    return ecosystem.connection.execute("SELECT id, name FROM publisher").fetchall()


def _countries(ecosystem: Ecosystem) -> dict[int, str]:
    """Publisher id -> country, of the reviewed ones."""
    reviewed = ecosystem.registry.origin_of
    found = ecosystem.connection.execute(_PUBLISHERS_NAMED, (msgspec.json.encode(list(reviewed)).decode(),))
    return {number: reviewed[name].country for number, name in found}


def _crossed(ecosystem: Ecosystem, left: Dimension, right: Dimension) -> Dimension:
    """Two dimensions as one, joined by model; where the keys of both come from roots, by the same root."""
    of_model = Links.of(right.models, np.arange(len(right.models)), len(ecosystem.models))
    rows, places = of_model.beyond(left.models)
    share = left.parts[rows].astype(np.int64) * right.parts[places]
    if left.roots is not None and right.roots is not None:
        same = left.roots[rows] == right.roots[places]
        rows, places, share = rows[same], places[same], share[same]
        models, _, alike = ecosystem.roots
        of_roots = np.bincount(models, weights=alike, minlength=len(ecosystem.models)).astype(np.int64)
        share //= of_roots[left.models[rows]]
    keys = left.keys[rows].astype(np.int64) * len(right.labels[0]) + right.keys[places]
    by_root, at = (right, places) if left.numbers is None else (left, rows)
    numbers = None if by_root.numbers is None else by_root.numbers[at]
    return Dimension(left.models[rows], keys, share, left.labels + right.labels, numbers=numbers)


def cells(ecosystem: Ecosystem, found: Dimension, choices: Choices) -> list[Cell]:
    """What the filters let through of a dimension, most models first."""
    kept = chosen(ecosystem, choices)
    return _counted(ecosystem, found, np.where(kept, 0, -1).astype(np.int8), 1)[0]


def cells_by_population(ecosystem: Ecosystem, found: Dimension) -> dict[Population, list[Cell]]:
    """The same without a filter, for every population, in one go; `all` is the sum of the others."""
    derivatives, roots = _counted(ecosystem, found, (ecosystem.models.relations < 0).astype(np.int8), 2)
    return {"all": _together(derivatives, roots), "derivatives": derivatives, "roots": roots}


def _counted(ecosystem: Ecosystem, found: Dimension, group_of: Column, groups: int) -> list[list[Cell]]:
    """The cells of each group of models, most models first; a model whose group is negative counts nowhere.

    Exact: whole sums for each denominator, then few fractions.
    """
    models = found.models.astype(np.int64)  # once, and not for each of the columns that are looked up
    keys, parts, numbers = found.keys, found.parts, found.numbers
    group = group_of[models]
    if group.min(initial=0) < 0:
        rows = np.flatnonzero(group >= 0)
        group, models, keys, parts = group[rows], models[rows], keys[rows], parts[rows]
        numbers = None if numbers is None else numbers[rows]
    span = int(parts.max(initial=0)) + 1
    weights = (_weights(ecosystem.models, metric, models, numbers) for metric in METRICS)
    codes = keys.astype(np.int64)
    codes *= span
    codes += parts
    codes *= groups
    codes += group
    codes, sums = summed(codes, weights)
    made: list[dict[int, Cell]] = [{} for _ in range(groups)]
    for code, *totals in zip(codes.tolist(), *(column.tolist() for column in sums), strict=True):
        key, part = divmod(code // groups, span)
        cell = made[code % groups].setdefault(key, Cell(_texts_of(key, found.labels)))
        for metric, total in zip(METRICS, totals, strict=True):
            cell.counts[metric] = cell.counts.get(metric, Fraction(0)) + Fraction(int(total), part)
    return [_most_first(one.values()) for one in made]


def _weights(models: Models, metric: str, rows: Column, numbers: Column | None) -> Column | None:
    """What each of these models counts, so many times; None where that is one."""
    if metric == "models" and models.numbers is None:
        return numbers
    weights = models.weights(metric)[rows]
    return weights if numbers is None else weights * numbers.astype(np.int64)


def _together(*parts: list[Cell]) -> list[Cell]:
    """Cells of populations that have no model in common, as of one population; most models first."""
    made: dict[tuple[str, ...], Cell] = {}
    for cell in chain(*parts):
        counts = made.setdefault(cell.keys, Cell(cell.keys)).counts
        counts |= {metric: counts.get(metric, Fraction(0)) + count for metric, count in cell.counts.items()}
    return _most_first(made.values())


def summed(codes: Ints, weights: Iterable[Column | None]) -> tuple[Ints, list[npt.NDArray[Any]]]:
    """The distinct codes, in order, and for each column of weights their sums; None weighs one each."""
    distinct, places = (None, codes) if codes.max(initial=0) < _SMALL else np.unique(codes, return_inverse=True)
    numbers = np.bincount(places)
    occurring = np.flatnonzero(numbers)
    sums = [(numbers if column is None else np.bincount(places, weights=column))[occurring] for column in weights]
    return occurring if distinct is None else distinct, sums


def _most_first(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (-cell.counts["models"], cell.keys))


def _texts_of(key: int, labels: tuple[Sequence[str], ...]) -> tuple[str, ...]:
    if len(labels) == 1:
        return (labels[0][key],)
    return labels[0][key // len(labels[1])], labels[1][key % len(labels[1])]
