"""Errors in the registers of the market and of the tax office: each kind with its rate, and how it is made."""

from __future__ import annotations

import numpy as np

from simulation.numbers import CREDIT_ALPHABET
from simulation.person_errors import another_character, unused_codes, wrong_ending
from simulation.planting import COMPANY, TAX, Kind, Planter
from simulation.world import Block, World

CODE = Kind(
    "credit_code_check_digit", COMPANY, "credit_code", "finding", "credit_code check digit, GB 32100", rate=0.002
)
FUTURE = Kind("established_in_future", COMPANY, "established_on", "finding", "not after the batch", rate=0.002)
INDUSTRY = Kind("unknown_industry", COMPANY, "industry", "finding", "code list GB/T 4754 sections", rate=0.005)
NUMBER = Kind(
    "registration_number_check_digit", COMPANY, "registration_number", "finding", "check digit, GS 15-2006", rate=0.003
)
STATE = Kind("taxed_though_cancelled", TAX, "state", "finding", "not normal while sc_company is cancelled", rate=0.005)
NAME = Kind("company_name_differs", TAX, "name", "finding", "name agrees with sc_company", rate=0.005)
REPRESENTATIVE = Kind(
    "representative_differs", TAX, "legal_representative", "finding", "agrees with sc_company", rate=0.005
)
PHONE = Kind("invalid_company_phone", TAX, "phone", "finding", "mobile or landline number", rate=0.005)
NO_DATE = Kind("date_is_no_date", TAX, "registered_on", "quarantine", "date cannot be parsed", rate=0.004)
NOBODY = Kind("taxed_but_not_registered", TAX, "credit_code", "finding", "credit_code exists in sc_company", rate=0.002)
_UNUSED_FROM, _UNUSED_OF_BLOCK = 1_000, 300


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module.

    A wrong credit code or a future founding is given to quiet companies alone: otherwise one planted error would cause
    findings at other rows, of which the truth knows nothing.
    """
    companies, tax = planter.tables[COMPANY], planter.tables[TAX]
    quiet = block.companies.index[block.companies["special"] == "quiet"]
    cancelled = companies.index[companies["state"] == "cancelled"]
    chosen = planter.pick(STATE, tax.index.intersection(cancelled))
    planter.change(STATE, chosen, "01")
    chosen = planter.pick(CODE, quiet)
    codes = planter.column(COMPANY, chosen, "credit_code")
    planter.change(CODE, chosen, wrong_ending(planter, codes, CREDIT_ALPHABET))
    chosen = planter.pick(FUTURE, quiet)
    founded = planter.column(COMPANY, chosen, "established_on")
    later = np.strings.add(planter.rng.choice(["2091", "2095", "2099"], len(chosen)), "-06-01")
    planter.change(FUTURE, chosen, np.where(founded == later, "2089-06-01", later))
    chosen = planter.pick(INDUSTRY, companies.index)
    planter.change(INDUSTRY, chosen, planter.rng.choice(["U", "X", "Z"], len(chosen)))
    chosen = planter.pick(NUMBER, companies.index[companies["registration_number"] != ""])
    numbers = planter.column(COMPANY, chosen, "registration_number")
    planter.change(NUMBER, chosen, wrong_ending(planter, numbers, "0123456789"))
    _tax(planter, world, block)


def _tax(planter: Planter, world: World, block: Block) -> None:
    tax = planter.tables[TAX]
    chosen = planter.pick(NAME, tax.index)
    names = planter.column(TAX, chosen, "name")
    planter.change(NAME, chosen, np.strings.add(np.strings.slice(names, 0, -4), "贸易商行"))
    chosen = planter.pick(REPRESENTATIVE, tax.index)
    planter.change(
        REPRESENTATIVE, chosen, another_character(planter, planter.column(TAX, chosen, "legal_representative"))
    )
    chosen = planter.pick(PHONE, tax.index)
    planter.change(PHONE, chosen, planter.rng.choice(["027-12", "1234567", "见附件", "1380000"], len(chosen)))
    chosen = planter.pick(NO_DATE, tax.index)
    planter.change(NO_DATE, chosen, planter.rng.choice(["不详", "二〇一九年春", "2019年底", "20xx-01-01"], len(chosen)))
    rows = tax.loc[planter.pick(NOBODY, tax.index)].copy()
    right = rows["credit_code"].to_numpy().astype(str)
    rows["credit_code"] = unused_codes(world, _UNUSED_FROM + block.number * _UNUSED_OF_BLOCK + np.arange(len(rows)))
    planter.note(
        NOBODY, planter.add_rows(TAX, rows), rows["credit_code"].to_numpy(), rows["credit_code"].to_numpy(), right
    )
