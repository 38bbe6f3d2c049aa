"""LS2xx: what the Dockerfile costs each build. One rule is one file."""
