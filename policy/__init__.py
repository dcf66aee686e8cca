"""The law as data: city profiles, the working-day calendar and the legal clock.

Pure: no input or output but its own YAML. Deadlines are computed here and joined as data, never in SQL.
"""
