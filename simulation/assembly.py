"""All registers of the city, and all that plants errors into them, in order."""

from __future__ import annotations

from collections.abc import Callable

from simulation import company_errors, look_alikes, person_errors
from simulation.planting import Planter
from simulation.register import Register
from simulation.registers import market, police, tax_office
from simulation.world import Block, World

REGISTERS: dict[str, Register] = {
    resource: register
    for module in (police, tax_office, market)
    for resource, register in module.REGISTERS.items()
}
"""Resource -> its register, in the order of delivery."""

PLANTS: tuple[Callable[[Planter, World, Block], None], ...] = (
    look_alikes.plant,
    person_errors.plant,
    company_errors.plant,
)
"""What looks wrong first, so that it is chosen before any error is planted."""
