"""Every human door. Now: the command line."""
