"""Base libraries: how the standard tables of many departments become one row per person or organisation.

    shape      which columns a base library has, and of which type
    collapse   a source's rows after the alias table: one row per key again
    fuse       the rows of the base library: value, source and agreement of every item
    increment  the same, for the keys that changed
    history    what a fresh result inserts, updates and deletes, and which versions it closes
    served     what readers see: every item with its source, observation time, agreement and dispute

Everything here is Ibis expressions, tables in and table out: no connection, no clock, no I/O. What the rules are is in
the register (`catalog.register.Library`); nothing here knows a particular library (docs/decisions/0004).
"""
