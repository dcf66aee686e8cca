"""Tickets and marks: the work order that sends problem data back to its department, and the mark it leaves meanwhile."""
