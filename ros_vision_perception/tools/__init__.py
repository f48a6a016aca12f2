"""The commands that are not nodes."""
