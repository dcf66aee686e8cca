"""Whose system asks, may it, and may it ask this often: the key of a request, its scope, its rate.

``Authorization: Bearer shuyuan_k_…``. A key speaks for its department: as a reporter with the own reports, and with the scope
``answers:write`` as the department's officer on the tickets routed to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from accounts.api_key import ApiKey, Scope, check_may
from accounts.model import Role
from ground.errors import UserError
from hub.hub import Hub
from portal.api.errors import NoKey, TooMany
from quality.tickets.permissions import Actor

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="部门业务系统的密钥，由 shuyuan key issue 发放 key of a department's system, issued by shuyuan key issue.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that may go on.

    Attributes:
        hub: the services.
        key: whose request it is.
        now: when it came.
    """

    hub: Hub
    key: ApiKey
    now: datetime

    @property
    def reporter(self) -> Actor:
        """The system as one that reports: it sees the own reports."""
        return Actor(f"key:{self.key.id}", self.key.name, Role.REPORTER, self.key.department)

    @property
    def provider(self) -> Actor:
        """The system as its department's officer: it sees what was routed to the department."""
        return Actor(f"key:{self.key.id}", self.key.name, Role.PROVIDER, self.key.department)


def asked(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]) -> Asked:
    """The key of a request, in force and within its rate.

    Raises:
        NoKey: there is none.
        KeyRefused: malformed, unknown, revoked or expired.
        TooMany: more requests in a minute than the key may make.
    """
    hub: Hub = request.app.state.hub
    now: datetime = request.app.state.now()
    if given is None:
        raise NoKey(
            "请在 Authorization 头中给出密钥：Bearer shuyuan_k_…。",
            "Give the key in the header Authorization: Bearer shuyuan_k_….",
        )
    key = hub.api_keys.verify(given.credentials, now)
    left = request.app.state.limiter.take(key.id, key.per_minute, now)
    request.state.rate = {
        "RateLimit-Limit": key.per_minute,
        "RateLimit-Remaining": left.left,
        "RateLimit-Reset": left.retry_after or 60,
    }
    if not left.allowed:
        raise TooMany(
            f"密钥每分钟最多 {key.per_minute} 次请求，请在 {left.retry_after} 秒后再试。",
            f"The key may make {key.per_minute} requests a minute; try again in {left.retry_after} s.",
            left.retry_after,
        )
    _check_query(request)
    return Asked(hub, key, now)


def _check_query(request: Request) -> None:
    """A parameter that the route does not have is refused: a filter written wrong would else show everything."""
    known = _parameters(request.scope["route"].dependant)
    for name in request.query_params:
        if name not in known:
            raise UserError(
                f"不认识的查询参数。可用：{'、'.join(sorted(known)) or '无'}。",
                f"Not a parameter of this request; there are {', '.join(sorted(known)) or 'none'}.",
                where="query",
            )


def _parameters(dependant: Dependant) -> set[str]:
    own = {one.alias for one in dependant.query_params}
    return own.union(*(_parameters(one) for one in dependant.dependencies))


def needs(scope: Scope) -> Any:
    """A request whose key was issued for ``scope``; any other raises NotInScope."""
    return Depends(_needing(scope))


def _needing(scope: Scope) -> Callable[[Asked], Asked]:
    def check(one: Annotated[Asked, Depends(asked)]) -> Asked:
        check_may(one.key, scope)
        return one

    return check


AnyKey = Annotated[Asked, Depends(asked)]
Reporting = Annotated[Asked, needs(Scope.PROBLEMS_WRITE)]
Reading = Annotated[Asked, needs(Scope.PROBLEMS_READ)]
Answering = Annotated[Asked, needs(Scope.ANSWERS_WRITE)]
RuleMaking = Annotated[Asked, needs(Scope.RULES_WRITE)]
RuleReading = Annotated[Asked, needs(Scope.RULES_READ)]
Corrections = Annotated[Asked, needs(Scope.CORRECTIONS_READ)]
ProjectReading = Annotated[Asked, needs(Scope.PROJECTS_READ)]
Delivering = Annotated[Asked, needs(Scope.DELIVERIES_WRITE)]
Sending = Annotated[Asked, needs(Scope.CATALOGUE_SEND)]
