"""Words to phones: what is said, and the carriers that take it there."""
