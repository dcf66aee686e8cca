"""The gate against duplicate collection (一数一源): what may be catalogued, and what has a source already.

Source: one number, one source, no repeated or multi-head collection (Wuhan article 12, Haishu article 12, Longyan article 9).
"""
