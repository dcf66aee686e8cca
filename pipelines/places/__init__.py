"""Where people and organisations are: written addresses joined to doors, buildings, streets and divisions.

Nothing is guessed in silence: every answer has a grade that says how it was found, and what several doors would fit
stays without one.
"""
