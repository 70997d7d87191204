"""The forwarding engine (SFU): packets in, packets out. It knows feeds and sessions, and no people."""
