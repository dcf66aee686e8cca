"""The written form of an entry and its hash; what a use must state; a query without its values."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import UserError
from ledger.chain import GENESIS, canonical, canonical_entry, link, moment
from ledger.entry import Kind, Use, write_entry
from ledger.redact import redact_sql

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
filled = texts.filter(lambda value: bool(value.strip()))
contents = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def test_canonical_json_is_sorted_without_blanks_and_not_escaped():
    assert canonical({"b": [1, True, None], "a": {"键": "值"}}) == '{"a":{"键":"值"},"b":[1,true,null]}'


@given(contents)
def test_canonical_json_says_the_same_in_any_order(content):
    text = canonical(content)
    assert json.loads(text) == content
    assert canonical(dict(reversed(list(content.items())))) == text


@pytest.mark.parametrize(
    "value", [{"a": 1.5}, {"a": [{"b": 0.0}]}, {1: "a"}, {"a": NOW}, {"a": "\x00"}, {"\ud800": 1}, {"a": {1}}]
)
def test_what_has_no_single_written_form_is_refused(value):
    with pytest.raises(UserError):
        canonical(value)


def test_a_moment_is_written_in_utc_to_the_microsecond():
    assert moment(NOW) == "2026-03-02T01:30:00.000000Z"
    assert moment(NOW) == moment(NOW.astimezone(UTC))


@given(
    st.integers(1, 10**12),
    st.none() | st.integers(1, 10**12),
    filled,
    filled,
    filled,
    st.none() | texts,
    contents,
    filled,
)
def test_the_written_entry_is_its_canonical_json(seq, about, user, purpose, approver, grant, content, mode):
    facts = {
        "seq": seq,
        "about": about,
        "phase": "use",
        "kind": "query",
        "user": user,
        "purpose": purpose,
        "approver": approver,
        "grant": grant,
        "mode": mode,
        "medium": "network",
    }
    text = canonical_entry(at=NOW, content=canonical(content), **facts)
    assert text == canonical({**facts, "at": moment(NOW), "content": content})
    assert text.rfind(f',"seq":{seq},"user":"') == text.rfind(',"seq":')


def test_the_hash_binds_an_entry_to_the_one_before():
    use = Use(kind=Kind.QUERY, user="u", purpose="p", approver="a", content={"x": 1}, mode="m", medium="n")
    first = write_entry(use, seq=1, at=NOW, prev_hash=GENESIS)
    text = (
        '{"about":null,"approver":"a","at":"2026-03-02T01:30:00.000000Z","content":{"x":1},"grant":null,"kind":"query",'
        '"medium":"n","mode":"m","phase":"use","purpose":"p","seq":1,"user":"u"}'
    )
    assert first.hash == hashlib.sha256(b"0" * 64 + text.encode()).hexdigest()
    assert link(first.hash, text) != first.hash
    assert first.facts == {"x": 1}


@pytest.mark.duty("R-100")
@pytest.mark.parametrize("field", ["user", "purpose", "approver", "mode", "medium"])
@pytest.mark.parametrize("empty", ["", "  \n", "\u3000"])
def test_a_use_that_leaves_a_field_of_the_log_empty_is_refused(field, empty):
    facts = {"user": "u", "purpose": "p", "approver": "a", "mode": "m", "medium": "n", field: empty}
    with pytest.raises(UserError) as caught:
        Use(kind=Kind.QUERY, content={"x": 1}, **facts)
    assert caught.value.where == field


@pytest.mark.duty("R-100")
def test_a_use_of_nothing_is_refused():
    with pytest.raises(UserError):
        Use(kind=Kind.QUERY, user="u", purpose="p", approver="a", content={}, mode="m", medium="n")


@pytest.mark.parametrize(
    ("sql", "text", "tables"),
    [
        (
            "select name from base.population p where p.citizen_id in ('420106199001011234', 'x') limit 10 -- 张三",
            "select name from base . population p where p . citizen_id in ( ? , ? ) limit ?",
            ("base.population",),
        ),
        (
            "WITH a AS (SELECT * FROM b) SELECT \"名称\", $$张三$$ /* 李四 */ FROM a JOIN c.d USING (k) WHERE t > DATE '2020-01-01'",
            'WITH a AS ( SELECT * FROM b ) SELECT "名称" , ? FROM a JOIN c . d USING ( k ) WHERE t > DATE ?',
            ("b", "c.d"),
        ),
        ("FROM read_csv('/home/x/张三.csv') SELECT 1_000, {'张三': 1}", "FROM read_csv ( ? ) SELECT ? , { ? : ? }", ()),
        ('SELECT 1 AS "420106199001011234", a420106199001011234 FROM t', "SELECT ? AS ? , ? FROM t", ("t",)),
        ("SELECT * FROM 'a/张三.csv'", "SELECT * FROM ?", ()),
    ],
)
def test_a_query_keeps_its_shape_and_its_tables_and_loses_its_values(sql, text, tables):
    kept = redact_sql(sql, key=b"k")
    assert (kept.text, kept.tables) == (text, tables)


@pytest.mark.parametrize(
    "sql",
    [
        "select 'unclosed",
        "not sql at all, about 张三",
        "select 1; select '张三'",
        "call f('张三')",
        "explain select '张三'",
        "attach 'x.db' as y",
        "",
        "select " + "(" * 5000 + "1",
    ],
)
def test_what_is_not_one_plain_query_leaves_a_keyed_digest_and_no_text(sql, caplog, capsys):
    kept = redact_sql(sql, key=b"k")
    assert (kept.text, kept.tables) == (None, ())
    assert kept.digest == redact_sql(sql, key=b"k").digest
    assert kept.digest != redact_sql(sql, key=b"other").digest
    assert "张三" not in caplog.text + "".join(capsys.readouterr())


@given(st.text(max_size=20), st.integers(100000, 10**18))
def test_no_literal_of_any_shape_is_kept(text, number):
    quoted = text.replace("'", "''")
    kept = redact_sql(
        f"select * from t where a = '{quoted}zq{number}' and b = {number} and c = -{number}.5e3", key=b"k"
    )
    assert kept.text is None or str(number) not in kept.text
    assert kept.text is None or "zq" not in kept.text
