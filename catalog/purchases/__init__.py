"""Purchases of data (购买数据资源): told beforehand, never what the platform has, catalogued and shared afterwards (Wuhan 34)."""
