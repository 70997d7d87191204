"""HTTP: parse, one call, return."""
