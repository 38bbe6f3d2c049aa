"""The nouns of the OCI specifications as pure data: digests, descriptors, manifests, configurations."""
