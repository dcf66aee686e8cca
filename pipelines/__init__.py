"""The way of the data as plain services: landing, raw, standard, base libraries, publishing. Knows no Dagster."""
