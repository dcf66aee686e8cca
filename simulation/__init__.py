"""A city that never was, and the truth about its errors, for demo, tests and benchmarks. No rule ever imports it."""
