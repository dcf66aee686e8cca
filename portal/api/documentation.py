"""The description of the interface: OpenAPI 3.1 at ``/api/openapi.json``, and pages of it at ``/api/docs`` that load nothing from elsewhere.

The pages are Swagger UI from the files that the package ``fastapi-offline`` carries; nothing is asked of other hosts, so
they work in a closed network, and no reader is known to anybody else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from portal.api.errors import MEDIA_TYPE
from portal.api.replies import Problem

STATIC = Path(fastapi_offline.__file__).parent / "static"

DESCRIPTION = """\
业务系统反馈问题数据、查询办理情况、答复本部门工单的接口，字段与办理台的表单相同。
Systems report problem data, ask what became of it, and answer the tickets of their department; the fields are those of the form.

- 密钥 key：`Authorization: Bearer shuyuan_k_…`（`shuyuan key issue`）。
- 同一 `reference` 重复发送得到同一工单 the same `reference` sent again is the same ticket.
- 错误 errors：`application/problem+json`（RFC 9457），`kind` 供程序判断 for programs.
- 频率 rate：`RateLimit-*`；超过则 429 与 `Retry-After`.
- 两人同时办理 two at once：带回 `seen`（或 `If-Match`），工单已变动则 409 send `seen` (or `If-Match`) back; 409 if the ticket has moved.
"""

TAGS = [
    {"name": "problems", "description": "反馈问题数据 reporting (problems:write, problems:read)"},
    {"name": "tickets", "description": "本部门的工单与答复 a department's tickets and answers (answers:write)"},
    {"name": "deliveries", "description": "推送本部门的数据 delivering a department's data (deliveries:write)"},
    {"name": "corrections", "description": "更正的序列 the feed of corrections (corrections:read)"},
    {"name": "rules", "description": "质量规则 rules (rules:read, rules:write)"},
    {"name": "catalogue", "description": "信息资源目录 what can be reported on"},
    {"name": "projects", "description": "信息化项目的数据关口 the gate of projects (projects:read)"},
    {"name": "packages", "description": "区级目录的报送与办理结果 a district's catalogue handed up (catalogue:send)"},
]

_SAID: dict[int, str] = {
    400: "请求体无法读取 the body cannot be read",
    401: "缺少密钥或密钥无效 no key, or one that is refused",
    403: "没有权限 not allowed",
    404: "没有找到 not found",
    409: "与现状冲突 conflict: the ticket has moved, or the reference was used for something else",
    413: "超过 12 MB larger than 12 MB",
    415: "内容类型不适用 the media type is not taken",
    422: "内容有误，见 errors the content is wrong; see errors",
    429: "请求过于频繁，见 Retry-After too many requests; see Retry-After",
    500: "内部错误 internal fault",
    503: "暂不可用，见 Retry-After unavailable; see Retry-After",
}
EXAMPLE = {
    "type": "urn:shuyuan:problem:invalid", "title": "请求内容有误 the request is not as it must be", "status": 422,
    "detail": "reason：缺少。", "detail_en": "reason: missing.", "kind": "invalid", "where": "reason",
    "errors": [{"field": "reason", "code": "missing", "reason": "缺少", "reason_en": "missing"}],
}  # fmt: skip


def faults(*more: int) -> dict[int | str, dict[str, Any]]:
    """The faults of a route for its description: those that every route may answer with, and ``more``."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        code: {"description": _SAID[code], "content": {MEDIA_TYPE: schema}}
        for code in sorted({400, 401, 403, 413, 422, 429, 500, 503, *more})
    }


def install(application: FastAPI) -> None:
    """Serve the description and its pages."""

    @cache
    def described() -> dict[str, Any]:
        found = get_openapi(
            title=application.title, version=application.version, routes=application.routes,
            description=application.description, tags=application.openapi_tags, servers=[{"url": "/api"}],
        )  # fmt: skip
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {})
        schemas["Problem"] = problem | {"examples": [EXAMPLE]}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return found

    @application.get("/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(described())

    @application.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        return HTMLResponse(_PAGE.replace("{root}", root), headers={"Content-Security-Policy": _POLICY})

    @application.get("/docs/start.js", include_in_schema=False)
    def start() -> Response:
        return Response(_START, media_type="text/javascript")

    application.mount("/docs/static", StaticFiles(directory=STATIC), name="docs")


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>数源接口 Shuyuan interface</title>
<link rel="icon" href="{root}/docs/static/favicon.png">
<link rel="stylesheet" href="{root}/docs/static/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{root}/docs/static/swagger-ui-bundle.js"></script>
<script src="{root}/docs/start.js"></script>
</body>
</html>
"""
# Without a validator: Swagger UI would else send the description's address to a host of its makers.
_START = """\
SwaggerUIBundle({
  url: "../api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""
