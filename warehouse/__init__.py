"""Storage and engines: the lake and its published pointer, the engine protocol with its leaves, the operational database.

Knows tables, never what they mean. Only the leaves here may import duckdb or pyspark.
"""
