"""A map of the streets with a value each, as one file that needs nothing else: an SVG, or an HTML page around it.

The map is drawn here, in plain SVG: offices are offline, and a chart library fetched from elsewhere would not load.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from ground.errors import UserError

COLUMNS = ("street_code", "name", "wkt", "value")
"""What a map is drawn from: boundaries are WKT in CGCS2000 (longitude, latitude); a value may be null."""
COLOURS = ("#eaf3ef", "#bfdfd0", "#8cc5ab", "#52a582", "#2b8060", "#14573f")
"""From the least to the most; told apart without colour by their lightness."""
NO_VALUE = "#eeeeee"
WIDTH, MARGIN, TOP, LEGEND = 960, 24, 64, 190
_LABEL = 11
"""Size of a street's name."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Frame:
    """How degrees become pixels: an equirectangular map true to scale at the middle latitude of the city."""

    west: float
    north: float
    across: float
    scale: float
    height: int

    @classmethod
    def around(cls, shapes: npt.NDArray[np.object_]) -> _Frame:
        west, south, east, north = (float(one) for one in shapely.total_bounds(shapes))
        across = float(np.cos(np.radians((south + north) / 2)))
        scale = (WIDTH - 2 * MARGIN - LEGEND) / max((east - west) * across, 1e-9)
        return cls(west, north, across, scale, int(np.ceil((north - south) * scale)) + TOP + MARGIN)

    def pixels(self, points: Floats) -> Floats:
        """Pixels of points (n, 2) in degrees."""
        x = MARGIN + (points[:, 0] - self.west) * self.across * self.scale
        y = TOP + (self.north - points[:, 1]) * self.scale
        return np.column_stack([x, y])


def draw_street_map(streets: pa.Table, title: str, path: Path) -> Path:
    """Draw the streets, coloured by their value, with names and a legend.

    Args:
        streets: `COLUMNS`; one row per street, ``value`` any number or null.
        title: stands above the map.
        path: the file to write; ``.html`` for a page, else SVG.

    Returns:
        The file.

    Raises:
        UserError: a column is missing, no street has a boundary, or a boundary cannot be read.
    """
    missing = [name for name in COLUMNS if name not in streets.column_names]
    drawn = streets if missing else streets.filter(streets["wkt"].is_valid())
    if missing or drawn.num_rows == 0:
        raise UserError(
            f"无法画街道图：{'缺少列 ' + '、'.join(missing) if missing else '没有一条街道界线'}。",
            f"The map cannot be drawn: {'columns are missing: ' + ', '.join(missing) if missing else 'no street has a boundary'}.",
            where=str(path),
        )
    try:
        shapes = shapely.from_wkt(np.array(drawn["wkt"].to_pylist(), dtype=object))
    except shapely.errors.GEOSException as fault:
        raise UserError(
            "街道界线不是有效的 WKT，请核对资源的几何项。",
            "A street's boundary is no valid WKT; check the geometry item of the resource.",
            where=str(path),
        ) from fault
    values = np.array(drawn["value"].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    names = [str(name) for name in drawn["name"].to_pylist()]
    svg = _svg(shapes, names, values, title)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(svg, title) if path.suffix == ".html" else svg, encoding="utf-8")
    return path


def classes(values: Floats) -> Floats:
    """Upper bounds of at most six classes of about equally many streets, the last one the greatest value."""
    known = values[np.isfinite(values)]
    if not known.size:
        return np.array([], dtype=np.float64)
    steps = min(len(COLOURS), len(np.unique(known)))
    bounds: Floats = np.unique(np.quantile(known, np.arange(1, steps + 1) / steps, method="inverted_cdf"))
    return bounds


def _svg(shapes: npt.NDArray[np.object_], names: list[str], values: Floats, title: str) -> str:
    frame, bounds = _Frame.around(shapes), classes(values)
    palette = np.array(COLOURS)[np.linspace(0, len(COLOURS) - 1, max(len(bounds), 1)).round().astype(int)]
    known = np.isfinite(values)
    place = np.searchsorted(bounds, np.where(known, values, 0.0)) if len(bounds) else np.zeros(len(values), dtype=int)
    fills = np.where(known, palette[np.minimum(place, len(palette) - 1)], NO_VALUE)
    height = max(frame.height, TOP + 24 * (len(bounds) + 2) + MARGIN)
    outlines = [
        f'<path d="{_path(shape, frame)}" fill="{fill}"><title>{escape(name)}：{_said(value)}</title></path>'
        for shape, name, value, fill in zip(shapes, names, values, fills, strict=True)
    ]
    dark = known & (place >= (len(bounds) + 1) // 2) & (len(bounds) > 1)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            'role="img" font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="{MARGIN}" y="38" font-size="22" fill="#1c1c1c">{escape(title)}</text>',
            '<g stroke="#ffffff" stroke-width="1.2" stroke-linejoin="round" fill-rule="evenodd">',
            *outlines,
            "</g>",
            f'<g font-size="{_LABEL}" text-anchor="middle">',
            *_labels(shapes, names, dark, frame),
            "</g>",
            *_legend(bounds, palette, values),
            "</svg>",
            "",
        ]
    )


def _path(shape: shapely.Geometry, frame: _Frame) -> str:
    """A polygon or several, holes included, as a path."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in frame.pixels(shapely.get_coordinates(ring)[:-1])) + "Z"
        for ring in rings
    )


def _labels(shapes: npt.NDArray[np.object_], names: list[str], dark: npt.NDArray[np.bool_], frame: _Frame) -> list[str]:
    """Names inside the streets that are wide enough for them; the others say theirs when pointed at."""
    at = frame.pixels(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    west, _, east, _ = shapely.bounds(shapes).T
    room = (east - west) * frame.across * frame.scale
    return [
        f'<text x="{x:.1f}" y="{y + _LABEL / 3:.1f}" fill="{"#ffffff" if light else "#1c1c1c"}">{escape(name)}</text>'
        for (x, y), name, light, wide in zip(at, names, dark, room, strict=True)
        if wide >= _LABEL * len(name)
    ]


def _legend(bounds: Floats, palette: npt.NDArray[np.str_], values: Floats) -> list[str]:
    left = WIDTH - MARGIN - LEGEND + 40
    known = values[np.isfinite(values)]
    rows = []
    lower = float(known.min()) if known.size else 0.0
    for upper, fill in zip(bounds, palette, strict=False):
        said = _said(upper) if lower == upper else f"{_said(lower)} – {_said(upper)}"
        rows.append((fill, said))
        # A class begins at the least value above the one before.
        above = known[known > upper]
        lower = float(above.min()) if above.size else float(upper)
    if known.size < values.size:
        rows.append((NO_VALUE, "无数据 no data"))
    parts = ['<g font-size="13" fill="#1c1c1c">']
    for place, (fill, said) in enumerate(rows):
        top = TOP + place * 24
        parts.append(f'<rect x="{left}" y="{top}" width="18" height="16" fill="{fill}" stroke="#999999"/>')
        parts.append(f'<text x="{left + 26}" y="{top + 13}">{said}</text>')
    return [*parts, "</g>"]


def _said(value: float) -> str:
    if not np.isfinite(value):
        return "无数据 no data"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _page(svg: str, title: str) -> str:
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>body{{margin:0}}svg{{max-width:100%;height:auto}}</style>\n</head>\n"
        f"<body>\n{svg}</body>\n</html>\n"
    )
