"""The places of the simulated city: streets, roads, doors, buildings, parcels and points of interest."""
