"""Reporting a problem by form (系统填报, Haishu 28): one record, or many in a file, each row with its answer."""

from __future__ import annotations

import csv
import io
import secrets
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from catalog.model import Resource
from ground.errors import Forbidden, RefusedData, ShuyuanError, UserError
from pipelines.problems.bulk import COLUMNS
from portal.web.desk_route import DeskRoute, status_of
from portal.web.pages import led_to, page
from portal.web.visit import Form, Posting, Visit, Visiting, visiting
from quality.tickets.attachment_kinds import checked_name, kind_of
from quality.tickets.attachments import check_size
from quality.tickets.events import KIND_WORDS, Channel, Kind
from quality.tickets.reports import ProblemReport

router = APIRouter(route_class=DeskRoute)

KINDS = [(one.value, KIND_WORDS[one][0]) for one in Kind if one is not Kind.FINDINGS]
HINTS = {
    "wrong_value": "某一信息项的值有误",
    "missing_record": "应有的记录或值没有",
    "infringement": "泄露国家秘密、商业秘密或个人隐私",
}
REFERENCE = "form-"
"""How the number of a report begins that the form gives where the reporter has none: sent twice, it is one report."""


@router.get("/report")
def form_page(request: Request, visit: Visiting, resource: str = "") -> Response:
    """The form: first the resource, then its key and items."""
    return _form(request, visit, resource, Form())


@router.post("/report")
def report(request: Request, posted: Posting) -> Response:
    """Take a report, and the file that comes with it."""
    visit, form = posted.visit, posted.form
    resource = form.text("resource")
    try:
        said = _said(visit.hub.city.resource(resource), form)
        file = form.file("file")
        if file is not None:  # refused before the report is taken, so that nothing is done by half
            check_size(file[1], checked_name(file[0]))
            kind_of(checked_name(file[0]), file[1])
        done = visit.hub.problems.report(said, visit.actor, visit.now, Channel.FORM)
        if file is not None and not done.repeated:
            visit.hub.attachments.keep(None, done.report, file[0], file[1], visit.actor.id, visit.now)
    except Forbidden:
        raise
    except (UserError, RefusedData) as fault:
        return _form(request, visit, resource, form, fault)
    if done.repeated:
        told = "此报告已经收到过，没有重复登记。"
    elif done.joined:
        told = "已收到。该问题已有工单在办，您的报告已并入，办结时会告知您。"
    else:
        told = "已收到，办理进度见下方；办结时会通知您。"
    return led_to(f"/tickets/{quote(done.ticket.id)}", request, told)


@router.get("/report/many")
def many_page(request: Request, visit: Visiting) -> Response:
    """The form for a file of reports."""
    return page(request, "report_many.html", visit=visit, answers=None, fault=None, columns=COLUMNS, kinds=KINDS)


@router.get("/report/many/template.csv", dependencies=[Depends(visiting)])
def template() -> Response:
    """An empty file of reports, its header written."""
    text = io.StringIO()
    csv.writer(text).writerow(COLUMNS)
    return Response(
        "\ufeff" + text.getvalue(),  # with the mark by which spreadsheets know UTF-8
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": "attachment; filename=problems.csv"},
    )


@router.post("/report/many")
def report_many(request: Request, posted: Posting) -> Response:
    """Take a file of reports; every row has its answer."""
    visit, file = posted.visit, posted.form.file("file")
    try:
        if file is None:
            raise UserError("请选择文件。", "Choose a file.", where="file")
        answers = visit.hub.problems.report_many(file[1], visit.actor, visit.now)
    except UserError as fault:
        return page(
            request, "report_many.html", visit=visit, answers=None, fault=fault, columns=COLUMNS, kinds=KINDS,
            status=status_of(fault),
        )  # fmt: skip
    return page(request, "report_many.html", visit=visit, answers=answers, fault=None, columns=COLUMNS, kinds=KINDS)


def _said(resource: Resource, form: Form) -> ProblemReport:
    kinds = [value for value, _ in KINDS]
    kind = form.text("kind")
    if kind not in kinds:
        raise UserError("请选择问题类型。", "Choose the kind of problem.", where="kind")
    return ProblemReport(
        kind=Kind(kind),
        resource=resource.id,
        key=tuple(form.text(f"key.{name}") for name in resource.key),
        item=form.or_none("item"),
        doubted=form.or_none("doubted"),
        proposed=form.or_none("proposed"),
        reason=form.text("reason"),
        observed_at=form.day("observed_at", "发现日期"),
        reference=form.or_none("reference") or form.or_none("once"),
        contact=form.or_none("contact"),
    )


def _form(request: Request, visit: Visit, resource: str, typed: Form, fault: ShuyuanError | None = None) -> Response:
    city = visit.hub.city
    known = {one.id: one for one in city.resources}
    if resource and resource not in known and fault is None:
        try:
            city.resource(resource)
        except UserError as unknown:
            fault = unknown
    grouped = [
        (department.name, [one for one in city.resources if one.department == department.id])
        for department in city.departments
    ]
    return page(
        request, "report.html", visit=visit, status=status_of(fault) if fault else 200,
        grouped=[(name, found) for name, found in grouped if found],
        entry=known.get(resource), kinds=KINDS, hints=HINTS, typed=typed, fault=fault,
        once=typed.text("once") or f"{REFERENCE}{secrets.token_hex(8)}",
    )  # fmt: skip
