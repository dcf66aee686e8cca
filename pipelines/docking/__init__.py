"""A district's platform docked to its city's: what goes up, what comes back (Wuhan 7, Haishu 6)."""
