"""Masking techniques, plans and disclosure risk. Fails closed: what a technique does not understand is hidden whole."""
