"""A page made readable without a network: whatever would be loaded from outside is taken out, styles are put in.

Offices have no way out; a page of Great Expectations, which takes its styles and scripts from other servers, is blank
there. What remains after this is text, tables and anchors.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_DROPPED = {"script", "iframe", "object", "noscript", "footer"}
"""Elements that go with everything inside them."""

_VOID = {"link", "img", "embed", "source", "base"}
"""Elements without an end that would load something."""

_LOADS = re.compile(r"url\(\s*['\"]?\s*(?!data:)[^)]*\)|@import[^;]*;?", re.IGNORECASE)

STYLE = """
body{font-family:"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;margin:1.5rem;color:#222;line-height:1.5}
table{border-collapse:collapse;margin:.5rem 0;width:100%} td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{background:#f3f5f7} .row{display:block} .collapse{display:block} thead[hidden]{display:none}
.alert,.card-header{background:#eef2f6;padding:.4rem .8rem;border-radius:4px} .card{border:1px solid #ddd;margin:.6rem 0}
.btn-group,.cooltip,.tooltip,.ge-walkthrough-modal,.modal{display:none} ul{padding-left:1.2rem}
.badge{background:#e3e8ee;border-radius:4px;padding:0 .4rem;font-family:monospace}
.fa-check-circle::before{content:"\\2713";color:#176f2c} .fa-times::before{content:"\\2717";color:#b00020}
.fa-exclamation-triangle::before{content:"!";color:#b06000} .differs{background:#fde7e9} .uncovered{background:#fff6df}
"""
"""Plain styles for our pages and for the classes that Great Expectations uses."""


def make_offline(page: str, *, home: str) -> str:
    """The page without anything that loads from elsewhere.

    Args:
        page: a whole HTML page.
        home: where links that pointed out of the page's own folder shall lead.
    """
    parser = _Offline(home)
    parser.feed(page)
    parser.close()
    return "".join(parser.out)


class _Offline(HTMLParser):
    """Copies a page, leaving out what loads."""

    def __init__(self, home: str) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._home = home
        self._inside = 0
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._inside += 1
        elif not self._inside and tag not in _VOID:
            self._style = tag == "style"
            self.out.append(self._tag(tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._inside and tag not in _VOID | _DROPPED:
            self.out.append(self._tag(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._inside = max(0, self._inside - 1)
        elif not self._inside:
            if tag == "head":
                self.out.append(f"<style>{STYLE}</style>")
            self._style = False
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.out.append(_LOADS.sub("none", data) if self._style else data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def _tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        kept = [(name, self._value(name, value or "")) for name, value in attrs if not name.startswith("on")]
        return "<" + " ".join([tag, *[f'{name}="{_escaped(value)}"' for name, value in kept if name != "src"]]) + ">"

    def _value(self, name: str, value: str) -> str:
        if name == "href" and not value.startswith("#"):
            return self._home
        return _LOADS.sub("none", value) if name == "style" else value


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
