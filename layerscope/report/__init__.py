"""Results for people and machines: the report model and its text, JSON and other forms."""
