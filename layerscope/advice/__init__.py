"""Advice on a Dockerfile's order: what depends on what, how often it changes, and the best safe order."""
