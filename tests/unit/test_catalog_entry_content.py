"""Documents of entries: what is written is what is read, what differs is named, what means the same has one digest."""

from __future__ import annotations

from entry_desk import CONDITIONAL, resource
from hypothesis import given
from hypothesis import strategies as st

from catalog.entries.content import differences, digest_of, document_of, meaning_of, resource_of, term_of, text_of
from catalog.model import Resource
from ground.documents import parse_document
from ground.labels import UNSEEN

# What a YAML document can hold; no surrogates and no control characters, which no editor writes.
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=40).filter(
    str.strip
)
TITLES = WORDS.map(lambda one: UNSEEN.sub("", one)).filter(str.strip)
TROUBLE = st.sampled_from(
    ["- 甲", "yes", "2026-01-01", "1e3", "# 注", "a: b", "'", '"', "{x}", "[y]", "null", "~", "&a", "*a", "01", "- "]
)


@given(title=TITLES | TROUBLE, abstract=WORDS | TROUBLE, item=TITLES | TROUBLE, term=st.sampled_from(["长期", "2027-12-31", "2027"]),
       related=st.lists(WORDS | TROUBLE, max_size=3))  # fmt: skip
def test_a_document_that_is_written_reads_as_itself(title, abstract, item, term, related):
    one = resource(
        title=title, abstract=abstract, share_until=term, related=related, sharing=CONDITIONAL,
        items=[{"id": "citizen_id", "title": item, "required": True, "collection": {"as": "exception", "legal_basis": title}}],
    )  # fmt: skip
    text = text_of(document_of(one))
    again = parse_document(text, Resource, name="x.yaml")
    assert meaning_of(again) == meaning_of(one)
    assert text_of(document_of(again)) == text
    assert differences(document_of(one), document_of(again)) == []


def test_what_was_left_out_stays_left_out():
    one = resource(storage_format=None)
    assert one.storage_format == "database"
    assert "storage_format" not in resource_of(document_of(one)).model_fields_set


def test_a_digest_is_of_the_meaning():
    one = resource()
    written = resource(storage_format="database", related=[])
    assert digest_of(meaning_of(one)) == digest_of(meaning_of(written))
    assert digest_of({**meaning_of(one), "a_later_field": None, "another": [], "a_flag": False}) == digest_of(
        meaning_of(one)
    )
    for changed in (resource(title="户口"), resource(sharing=CONDITIONAL), resource(items=[*reversed(_items())])):
        assert digest_of(meaning_of(changed)) != digest_of(meaning_of(one))


def test_differences_name_fields_and_items():
    new = resource(
        title="户口", sharing=CONDITIONAL,
        items=[{"id": "citizen_id", "title": "身份证号"}, {"id": "sex", "title": "性别"}],
    )  # fmt: skip
    found = {one.field: (one.old, one.new) for one in differences(document_of(resource()), document_of(new))}
    assert found["title"] == ("户籍登记", "户口")
    assert found["sharing.class"] == ("unconditional", "conditional")
    assert found["items.citizen_id.title"] == ("公民身份号码", "身份证号")
    assert found["items.name"] == ("姓名", None)
    assert found["items.sex"] == (None, "性别")
    moved = differences(document_of(resource()), document_of(resource(items=[*reversed(_items())])))
    assert [one.field for one in moved] == ["items"]


def test_the_comment_at_the_head_stays():
    text = text_of(document_of(resource()), "# 每人一行\n# 按身份号码\nid: old\n# 其余\n")
    assert text.startswith("# 每人一行\n# 按身份号码\nid: ga_household\n")
    assert "其余" not in text


def test_a_term_is_a_day_or_none():
    assert str(term_of({"share_until": "2027-12-31"})) == "2027-12-31"
    assert [term_of({"share_until": one}) for one in ("长期", "2027", None)] == [None, None, None]


def _items():
    return [{"id": "citizen_id", "title": "公民身份号码"}, {"id": "name", "title": "姓名"}]
