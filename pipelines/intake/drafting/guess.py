"""What a guess is: a value, and why it was made."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.formats import Format


@dataclass(frozen=True)
class Guess:
    """One thing that was guessed: the value, and how it was told, in both languages."""

    value: object
    zh: str
    en: str


@dataclass(frozen=True)
class Guessed:
    """A format that was guessed.

    Attributes:
        form: the format.
        guesses: option of the format -> how it was told.
        crs: the reference system that the file itself states, if it has features and states one.
    """

    form: Format
    guesses: dict[str, Guess] = field(default_factory=dict)
    crs: Guess | None = None
