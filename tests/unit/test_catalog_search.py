"""Search: Chinese in any writing, pinyin, other names of an element, filters, pages, and queries that are no queries."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interchange_entries import DEPARTMENTS, entry

from catalog.documents import load_city
from catalog.search.finding import FARTHEST, CatalogSearch, Filters
from catalog.search.index import Indexed, digest_of
from catalog.search.snippets import Snippet, snippet
from catalog.search.terms import fold, latin, query_runs, tokens
from ground.errors import UserError
from simulation.declared import DOCUMENTS

BY_ID = {one.id: one for one in DEPARTMENTS}
ENTRIES = [
    entry(),
    entry("mz_marriage", title="婚姻登记", department="mz", code="2001/000007", system="婚姻登记系统", category="主题/社会保障", abstract="结婚与离婚登记",
          update_cycle="daily", key=["no"], items=[{"id": "no", "title": "登记证号"}, {"id": "man", "title": "公民身份号码"}]),
    entry("mz_bank", title="重庆路银行网点", system="网点系统", department="mz", code=None, abstract=None, category=None, key=["no"],
          sharing={"class": "not", "reason": "x", "legal_basis": "y"}, items=[{"id": "no", "title": "网点编号"}, {"id": "lon", "title": "经度"}]),
    entry("ga_note", title="其他资料", code=None, system="档案系统", abstract="备考：曾含户籍登记材料", category="基础/人口/户籍", key=["no"], items=[{"id": "no", "title": "编号"}]),
]  # fmt: skip


@pytest.fixture
def found(tmp_path: Path) -> CatalogSearch:
    states = ["published", "published", "drafted", "published"]
    return CatalogSearch(
        tmp_path / "search",
        "one",
        lambda: [Indexed(one, state) for one, state in zip(ENTRIES, states, strict=True)],
        BY_ID,
    )


def ids(found: CatalogSearch, text: str, **filters: str) -> list[str]:
    return [one.id for one in found.search(text, Filters(**filters)).found]


@pytest.mark.parametrize(
    ("text", "first"),
    [("婚姻", "mz_marriage"), ("婚姻登记", "mz_marriage"), ("婚姻登記", "mz_marriage"), ("ＭＺ＿ＭＡＲＲＩＡＧＥ", "mz_marriage"), ("hydj", "mz_marriage"),
     ("HYDJ", "mz_marriage"), ("hunyin", "mz_marriage"), ("hunyindengji", "mz_marriage"), ("yindeng", "mz_marriage"), ("2001/000007", "mz_marriage"),
     ("民政局 登记", "mz_marriage"), ("离婚", "mz_marriage"), ("人口信息管理系统", "ga_household"), ("chongqinglu", "mz_bank"), ("cql", "mz_bank"), ("yinhang", "mz_bank"),
     ("银行网点", "mz_bank"), ("籍", "ga_household"), ("wdbh", "mz_bank")],
)  # fmt: skip
def test_an_entry_is_found(text, first, found):
    hits = found.search(text)
    assert hits.found[0].id == first and hits.all_words


def test_a_title_weighs_more_than_an_abstract_and_an_item(found):
    assert ids(found, "户籍登记") == ["ga_household", "ga_note"]


def test_other_names_of_a_data_element_find_its_items(found):
    """身份证号 is written in no entry: two have the element, one by id, one by title alone; by initials as well."""
    for text in ("身份证号", "sfzh"):
        hits = found.search(text)
        assert hits.all_words and {one.id for one in hits.found} == {"ga_household", "mz_marriage"}
    assert not any("身份证号" in item.title for one in ENTRIES for item in one.items)


def test_a_word_within_longer_words_is_found_and_none_across_two_fields(found):
    assert ids(found, "行网") == ["mz_bank"]
    assert found.search("号码姓名").all_words is False  # two items beside each other are no word


def test_what_no_entry_has_wholly_is_found_in_part_and_said_to_be(found):
    hits = found.search("婚姻状况证明")
    assert (hits.all_words, [one.id for one in hits.found]) == (False, ["mz_marriage"])
    assert found.search("鲸鱼").total == 0


def test_where_it_was_found_is_marked(found):
    (hit,) = found.search("银行 编号").found
    assert hit.title.marked() == "重庆路【银行】网点" and [one.marked() for one in hit.snippets] == ["网点【编号】"]
    assert found.search("cqlyh").found[0].title.marked() == "【重庆路银行】网点"
    assert found.search("zhongqing").total == 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [({"department": "mz"}, {"mz_marriage", "mz_bank"}), ({"sharing": "not"}, {"mz_bank"}), ({"opening": "unconditional", "department": "ga"}, {"ga_household", "ga_note"}),
     ({"cycle": "daily"}, {"mz_marriage"}), ({"category": "基础"}, {"ga_household", "ga_note"}), ({"category": "基础/人口/户籍"}, {"ga_note"}),
     ({"category": "基"}, set()), ({"state": "drafted"}, {"mz_bank"}), ({"department": "'; DROP TABLE entry"}, set())],
)  # fmt: skip
def test_filters_hold_with_and_without_words(filters, expected, found):
    assert set(ids(found, "", **filters)) == expected
    assert set(ids(found, "登记 OR 编号", **filters)) <= expected
    assert {one.id for one in found.search("编号 号码", Filters(**filters)).found} <= expected


def test_pages_have_the_total_and_together_everything_once(tmp_path):
    many = [entry(f"r{n}", title=f"登记{n:03}", code=None) for n in range(57)]
    found = CatalogSearch(tmp_path, "x", lambda: map(Indexed, many), BY_ID)
    pages = [found.search("登记", limit=10, offset=offset) for offset in range(0, 70, 10)]
    assert {one.total for one in pages} == {57} and [len(one.found) for one in pages] == [10, 10, 10, 10, 10, 7, 0]
    assert sorted(one.id for page in pages for one in page.found) == sorted(one.id for one in many)
    assert len(found.search("", limit=10_000).found) == 57 and len(found.search("登记", limit=-5, offset=-5).found) == 1
    for words in ("", "登记"):
        assert found.search(words, offset=FARTHEST).found == ()
        with pytest.raises(UserError, match="起始位置超出范围"):
            found.search(words, offset=FARTHEST + 1)


ODD = ['"', '""" OR 1=1 --', "NEAR(a b)", "title:户籍", "*", "-户籍", "^户", "(", "AND OR NOT", "户籍*", "'; DROP TABLE entry; --", "🙂", "\x00户籍\x00", "a" * 10_000,
       "户" * 10_000, " \t\n　", "%_", "{}", "户籍 AND", "\u202e籍户", "é", "\ud800"]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_queries_are_words_or_nothing(text, found):
    hits = found.search(text)
    assert hits.total >= len(hits.found)
    assert found.search("户籍登记").total == 2  # nothing was dropped


@settings(max_examples=200)
@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=10))
def test_no_query_ever_raises(text, department):
    assert _ANY.search(text, Filters(department=department or None)).total >= 0


_FOLDER = mkdtemp()
_ANY = CatalogSearch(Path(_FOLDER), "any", lambda: map(Indexed, ENTRIES), BY_ID)


@given(st.text(max_size=80))
def test_folding_moves_no_place_and_every_title_is_found_by_itself(text):
    assert len(fold(text)) == len(text) == len(latin(text).syllables)
    assert set(query_runs(text[:200])) >= set() and all(token.strip() == token for token in tokens(text))


@settings(max_examples=50)
@given(
    st.text(alphabet="户籍婚姻登记重庆银行企业A1（）", min_size=1, max_size=12).filter(
        lambda one: bool(query_runs(one))
    )
)
def test_every_title_is_found_by_its_own_words(title):
    with TemporaryDirectory() as folder:
        found = CatalogSearch(Path(folder), "t", lambda: [Indexed(entry("x", title=title, code=None))], BY_ID)
        hits = found.search(title)
        assert hits.total == 1 and hits.all_words and hits.found[0].title.marks


@given(
    st.text(alphabet="户籍婚姻登记重庆银行abc ", max_size=40),
    st.lists(st.sampled_from(["户籍", "登记", "银", "a", "hj", "chongqing", "djcq"]), max_size=4),
)
def test_marks_lie_in_order_within_the_text_and_leave_it_whole(text, runs):
    piece = snippet("title", text, runs, by_pinyin=True)
    if piece is None:
        return
    last = 0
    for start, end in piece.marks:
        assert last <= start < end <= len(piece.text)
        last = end
    assert piece.marked("", "") == piece.text and piece.text.strip("…") in text


def test_the_index_is_made_once_and_anew_when_the_catalogue_changes(tmp_path):
    asked = []

    def entries_of(*names: str):
        def give():
            asked.append(names)
            return [Indexed(entry(name, title=name, code=None)) for name in names]

        return give

    assert CatalogSearch(tmp_path, "one", entries_of("alpha"), BY_ID).search("alpha").total == 1
    assert CatalogSearch(tmp_path, "one", entries_of("alpha"), BY_ID).search("alpha").total == 1
    assert CatalogSearch(tmp_path, "two", entries_of("beta"), BY_ID).search("alpha").total == 0
    assert asked == [("alpha",), ("beta",)] and [one.name for one in tmp_path.iterdir()] == ["catalogue.sqlite"]


@pytest.mark.parametrize("broken", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 5000])
def test_a_broken_index_is_made_anew(broken, tmp_path):
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(broken)
    assert digest_of(path) is None
    assert CatalogSearch(tmp_path, "one", lambda: map(Indexed, ENTRIES), BY_ID).search("婚姻").total == 1


def test_readers_keep_the_old_index_until_the_new_one_stands_whole(tmp_path):
    old = CatalogSearch(tmp_path, "one", lambda: map(Indexed, ENTRIES), BY_ID)
    old.refresh()

    def failing():
        yield Indexed(ENTRIES[0])
        raise sqlite3.OperationalError("disk is full")

    with pytest.raises(sqlite3.OperationalError):
        CatalogSearch(tmp_path, "two", failing, BY_ID).refresh()
    assert old.search("婚姻").total == 1 and [one.name for one in tmp_path.iterdir()] == ["catalogue.sqlite"]


def test_the_simulated_city_is_searched(tmp_path):
    city = load_city(DOCUMENTS)
    found = CatalogSearch(
        tmp_path, city.digest, lambda: map(Indexed, city.resources), {one.id: one for one in city.departments}
    )
    assert found.search("戶籍登記").found[0].id == "ga_household" and found.search("hjdj").found[0].id == "ga_household"
    assert found.search("公安局 身份证").total >= 3
    assert found.search("").total == len(city.resources)


def test_a_snippet_of_a_long_text_is_cut_around_its_match():
    text = "甲" * 100 + "户籍" + "乙" * 100
    piece = snippet("abstract", text, ["户籍"], by_pinyin=False)
    assert (
        piece is not None
        and len(piece.text) < 60
        and piece.marked().count("【户籍】") == 1
        and piece.text.startswith("…")
    )
    assert snippet("abstract", "无", ["户籍"], by_pinyin=True) is None
    assert Snippet("title", "甲乙", ((0, 1),)).marked("<", ">") == "<甲>乙"
