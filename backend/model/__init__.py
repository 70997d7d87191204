"""Values and rules: the standard library and msgspec only; no clock, no I/O."""
