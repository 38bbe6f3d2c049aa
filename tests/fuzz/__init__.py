"""Fuzzing the readers: mutated inputs, for minutes on demand and for a second in every test run."""
