"""The images that are timed: generators, and the catalog that names them."""
