"""All registers of the city, and all that plants errors into them, in order."""

from __future__ import annotations

from collections.abc import Callable

from simulation import (
    company_code_errors,
    company_errors,
    ground_errors,
    ground_look_alikes,
    legal_person_look_alikes,
    licence_errors,
    look_alikes,
    marriage_errors,
    organisation_errors,
    penalty_errors,
    person_errors,
    person_feed_contradictions,
    person_feed_errors,
    person_feed_look_alikes,
    seen_by_people,
    statistics_errors,
    utility_errors,
)
from simulation.planting import Planter
from simulation.register import Register
from simulation.registers import (
    civil_affairs,
    company_codes,
    education,
    ground,
    health,
    insurance,
    licences,
    market,
    movement,
    organisations,
    penalties,
    police,
    statistics,
    tax_office,
    utilities,
    welfare,
)
from simulation.world import Block, World

REGISTERS: dict[str, Register] = {
    resource: register
    for module in (
        police,
        tax_office,
        market,
        movement,
        civil_affairs,
        health,
        insurance,
        education,
        welfare,
        ground,
        company_codes,
        organisations,
        statistics,
        licences,
        penalties,
        utilities,
    )
    for resource, register in module.REGISTERS.items()
}
"""Resource -> its register, in the order of delivery."""

PLANTS: tuple[Callable[[Planter, World, Block], None], ...] = (
    look_alikes.plant,
    person_feed_look_alikes.plant,
    ground_look_alikes.plant,
    legal_person_look_alikes.plant,
    person_errors.plant,
    company_errors.plant,
    person_feed_errors.plant,
    person_feed_contradictions.plant,
    marriage_errors.plant,
    ground_errors.plant,
    organisation_errors.plant,
    company_code_errors.plant,
    statistics_errors.plant,
    licence_errors.plant,
    penalty_errors.plant,
    utility_errors.plant,
)
"""What looks wrong first, so that it is chosen before any error is planted. Each month is planted anew."""

ONCE: tuple[Callable[[Planter, World, Block], None], ...] = (seen_by_people.plant,)
"""What is planted after that, on day 1 alone."""
