"""The questions that metadata.yaml asks of lineage.db in Datasette, each with a title, a description and parameters.

A parameter that is left empty takes a default: Datasette then binds an empty text. Where a model is asked for, that is
the base with most derivatives, so that every question has an answer on any lineage.
"""

from __future__ import annotations

from typing import NamedTuple

from store.choices import RELATIONS


class Canned(NamedTuple):
    """A named question: `parameters` are those of the SQL, in the order in which they are asked for."""

    name: str
    title: str
    description: str
    sql: str
    parameters: tuple[str, ...] = ()


_TOP = (
    "(SELECT nodes.name FROM derivatives JOIN nodes ON nodes.id = derivatives.id ORDER BY total DESC, nodes.id LIMIT 1)"
)
_MODEL = f"WHERE name = coalesce(nullif(:model, ''), {_TOP})"
_LIMIT = "LIMIT CAST(coalesce(nullif(:limit, ''), '100') AS INTEGER)"
_BY_RELATION = " UNION ALL ".join(
    f"SELECT '{word}' AS relation, direct_{word} AS direct, total_{word} AS total FROM asked" for word in RELATIONS
)

CANNED = (
    Canned(
        "top_bases",
        "What has most been built on?",
        "Models and ghosts (bases that are not on the Hub) by the number of their descendants. Empty limit: 100.",
        f"""
SELECT nodes.name AS base, nodes.publisher, nodes.is_model, derivatives.total, derivatives.direct
FROM derivatives JOIN nodes ON nodes.id = derivatives.id
ORDER BY derivatives.total DESC, nodes.name
{_LIMIT}""",
        ("limit",),
    ),
    Canned(
        "derivatives_of",
        "How much derives from a model, by relation?",
        "Each descendant counts once, under the relation that it declares itself. Empty: the base with most.",
        f"""
WITH asked AS (
    SELECT derivatives.* FROM nodes JOIN derivatives ON derivatives.id = nodes.id
    {_MODEL}
)
{_BY_RELATION}
UNION ALL SELECT 'all', direct, total FROM asked""",
        ("model",),
    ),
    Canned(
        "children",
        "What declares a model as its base?",
        "Direct derivatives, those with most descendants of their own first. Relation: finetune, adapter, quantized, "
        "merge, unknown, or empty for all. Empty model: the base with most derivatives. Empty limit: 100.",
        f"""
WITH found AS (
    SELECT edges.child_id, edges.relation, coalesce(derivatives.total, 0) AS below
    FROM edges LEFT JOIN derivatives ON derivatives.id = edges.child_id
    WHERE edges.parent_id = (SELECT id FROM nodes {_MODEL}) AND :relation IN ('', edges.relation)
    ORDER BY below DESC, edges.child_id
    {_LIMIT}
)
SELECT nodes.name AS child, found.relation, nodes.downloads, nodes.likes, found.below AS derivatives
FROM found JOIN nodes ON nodes.id = found.child_id
ORDER BY derivatives DESC, found.child_id""",
        ("model", "relation", "limit"),
    ),
    Canned(
        "descendants",
        "What descends from a model?",
        "Everything from which it can be reached, each once, those with most descendants of their own first. "
        "Empty model: the base with most. Empty limit: 100.",
        f"""
WITH RECURSIVE asked AS (SELECT id FROM nodes {_MODEL}),
below (id) AS (
    SELECT child_id FROM asked CROSS JOIN edges ON edges.parent_id = asked.id
    UNION
    SELECT edges.child_id FROM below CROSS JOIN edges ON edges.parent_id = below.id
),
found AS (
    SELECT below.id, coalesce(derivatives.total, 0) AS total
    FROM below LEFT JOIN derivatives ON derivatives.id = below.id
    WHERE below.id != (SELECT id FROM asked)
    ORDER BY total DESC, below.id
    {_LIMIT}
)
SELECT nodes.name AS descendant, nodes.relation, nodes.downloads, nodes.likes, found.total AS derivatives
FROM found JOIN nodes ON nodes.id = found.id
ORDER BY derivatives DESC, found.id""",
        ("model", "limit"),
    ),
    Canned(
        "ancestors",
        "What does a model descend from?",
        "Its bases, theirs, and so on; steps are counted on the shortest way. Empty: a model that derives from the "
        "base with most derivatives.",
        f"""
WITH RECURSIVE top AS (SELECT id FROM nodes WHERE name = {_TOP}),
asked AS (
    SELECT id FROM nodes WHERE name = :model
    UNION ALL
    SELECT max(child_id) FROM edges WHERE parent_id = (SELECT id FROM top) AND :model = ''
),
above (id, steps) AS (
    SELECT parent_id, 1 FROM asked CROSS JOIN edges ON edges.child_id = asked.id
    UNION
    SELECT edges.parent_id, above.steps + 1 FROM above CROSS JOIN edges ON edges.child_id = above.id
    WHERE above.steps < 50
)
SELECT nodes.name AS ancestor, nodes.is_model, min(above.steps) AS steps
FROM above JOIN nodes ON nodes.id = above.id
WHERE above.id NOT IN (SELECT id FROM asked WHERE id IS NOT NULL)
GROUP BY above.id
ORDER BY steps, ancestor""",
        ("model",),
    ),
    Canned(
        "by_country",
        "Where do the models come from?",
        "Side: origin (the places of a model's roots; empty: this one) or publisher (that of its own publisher). "
        "Population: all (empty: this one), derivatives or roots. Metric: models (empty: this one), downloads, "
        "downloads_all_time or likes.",
        """
SELECT key AS country, value, value / sum(value) OVER () AS share
FROM rollups
WHERE dimension = 'country'
    AND side = coalesce(nullif(:side, ''), 'origin')
    AND population = coalesce(nullif(:population, ''), 'all')
    AND metric = coalesce(nullif(:metric, ''), 'models')
ORDER BY value DESC, key""",
        ("side", "population", "metric"),
    ),
    Canned(
        "by_family",
        "How much has been built on each family?",
        "Attribution: any (each model whole in each family that it descends from; empty: this one), nearest, or root "
        "(models are split).",
        """
SELECT key AS family, max(CASE WHEN distance = 'total' THEN value END) AS total,
    max(CASE WHEN distance = 'direct' THEN value END) AS direct
FROM rollups
WHERE dimension = 'family' AND relation = 'all' AND metric = 'models' AND population = 'all'
    AND distance IN ('direct', 'total') AND attribution = coalesce(nullif(:attribution, ''), 'any')
GROUP BY key
ORDER BY total DESC, key""",
        ("attribution",),
    ),
    Canned(
        "publisher",
        "What has a publisher published?",
        "Its models, those with most descendants first. Empty publisher: that of the base with most derivatives. "
        "Empty limit: 100.",
        f"""
WITH asked AS (
    SELECT coalesce(nullif(:publisher, ''), (SELECT publisher FROM nodes WHERE name = {_TOP})) || '/' AS start
)
SELECT nodes.name AS model, nodes.created_at, nodes.downloads, coalesce(derivatives.total, 0) AS derivatives
FROM asked
CROSS JOIN nodes ON nodes.name >= asked.start AND nodes.name < substr(asked.start, 1, length(asked.start) - 1) || '0'
LEFT JOIN derivatives ON derivatives.id = nodes.id
WHERE nodes.is_model
ORDER BY derivatives DESC, model
{_LIMIT}""",
        ("publisher", "limit"),
    ),
    Canned(
        "unresolved",
        "Which bases are declared and not on the Hub?",
        "Ghosts: deleted, private or never there. Those that most models name come first. Empty limit: 100.",
        f"""
SELECT nodes.name AS ghost, derivatives.direct AS named_by, derivatives.total AS descendants
FROM nodes CROSS JOIN derivatives ON derivatives.id = nodes.id
WHERE NOT nodes.is_model
ORDER BY named_by DESC, ghost
{_LIMIT}""",
        ("limit",),
    ),
    Canned(
        "references",
        "What became of every reference?",
        "The ledger: what models declare as their bases, and how much of it resolves.",
        "\nSELECT item, count, meaning FROM quality ORDER BY item",
    ),
)
