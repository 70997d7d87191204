"""What runs beside a camera and dials out. It shares no code with the engine but the wire."""
