"""The parts of a profile, one module for each field of rules. What a parameter is called is in `policy.parameters`."""
