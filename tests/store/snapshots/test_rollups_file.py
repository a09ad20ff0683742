"""rollups.parquet: one number a row, each once, and each the number that the program gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from store.choices import ATTRIBUTIONS, METRICS, POPULATIONS, SIDES, Choices
from store.derivatives import counted_family
from store.ecosystem import Ecosystem
from store.kept import current, kept
from store.recorded import recorded_rollup
from store.resolution import resolve
from store.rollups import roll_up
from store.snapshots.rollups_file import COLUMNS
from store.standing import standing
from tests.store.conftest import Store
from tests.store.snapshots.conftest import Snap
