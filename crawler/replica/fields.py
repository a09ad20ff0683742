"""The words of the listing API: what `expand` may ask for, what a row shows unasked (WIRE)."""

from __future__ import annotations

IDENTITY = ("_id", "id")

LIST_WORDS = (
    "author",
    "baseModels",
    "cardData",
    "config",
    "createdAt",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "evalResults",
    "gated",
    "gguf",
    "inference",
    "inferenceProviderMapping",
    "lastModified",
    "library_name",
    "likes",
    "mask_token",
    "model-index",
    "pipeline_tag",
    "private",
    "resourceGroup",
    "safetensors",
    "sha",
    "siblings",
    "spaces",
    "tags",
    "transformersInfo",
    "trendingScore",
    "widgetData",
    "xetEnabled",
)
CHILDREN = "childrenModelCount"
DETAIL_WORDS = (*LIST_WORDS, CHILDREN, "usedStorage")

UNASKED = (
    "likes",
    "trendingScore",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
)
"""A list row without `expand`, after `_id` and `id`."""

FULL = ("author", "lastModified", "gated", "disabled", "sha", "siblings")
"""What `full` adds to it."""
