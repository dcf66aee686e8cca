"""The command line: thin commands over the hub's services."""
