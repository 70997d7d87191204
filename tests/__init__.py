"""Mirrors the packages; test_a_call.py walks the story from end to end."""
