"""The public log, in the C2SP formats that other people's tools read. docs/log.md describes it."""
