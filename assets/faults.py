"""How our errors are told in Dagster: in our words, tried again only where that can help, never with a row value.

``Unavailable`` is transient and retried; everything else would fail again in the same way. What an unforeseen error says
may quote data (an engine names the value it could not convert), so only its kind and its place in the code are told.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from ground.errors import ShuyuanError, Unavailable

RETRY = dg.RetryPolicy(max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For what writes or reads outside: a source that is away, a lock that is held. 30, 60, 120 seconds."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn our errors into failures of Dagster.

    Raises:
        dagster.Failure: with the message in both languages; its retry is allowed for `Unavailable` only.
    """
    try:
        yield
    except dg.Failure:
        raise
    except ShuyuanError as fault:
        raise failure(fault) from None
    except Exception as fault:
        raise dg.Failure(
            f"内部错误 {type(fault).__name__}，本步骤未完成，已发布的数据不受影响。请把下方 trace 交给维护人员。\n"
            f"Internal fault {type(fault).__name__}; this step did not finish and what is published stays. "
            "Hand the trace below to the maintainers.",
            metadata={"trace": dg.MetadataValue.md(f"```\n{_places(fault)}\n```")},
            allow_retries=False,
        ) from None


def failure(fault: ShuyuanError) -> dg.Failure:
    """A failure of Dagster that says what the error says."""
    facts = {name: text for name, text in fault.as_dict().items() if text is not None}
    return dg.Failure(str(fault), metadata=facts, allow_retries=isinstance(fault, Unavailable))


def _places(fault: Exception) -> str:
    """Where it happened: file, line and function of every frame, without the message."""
    return "\n".join(f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(fault.__traceback__))
