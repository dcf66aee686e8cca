"""Cases (办件) of the catalogue: whatever has a life of its own, one table of events, one table of where things stand."""
