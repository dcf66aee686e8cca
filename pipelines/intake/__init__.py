"""From a department's delivery to the standard stage: landing, raw, contract, quarantine, standard, replay.

Nothing here judges whether a value is true (that is quality/); only whether it keeps the contract of its entry.
"""
