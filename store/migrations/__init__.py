"""Alembic: how a database file of any release becomes one of this."""
