"""The hub put together: settings, wiring, the injected clock, migrations. Both doors hold a Hub."""
