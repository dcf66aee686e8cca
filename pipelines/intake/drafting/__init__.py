"""Drafts the first feed of a file nobody has declared yet, and says of every guess why it was made.

``form`` finds out how the bytes are to be read (`catalog.formats`), ``header`` where the titles stand, ``columns`` what the
values are, ``keys`` which of them name a row, ``titles`` what to call them; ``draft`` puts it together, and ``document``
writes it down. All are guesses for a person to check: nothing here is used while a delivery is taken.
"""
