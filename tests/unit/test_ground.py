"""The ground floor: what every fault carries, and what no document may do to its reader.

The words for each mistake in a document are in test_documents_messages.py.
"""

import pytest
from pydantic import BaseModel

from ground import errors
from ground.documents import Declared, parse_document
from ground.errors import (
    Conflict,
    DocumentError,
    Forbidden,
    InternalFault,
    NotFound,
    RefusedData,
    ShuyuanError,
    Unavailable,
    UserError,
)


class Note(Declared):
    """A document of one key."""

    title: str | None = None


def test_each_fault_has_its_exit_code_and_its_kind():
    codes = {
        one: (one.exit_code, one.kind)
        for one in (
            UserError,
            DocumentError,
            NotFound,
            Conflict,
            Forbidden,
            RefusedData,
            Unavailable,
            InternalFault,
        )
    }
    assert codes == {
        UserError: (2, "user_error"),
        DocumentError: (2, "document_error"),
        NotFound: (2, "not_found"),
        Conflict: (2, "conflict"),
        Forbidden: (2, "forbidden"),
        RefusedData: (3, "refused_data"),
        Unavailable: (4, "unavailable"),
        InternalFault: (70, "internal_fault"),
    }
    every = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ShuyuanError)}
    assert every == {ShuyuanError, *codes}


def test_a_fault_says_where_in_both_languages_and_the_same_to_machines():
    fault = RefusedData("表头不符。", "Another header.", where="ga/x.csv:3")
    assert str(fault) == "[ga/x.csv:3] 表头不符。\n[ga/x.csv:3] Another header."
    assert fault.as_dict() == {
        "kind": "refused_data",
        "where": "ga/x.csv:3",
        "zh": "表头不符。",
        "en": "Another header.",
    }
    assert str(UserError("不对。", "Wrong.")) == "不对。\nWrong."


@pytest.mark.parametrize(
    "text",
    [
        "title: 2026-02-30",
        "title: 2026-13-45 10:00:00",
        "title: !!timestamp soon",
        "title: !!int x",
        "title: !!float y",
    ],
)
def test_a_date_or_number_that_does_not_exist_is_the_documents_fault_with_its_line(text):
    with pytest.raises(DocumentError, match="there is no such date or number") as refused:
        parse_document(f"# 说明\n{text}\n", Note, name="note.yaml")
    assert refused.value.where == "note.yaml:2"
    assert "没有这样的日期或数字" in refused.value.zh


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "a: &x [*x]", "? [x]\n: 1", "title: !!python/object/apply:os.getcwd []", "title: !!python/name:os.system",
     "title: \x07", "title: [1", "{", "*a", "title: 1\ntitle: 2", "? {a: b}\n: c", "!!set {a}"],
)  # fmt: skip
def test_no_text_gets_past_the_reader_as_anything_but_a_document_error(text):
    with pytest.raises(DocumentError) as refused:
        parse_document(text, Note, name="note.yaml")
    assert "note.yaml" in str(refused.value)


def test_a_document_cannot_be_changed_after_it_was_read():
    note = parse_document("title: 通知", Note, name="note.yaml")
    assert isinstance(note, BaseModel)
    with pytest.raises(ValueError, match="frozen"):
        note.title = "改"
