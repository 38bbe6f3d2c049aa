"""Dockerfiles: their syntax, and which instruction made which layer. Pure: no files, no clock."""
