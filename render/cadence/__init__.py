"""Which frames are painted, and how those between are made."""
