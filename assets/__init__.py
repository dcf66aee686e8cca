"""Everything Dagster: assets, checks, schedules, sensors, definitions. Bodies only call the hub's services."""
