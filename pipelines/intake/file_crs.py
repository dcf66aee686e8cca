"""Whether the reference system that a file names is the one its feed declares: a wrong one moves points by hundreds of metres."""

from __future__ import annotations

import pyproj
from pyproj.exceptions import CRSError

from catalog.feed import Feed
from ground.errors import RefusedData
from standards import coordinates

_SAME = frozenset({coordinates.CGCS2000, coordinates.WGS84})
"""Taken as equal (standards.coordinates)."""
_CONFIDENCE = 70
"""Per cent from which pyproj's recognition of a written-out system is believed; it gives 100 to those of its own list."""


def check(feed: Feed, found: str | None, *, where: str) -> tuple[str, str]:
    """Compare the system a file names with the declared one.

    Args:
        feed: the feed; its geometry declares the system.
        found: what the file says: an authority code or well-known text; None where it says nothing.
        where: the file, for messages.

    Returns:
        What was found, (zh, en), for ``feed check``.

    Raises:
        RefusedData: they contradict each other, and the feed does not say that the file's word is known to be wrong.
    """
    named = None if found is None else _name(found)
    if feed.geometry is None:
        return (f"坐标系：{named or '文件未写明'}", f"reference system: {named or 'the file names none'}")
    declared = coordinates.normal_crs(feed.geometry.crs)
    if named is None:
        return (
            f"坐标系：文件未写明，按声明的 {declared}",
            f"reference system: the file names none; {declared} holds, as declared",
        )
    if named == declared or {named, declared} <= _SAME:
        return (
            f"坐标系：{named}，与声明的 {declared} 相符",
            f"reference system: {named}, agrees with {declared} as declared",
        )
    if feed.geometry.file_crs == "ignored":
        return (
            f"坐标系：文件写的是 {named}，按约定不予采信，按声明的 {declared}",
            f"reference system: the file says {named}, which is ignored as agreed; {declared} holds",
        )
    raise RefusedData(
        f"文件写明的坐标系是 {named}，数据源声明的是 {declared}，两者矛盾。请向提供单位核实：声明有误则改 geometry.crs；文件标注有误则更正，或写 geometry.file_crs: ignored。整个文件未采用，原件已保留。",
        f"The file names the reference system {named}, the feed declares {declared}. Ask the provider: if the feed is wrong, mend "
        "geometry.crs; if the file is, have it corrected or write geometry.file_crs: ignored. The file was not taken; its bytes "
        "are kept.",
        where=where,
    )


def _name(found: str) -> str:
    """The system under the name it has here, or the name it gives itself where it is not known here."""
    if coordinates.known_crs(found):
        return coordinates.normal_crs(found)
    try:
        system = pyproj.CRS.from_user_input(found)
    except CRSError:
        return found[:60]
    code = system.to_epsg(_CONFIDENCE)
    for name in ([f"EPSG:{code}"] if code else []) + [system.name]:
        if coordinates.known_crs(name):
            return coordinates.normal_crs(name)
    return f"EPSG:{code}（{system.name}）" if code else system.name
