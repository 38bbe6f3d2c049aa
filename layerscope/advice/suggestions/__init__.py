"""Changes of a Dockerfile besides its order. One kind is one file here, found by walking the folder."""
