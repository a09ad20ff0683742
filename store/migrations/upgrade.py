"""Runs the migrations on one file, in one transaction: an interrupted one leaves the file as it was."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event

PAGE_SIZE = 8192
"""Bytes a page. What a day edits lies all over the file, a row or two a page: `changes` writes half of what it would
with twice as large ones, and sweeps take as long.
"""


def configuration(connection: Connection) -> Config:
    """Alembic's settings for this project, bound to an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def engine(path: Path) -> Engine:
    """An engine whose transactions include the DDL, which Python's driver leaves out by itself."""
    made = create_engine(f"sqlite:///{path}")

    @event.listens_for(made, "connect")
    def leave_transactions_to_us(raw, _record):  # type: ignore[no-untyped-def]  # the driver's own objects
        raw.isolation_level = None
        raw.execute(f"PRAGMA page_size = {PAGE_SIZE}")  # heeded for a file without tables alone

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


def upgrade(path: Path) -> None:
    """Brings the file to the newest schema."""
    made = engine(path)
    with made.begin() as connection:
        command.upgrade(configuration(connection), "head")
    made.dispose()
