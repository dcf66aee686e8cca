"""Days of a life in whole columns: anniversaries, days between two bounds, the ways in which offices write a day."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from simulation.numbers import Days, Text, calendar_parts, iso_times

_OPENED = np.datetime64("2024-01-01", "s")
"""Before this day no row was updated: the systems of today were filled then."""


def days(values: npt.ArrayLike) -> Days:
    """``values`` (dates or moments of any unit) as days."""
    result: Days = np.asarray(values).astype("datetime64[D]")
    return result


def day(value: date) -> np.datetime64:
    """One day as numpy has it."""
    return np.datetime64(value, "D")


def yesterday(as_of: date, count: int) -> Days:
    """The last day before ``as_of``, ``count`` times."""
    return np.full(count, day(as_of) - np.timedelta64(1, "D"))


def span(count: npt.ArrayLike) -> npt.NDArray[np.timedelta64]:
    """Numbers of days; a part of a day is dropped."""
    return np.asarray(count).astype(np.int64).astype("timedelta64[D]")


def anniversary(births: Days, years: npt.ArrayLike) -> Days:
    """The day so many calendar years later; who is born on 29 February has it on 1 March of other years."""
    months = births.astype("datetime64[M]")
    into = births - months.astype("datetime64[D]")
    later = months + (np.asarray(years, dtype=np.int64) * 12).astype("timedelta64[M]")
    result: Days = later.astype("datetime64[D]") + into
    return result


def between(rng: np.random.Generator, first: Days, last: Days) -> Days:
    """A day from ``first`` to ``last`` for every pair, both included; ``first`` where the bounds are the wrong way."""
    room = np.maximum((last - first).astype(np.int64), 0) + 1
    result: Days = first + span(rng.random(len(room)) * room)
    return result


def updated(rng: np.random.Generator, since: Days, as_of: date) -> Text:
    """Times of an update after the end of the days ``since`` and before ``as_of``, as ``YYYY-MM-DD HH:MM:SS``."""
    first = np.maximum((since + np.timedelta64(1, "D")).astype("datetime64[s]"), _OPENED)
    first = np.minimum(first, day(as_of).astype("datetime64[s]") - 1)
    room = (day(as_of).astype("datetime64[s]") - first).astype(np.int64)
    return iso_times(first + (rng.random(len(room)) * room).astype(np.int64).astype("timedelta64[s]"))


def iso(values: Days) -> Text:
    """``2026-03-05``."""
    return np.datetime_as_string(values, unit="D").astype("U10")


def slashed(values: Days) -> Text:
    """``2026/3/5``, as spreadsheets show it."""
    return _written(values, "/", "/", "")


def chinese(values: Days) -> Text:
    """``2026年3月5日``."""
    return _written(values, "年", "月", "日")


def _written(values: Days, *marks: str) -> Text:
    parts = [part.astype("U4") for part in calendar_parts(values)]
    text = np.full(len(values), "", dtype="U11")
    for part, mark in zip(parts, marks, strict=True):
        text = np.strings.add(np.strings.add(text, part), mark)
    return text
