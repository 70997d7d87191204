"""The fuzz campaign: mutated captures of real peers against a real media process while a call is running."""
