"""The loop of problem data across the rooms: reports, proofs, answers, what is shared again."""
