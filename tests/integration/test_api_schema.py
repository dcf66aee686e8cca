"""The interface keeps what its description says: generated requests, good and bad, find no fault of ours and no breach."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from asking import STEWARD, System, Systems, asked, people, wrong_name
from desk_city import MONDAY
from hypothesis import HealthCheck, Phase, given, settings
from running_desk import RunningDesk
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

from accounts.api_key import Scope
from catalog.cases.person import Part, Person


@pytest.fixture(scope="module")
def served(built_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path_factory.mktemp("api_schema") / "home"
    shutil.copytree(built_city, home)
    with asked(home, MONDAY) as both:
        yield both


@pytest.fixture(scope="module")
def system(served: tuple[RunningDesk, Systems]) -> System:
    return served[1]("ga", list(Scope))


@pytest.fixture(scope="module")
def api(system: System) -> Any:
    """The description as schemathesis reads it."""
    return schemathesis.openapi.from_dict(system.http.get("/api/openapi.json").json(), config=CONFIG)


@pytest.fixture(scope="module")
def real(served: tuple[RunningDesk, Systems], system: System) -> dict[str, str]:
    """A ticket in the department's queue that the system reported, the key of another record, and a project."""
    desk = served[0]
    first, other = (row["citizen_id"] for row in people(desk.hub, MONDAY, 2))
    name = system.post("/problems", wrong_name(first)).json()["ticket"]
    desk.hub.problems.route(name, STEWARD, MONDAY)
    officer = Person("person:ga", Part.PROVIDER, "ga")
    project = desk.hub.projects.register("人口平台二期", "ga", 2027, "方案", officer, MONDAY)
    return {"ticket": name, "key": other, "project": project.case.id}


def put_real(case: Any, real: dict[str, str]) -> None:
    """Let a good request be about something that is there: what is generated seldom is."""
    for name in {"ticket", "project"} & set(case.path_parameters or {}):
        case.path_parameters[name] = real[name]
    if isinstance(case.body, dict) and "resource" in case.body:
        case.body |= {"resource": "ga_household", "key": real["key"], "item": "name"}


CONFIG = SchemathesisConfig.from_dict(
    {
        # What is well formed may still be about a record that is not there, which is 422 here.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422"]}},
        "generation": {"deterministic": True},
    }
)
OPERATIONS = 28
EXAMPLES = settings(
    max_examples=12, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_nothing_breaks_the_description(
    api: Any, served: tuple[RunningDesk, Systems], system: System, real: dict[str, str], mode: GenerationMode
) -> None:
    """Both kinds of request to every operation; schemathesis checks status, content type, schema, and keys left out."""
    faults: list[str] = []
    operations = [one.ok() for one in api.get_all_operations()]
    for operation in operations:

        @EXAMPLES
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked_so(case: Any) -> None:
            if mode is GenerationMode.POSITIVE:
                put_real(case, real)
            # The key is put back into a request from which it was taken: then nothing may be wrong with it.
            header = case.meta.components.get(ParameterLocation.HEADER)
            keyless = header is not None and header.mode is GenerationMode.NEGATIVE
            case.call_and_validate(
                base_url=f"{served[0].url}/api",
                headers={"Authorization": f"Bearer {system.secret}"},
                excluded_checks=[negative_data_rejection] if keyless else [],
                timeout=60,
            )

        try:
            asked_so()
        except (Failure, FailureGroup) as fault:
            faults.append(f"{operation.label}: {fault}")

    assert len(operations) == OPERATIONS
    assert not faults, "\n\n".join(faults)
