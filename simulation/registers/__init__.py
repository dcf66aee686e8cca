"""What every department holds, before any error is planted: one module a subject, one function a resource.

Each function ``<resource>(world, block)`` gives the rows of one block: items as text, the index its subjects. Columns
besides the items are not delivered; ``door``, ``building_no`` and ``form`` tell what an address means.
"""
