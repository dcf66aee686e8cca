"""Which steps does the city know? A step that its instrument does not have is refused, in the name of the instrument.

Wuhan or Longyan know no extension and no 沟通解决; where a city lets the authority coordinate and nobody decide above it, nothing is put
before a government. Asked with the version of the rules that the ticket keeps, by every door alike.
"""

from __future__ import annotations

from collections.abc import Callable

from ground.errors import UserError
from quality.tickets.clocks import ProfileClock, check_can_be_urgent, check_can_extend
from quality.tickets.events import Channel
from quality.tickets.states import OUTCOME_WORDS, Event, Outcome


def check_city_allows(clock: ProfileClock, event: Event) -> None:
    """The city's rules know this step, or UserError names the instrument that does not."""
    if event in _CHECKS:
        _CHECKS[event](clock)


def city_allows(clock: ProfileClock, event: Event) -> bool:
    """`check_city_allows` as an answer."""
    try:
        check_city_allows(clock, event)
    except UserError:
        return False
    return True


def check_channel(clock: ProfileClock, channel: Channel) -> None:
    """Problems may be reported this way; what rules find needs none, and a file of many is filled in like a form."""
    if channel is Channel.API and "api" not in clock.rules.channels.value:
        zh, en = clock.title
        raise UserError(
            f"{zh}没有以接口反馈问题数据的方式，请用系统填报。",
            f"{en} know no reporting by interface; use the form.",
        )


def outcome_zh(clock: ProfileClock, outcome: Outcome) -> str:
    """What the city calls an outcome; one that its rules do not have, of a ticket from before, is called as ours."""
    word = clock.rules.outcomes.value.get(outcome.value)
    return word or OUTCOME_WORDS[outcome][0]


def _check_talked_through(clock: ProfileClock) -> None:
    outcomes = clock.rules.outcomes.value
    if Outcome.TALKED_THROUGH.value not in outcomes:
        zh, en = clock.title
        raise UserError(
            f"{zh}没有“沟通解决”的答复方式；可用：{'、'.join(outcomes.values())}。",
            f"{en} know no answer 'talked through'; there are: {', '.join(outcomes)}.",
        )


def _check_escalation(clock: ProfileClock) -> None:
    if clock.rules.dispute.value != "coordination_then_government":
        zh, en = clock.title
        raise UserError(
            f"{zh}规定争议由主管机构协调，没有报本级政府决定的规定。",
            f"{en} let the authority coordinate a dispute; nothing is put before the government.",
        )


def _check_extension(clock: ProfileClock) -> None:
    check_can_extend(clock)


_CHECKS: dict[Event, Callable[[ProfileClock], None]] = {
    Event.EXTENSION_ASKED: _check_extension,
    Event.URGENT_SET: check_can_be_urgent,
    Event.ANSWERED_TALKED: _check_talked_through,
    Event.ESCALATED: _check_escalation,
}
