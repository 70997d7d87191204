"""The service: people, incidents, permission, memory."""
