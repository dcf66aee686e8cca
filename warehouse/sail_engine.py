"""The leaf for a cluster: runs Ibis expressions over Spark Connect, on Sail in this process or on an address.

The only module that may know pyspark or pysail. It holds what differs there and nothing else: the expressions are the
same as on DuckDB, and tests/spec/test_fusion_engines.py finds no row different between the two. Install with the
extra ``sail``.
"""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from ground.errors import Unavailable


class SailEngine:
    """A session on Spark Connect, as a context manager.

    Args:
        address: ``sc://host:port`` of a running server (Apache Spark or Sail); None starts Sail in this process on a
            free port of the loopback interface, which takes a few seconds.

    Raises:
        Unavailable: the extra ``sail`` is not installed, or nothing answers at the address.
    """

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._stack = ExitStack()
        self._session: Any = None
        self._ibis: Any = None

    def __enter__(self) -> Self:
        with warnings.catch_warnings():
            _tolerate_third_parties()
            try:
                self._open()
            except ImportError:
                self._stack.close()
                raise Unavailable(
                    "未安装分布式引擎。请安装附加组件：pip install 'shuyuan[sail]'",
                    "The distributed engine is not installed. Install the extra: pip install 'shuyuan[sail]'",
                ) from None
            except Exception as fault:
                self._stack.close()
                raise Unavailable(
                    "分布式引擎没有应答。请检查地址与服务，然后重试。",
                    "The distributed engine does not answer. Check its address and service, then try again.",
                    where=self._address or "sail",
                ) from fault
        return self

    def _open(self) -> None:
        from pyspark.sql import SparkSession

        address = self._address or self._start_sail()
        self._session = SparkSession.builder.remote(address).create()
        self._stack.callback(self._session.stop)
        self._session.conf.set("spark.sql.session.timeZone", "UTC")
        self._ibis = ibis.pyspark.connect(self._session)

    def _start_sail(self) -> str:
        os.environ.setdefault("RUST_LOG", "error")  # Sail's own log; it reads nothing else to be told
        from pysail.spark import SparkConnectServer

        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        self._stack.callback(server.stop)
        host, port = server.listening_address
        return f"sc://{host}:{port}"

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with warnings.catch_warnings():
            _tolerate_third_parties()
            self._stack.close()

    def load(self, name: str, data: pa.Table) -> ir.Table:
        """Make an Arrow table known to the session under ``name``; the table is sent over the wire."""
        with warnings.catch_warnings():
            _tolerate_third_parties()
            from ibis.backends.pyspark.datatypes import PySparkSchema

            # The schema is given since it is not inferred from a table without rows.
            schema = PySparkSchema.from_ibis(ibis.Schema.from_pyarrow(data.schema))
            self._session.createDataFrame(data, schema=schema).createOrReplaceTempView(name)
            return self._ibis.table(name)

    def table(self, name: str) -> ir.Table:
        """A table that was loaded."""
        return self._ibis.table(name)

    def to_arrow(self, expr: ir.Expr) -> pa.Table:
        """Evaluate ``expr``; column types are those of the expression."""
        expr = expr.as_table()
        with warnings.catch_warnings():
            _tolerate_third_parties()
            for memory in expr.op().find(ops.InMemoryTable):
                self.load(memory.name, memory.data.to_pyarrow(memory.schema))
            # By Arrow, not by ibis' own way through pandas, which loses decimals that are null.
            found = self._session.sql(self._ibis.compile(expr)).toArrow()
            return found.cast(expr.schema().to_pyarrow())


def _tolerate_third_parties() -> None:
    """Deprecations inside pyspark, ibis and grpc are theirs to mend; ours still fail the tests."""
    for module in ("pyspark", "ibis", "pysail", "grpc", "google", "pandas"):
        warnings.filterwarnings("ignore", module=rf"{module}(\.|$)")
