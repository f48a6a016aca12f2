"""The only home of inference runtimes."""
