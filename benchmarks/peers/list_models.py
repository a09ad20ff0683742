"""`HfApi.list_models` with the fields of our sweep, nothing stored: `list_models URL MODELS`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from huggingface_hub import HfApi, ModelInfo

FIELDS: Any = [
    *("baseModels", "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified"),
    *("library_name", "likes", "pipeline_tag", "private", "safetensors", "tags"),
]
"""Any: the library spells out every legal word in its type."""


def listed(url: str, models: int) -> Iterator[ModelInfo]:
    """The first models of the Hub, newest first."""
    yield from HfApi(endpoint=url, token=False).list_models(sort="created_at", expand=FIELDS, limit=models)


if __name__ == "__main__":
    print(sum(1 for _ in listed(sys.argv[1], int(sys.argv[2]))))
