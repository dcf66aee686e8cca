"""The interface for departments' systems: an application of its own below ``/api``, with its own errors and documentation."""
