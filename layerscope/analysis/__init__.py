"""Pure functions from layers to figures: the byte ledger and everything told from it."""
