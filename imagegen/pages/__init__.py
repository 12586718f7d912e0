"""Field and rule pages worked out for people: explain, the JSON Schema, init, the documentation."""
