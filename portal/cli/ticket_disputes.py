"""``ticket dispute|coordinate|coordinated|escalate|decided|conclude``: where the reporter does not agree with an answer."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli.acting import As, Document, Reason, Record, Ticket, step
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now

Decision = Annotated[
    str, typer.Option("--decision", help="correct 更正，或 stands 维持 correct: put it right; stands: it is right.")
]


def dispute(
    ticket: Ticket, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """对答复提出异议 The reporter does not agree with the answer."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.dispute(ticket, at.actor, at.now, reason=reason))


def coordinate(
    ticket: Ticket,
    parties: Annotated[str, typer.Option("--parties", help="参加协调的各方 who takes part.")] = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """启动协调 The authority brings the parties together."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.coordinate(ticket, at.actor, at.now, parties=parties))


def coordinated(
    ticket: Ticket,
    decision: Decision,
    record: Record = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """协调一致：更正或维持 The parties agree: put it right, or let it stand."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.coordinated(ticket, at.actor, at.now, decision=decision, record=record))


def escalate(
    ticket: Ticket, document: Document = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """报本级政府决定 Put it before the government."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.escalate(ticket, at.actor, at.now, document=document))


def decided(
    ticket: Ticket,
    decision: Decision,
    document: Document = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """登记政府决定 Record what the government decided."""
    with step(home, now, json, as_) as at:
        handling = at.hub.problems.handling
        at.done(handling.government_decided(ticket, at.actor, at.now, decision=decision, document=document))


def conclude(ticket: Ticket, as_: As = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """按政府“维持”的决定办结 Close it as the government decided: the value stands."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.conclude(ticket, at.actor, at.now))


def register(app: Noun) -> None:
    """Add these commands to ``ticket``."""
    for one in (dispute, coordinate, coordinated, escalate, decided, conclude):
        app.command()(one)
