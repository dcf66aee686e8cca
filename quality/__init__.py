"""Rules, discovery, findings and tickets: the problem-data loop. Never reads the simulation's truth."""
