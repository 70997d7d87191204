"""Where drones may fly and how they get there: pure geometry over shapely, no clock, no I/O."""
