"""The `evaluate` command: one file per task."""
