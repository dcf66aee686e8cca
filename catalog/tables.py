"""The catalogue's tables in the operational database.

They are a projection of the declared documents, but for ``catalogue_version``, which is their history. Read and
written by `catalog.store`; made by the migrations of the hub.
"""

from __future__ import annotations

import sqlalchemy as sa

from ledger.guards import attach_append_only
from warehouse.operational import UtcDateTime, metadata

department = sa.Table(
    "department",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("unit_in_charge", sa.Text),
    sa.Column("steward", sa.Text),
)

resource = sa.Table(
    "resource",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("department", sa.String(63), sa.ForeignKey("department.id"), nullable=False, index=True),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("storage_format", sa.Text, nullable=False),
    sa.Column("provision_mode", sa.String(32), nullable=False),
    sa.Column("share_until", sa.Text),
    sa.Column("sharing", sa.String(32), nullable=False),
    sa.Column("opening", sa.String(32), nullable=False),
    sa.Column("update_cycle", sa.String(32), nullable=False),
)

item = sa.Table(
    "item",
    metadata,
    sa.Column("resource", sa.String(63), sa.ForeignKey("resource.id"), primary_key=True),
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("element", sa.String(63), index=True),
    sa.Column("code_list", sa.Text),
    sa.Column("required", sa.Boolean, nullable=False),
    sa.Column("key_position", sa.Integer),
)

source_register = sa.Table(
    "source_register",
    metadata,
    sa.Column("library", sa.String(63), primary_key=True),
    sa.Column("item", sa.String(63), primary_key=True),
    sa.Column("role", sa.String(32), primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("resource", sa.String(63), sa.ForeignKey("resource.id"), nullable=False, index=True),
    sa.Column("source_item", sa.String(63), nullable=False),
)

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("resource", sa.String(63), sa.ForeignKey("resource.id"), nullable=False, index=True),
    sa.Column("mode", sa.String(32), nullable=False),
    sa.Column("source_kind", sa.String(32), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)

catalogue_version = sa.Table(
    "catalogue_version",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("loaded_at", UtcDateTime, nullable=False),
    sa.Column("documents", sa.JSON, nullable=False),
)

attach_append_only(catalogue_version)

PROJECTED = (department, resource, item, source_register, feed)
"""Tables replaced at a load, each after those it refers to."""
