"""Readings of layers kept on disk between runs."""
