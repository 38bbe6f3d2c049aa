"""The command line, the first client of the Python API."""
