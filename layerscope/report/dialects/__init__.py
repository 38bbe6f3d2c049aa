"""What a gate found, in the dialects of CI services: one list of outcomes, and a module for each dialect."""
