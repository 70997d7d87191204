"""Memory: SQL, and nothing else knows SQL. It takes and returns model values, never rows."""
