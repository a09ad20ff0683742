"""What each table and column of a snapshot is, in a sentence: for its README.md and for those who browse lineage.db."""

from __future__ import annotations

from crawler.records import Relation

TABLES = {
    "models": "Every public model, and how much has been built on it.",
    "edges": "Who derives from whom: a row for each model and each base that it declares.",
    "derivatives": "The derivatives of every model or ghost that has any, by the derivatives' own relation.",
    "rollups": "Models by country and family, under every definition that is computed each night, one number a row.",
}

_ID = "`namespace/name` as last listed; of a ghost (a base that is not on the Hub) as declared"
_RELATION = "`finetune`, `adapter`, `quantized`, `merge`, or `unknown` where a base is named without one"

COLUMNS = {
    "models": {
        "id": "`namespace/name` as last listed",
        "publisher": "the namespace; empty for a legacy single name",
        "hub_id": "the Hub's `_id`, 24 hex digits: a rename keeps it",
        "created_at": "when it was created, UTC; 2022-03-02T23:29:04Z stands for any earlier time",
        "modified_at": "when it was last edited, UTC",
        "downloads": "in the 30 days before it was listed",
        "downloads_all_time": "since it was created",
        "likes": "when it was listed",
        "gated": "`no`, `auto`, `manual`, or `yes` where the Hub does not say how",
        "disabled": "whether the Hub has disabled it",
        "task": "the pipeline tag",
        "library": "the library's name",
        "license": "the licence tag, or else the card's licence",
        "parameters": "weights in its safetensors files",
        "relation": f"towards its own first base: {_RELATION}; null where it declares none",
        "direct_derivatives": "models that declare it as a base",
        "total_derivatives": "models that descend from it, each once",
    },
    "edges": {
        "child": "the derivative",
        "parent": "the base that it declares",
        "relation": f"of this declaration: {_RELATION}",
        "times": "how often the child names this parent",
        "parent_is_model": "false where the parent is a ghost",
    },
    "derivatives": {
        "id": _ID,
        "is_model": "false for a ghost",
        **{
            f"{distance}_{relation.word}": f"{meaning} that declare {said}"
            for distance, meaning in (("direct", "models one step away"), ("total", "all descendants"))
            for relation, said in (
                (Relation.UNKNOWN, "a base without a relation"),
                (Relation.FINETUNE, "to be fine-tunes"),
                (Relation.ADAPTER, "to be adapters"),
                (Relation.QUANTIZED, "to be quantizations"),
                (Relation.MERGE, "to be merges"),
            )
        },
    },
    "rollups": {
        "dimension": "`country` or `family`",
        "key": "ISO 3166-1 alpha-2, `international`, `unknown`, `unreviewed`; or a family, `official`, `none`",
        "side": "of a country: `origin`, the places of a model's roots, or `publisher`, that of its own publisher",
        "attribution": "of a family: `any` (each model whole in each family), `nearest` or `root` (models are split)",
        "population": "`all` models, `derivatives` (which declare a base) or `roots` (the others)",
        "distance": "of a family: `direct` derivatives (one step away) or `total`",
        "relation": "`all`, or the derivatives' own relation",
        "metric": "`models`, `downloads` (30 days), `downloads_all_time`, `likes`; `official`: a family's own models",
        "value": "the number; a fraction where models are split",
    },
}

LINEAGE_TABLES = {
    "snapshot": "One row: the crawl behind everything here, and whether it is complete.",
    "nodes": "Models, and ghosts: bases that models declare and that are not on the Hub.",
    "models": "The nodes that are models, with how many derive from each.",
    "ghosts": "The nodes that are not on the Hub, with how many derive from each.",
    "edges": "Who derives from whom, by the numbers of the nodes.",
    "named_edges": "Who derives from whom, by name.",
    "derivatives": "The derivatives of every node that has any, by the derivatives' own relation.",
    "families": "The families of the registry: official models, and what derives from any of them.",
    "rollups": TABLES["rollups"],
    "quality": "What became of every reference that models declare.",
    "completeness": "Tracked bases: direct derivatives that the Hub tells of, and those that are known here.",
}

_OF_NODES = {
    "id": "the node's number in this file alone",
    "name": _ID,
    "is_model": "1 for a model, 0 for a ghost",
    "direct": "models that declare it as a base",
    "total": "models that descend from it, each once",
}
_OF_MODELS = {name: text for name, text in COLUMNS["models"].items() if name not in ("id", "hub_id")}

LINEAGE_COLUMNS = {
    "nodes": _OF_NODES | _OF_MODELS,
    "models": _OF_NODES | _OF_MODELS,
    "edges": {"parent_id": "the base", "child_id": "the derivative"} | COLUMNS["edges"],
    "named_edges": COLUMNS["edges"],
    "derivatives": _OF_NODES | COLUMNS["derivatives"],
    "rollups": COLUMNS["rollups"],
}
"""Of the tables whose columns do not explain themselves; more columns than a table may have."""
