"""Alembic's environment: runs on the connection that `hub.schema` hands over, inside its transaction.

There is no ``alembic.ini`` and no offline mode: the database is the hub's, and `hub.schema` is the only door.
"""

from __future__ import annotations

from alembic import context

from hub.schema import OPTIONS, whole_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_metadata(),
    **OPTIONS,
)
context.run_migrations()
