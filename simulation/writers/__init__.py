"""How each form of delivery is written: block after block, in constant memory, the same bytes for the same rows.

No time of writing gets into a file, and a file appears whole or not at all. Forms with a geometry are opened by the
register itself (`Register.writer`).
"""
