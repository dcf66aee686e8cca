"""One record in clear, for who has to judge it: every source beside the others; looked at for a purpose that is logged."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from ground.errors import Forbidden, NotFound, RefusedData, ShuyuanError, UserError
from pipelines.problems.correcting import Correction
from portal.web.desk_route import DeskRoute, status_of
from portal.web.pages import led_to, page
from portal.web.visit import Form, Posting, Visit
from portal.wording import SOURCE_ROLES, outcome_word, rule_said
from quality.tickets.permissions import may
from quality.tickets.policies import check_said
from quality.tickets.states import NEXT, Event, Outcome

router = APIRouter(route_class=DeskRoute)


@router.post("/tickets/{ticket_id}/records/{fingerprint}")
def reveal(request: Request, posted: Posting, ticket_id: str, fingerprint: str) -> Response:
    """Show the record; the ledger is written first. Sent by a form each time, so that every look has its purpose."""
    return _shown(request, posted.visit, ticket_id, fingerprint, posted.form)


@router.post("/tickets/{ticket_id}/records/{fingerprint}/correct")
def correct(request: Request, posted: Posting, ticket_id: str, fingerprint: str) -> Response:
    """Deliver what was put right in this record; the ticket is answered apart from it."""
    visit, form = posted.visit, posted.form
    try:
        values = form.below("value.")
        check_said("".join(values), "请填写要更正的值", "fill in what is put right")
        one = visit.hub.problems.show(ticket_id, visit.actor).ticket
        key = visit.hub.problems.viewer.keys_of(one, [fingerprint]).get(fingerprint)
        if key is None:
            raise UserError(
                "该记录已不在库中，或同一主键有多条，无法在此更正；请用更正文件。",
                "The record is gone, or not single under its key; correct it by a file.",
            )
        batch = visit.hub.problems.correct(
            ticket_id, visit.actor, visit.now, Correction(rows=[{**key, **values}], reason=form.text("why"))
        )
    except (NotFound, Forbidden):
        raise
    except (UserError, RefusedData) as fault:
        return _shown(request, visit, ticket_id, fingerprint, form, fault)
    word = outcome_word(visit.hub, one, Outcome.CORRECTED)
    told = f"更正已接收，批次 {batch.id}。下次构建时核验；请在工单中答复“{word}”。"
    return led_to(f"/tickets/{quote(ticket_id)}", request, told)


def _shown(
    request: Request, visit: Visit, ticket_id: str, fingerprint: str, form: Form, fault: ShuyuanError | None = None
) -> Response:
    hub, actor = visit.hub, visit.actor
    one = hub.problems.show(ticket_id, actor).ticket
    purpose = form.text("purpose")
    record, suggested = hub.triage.value(ticket_id, fingerprint, actor, purpose, visit.now)
    entry = hub.city.resource(record.resource)
    answerable = (one.state, Event.ANSWERED_CORRECTED) in NEXT or (one.state, Event.ACCEPTED) in NEXT
    return page(
        request, "record.html", visit=visit, status=status_of(fault) if fault else 200,
        one=one, title=visit.problem(one), rule=rule_said(hub, one), record=record, suggested=suggested, entry=entry,
        items={item.id: item.title for item in entry.items},
        resources={each.id: each.title for each in hub.city.resources},
        reports=[said for said in hub.problems.reports(ticket_id, actor) if said.fingerprint == fingerprint],
        roles=SOURCE_ROLES, fingerprint=fingerprint, purpose=purpose, fault=fault, typed=form,
        may_correct=answerable and may(actor, Event.ANSWERED_CORRECTED, one),
    )  # fmt: skip
