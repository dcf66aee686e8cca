"""The directory: departments, resources, items, feeds, and the register of sources (one number, one source)."""
