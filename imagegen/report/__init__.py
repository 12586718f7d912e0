"""A verdict, spoken: text and JSON."""
