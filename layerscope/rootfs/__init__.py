"""The merged root filesystem, and what each layer did to it."""
