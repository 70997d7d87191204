"""Drones that are none, for demonstrations, tests and benches. What flies real ones may never import it."""
