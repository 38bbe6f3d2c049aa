"""The merged root filesystem."""
