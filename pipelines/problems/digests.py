"""The keyed digests of values in question: what a confirmation teaches a rule, without keeping the value."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import pyarrow as pa

from catalog.city import City
from pipelines.discovery import FINDINGS
from pipelines.problems.proofs import value_digest
from pipelines.problems.records import standard
from pipelines.problems.rows import rows_of
from quality.findings import Fingerprint
from warehouse.lake import LakeReader


def value_digests(reader: LakeReader, city: City, fingerprints: Sequence[str], key: bytes) -> list[tuple[str, str]]:
    """Fingerprint and keyed digest of the value that each finding is about, as it stands at the reader's snapshot.

    Args:
        reader: the lake.
        city: what is declared.
        fingerprints: of findings; one that is not there gives nothing.
        key: secret of the fingerprints.
    """
    with reader.engine.keyed(key) as digest:
        mine = reader.engine.load("_mine", pa.table({"fingerprint": pa.array(fingerprints, pa.string())}))
        found = reader.table(FINDINGS).semi_join(mine, "fingerprint")
        asked = reader.engine.stage(found.select("fingerprint", "resource", "row_key", "item", "rule"), "_asked")
        rows = rows_of(reader.engine, city, lambda name: standard(reader, name), asked)
        joined = asked.left_join(rows, ["resource", "row_key", "item"]).select(*asked.columns, "value")
        pairs = _digested(joined, digest)
        return [(row["fingerprint"], row["digest"]) for row in reader.engine.to_arrow(pairs).to_pylist()]


def _digested(rows: ir.Table, digest: Fingerprint) -> ir.Table:
    return rows.select("fingerprint", digest=value_digest(rows["value"], digest))
