"""What is measured and never asserted. `make bench` runs it and ends with a JSON line."""
