"""Telling people and machines: channels, what waits to be sent, what was tried."""
