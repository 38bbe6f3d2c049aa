"""Build caches: which steps of a build a builder takes from its cache, which not, and why."""
