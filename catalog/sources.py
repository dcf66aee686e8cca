"""Where a delivery comes from: files in the inbox, a database, an interface, a remote folder."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ground.documents import Declared


class FileSource(Declared):
    """Files that a department drops into its folder under ``inbox/``."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1)
    """Pattern below ``inbox/``, with ``{period}`` and shell wildcards: ``ga/hukou_{period}*.csv``."""

    @field_validator("path")
    @classmethod
    def _below(cls, value: str) -> str:
        if (
            value.startswith(("/", "~"))
            or re.match(r"^[A-Za-z]:", value)
            or ".." in value.replace("\\", "/").split("/")
        ):
            raise ValueError("path 必须在 inbox/ 之下，不能是绝对路径或含 ..；path must stay below inbox/")
        return value


class SqlSource(Declared):
    """A table or query read through SQLAlchemy. ``${NAME}`` in the URL is taken from the environment."""

    kind: Literal["sql"]
    url: str = Field(min_length=1)
    query: str = Field(min_length=1)


Source = Annotated[FileSource | SqlSource, Field(discriminator="kind")]
