"""The gate: what an image may be, what it was, what is excused until when, and the result."""
