"""From stored frames to films, sheets and other files."""
