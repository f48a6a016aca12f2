"""The parts of the `benchmark` command: the models alone, the nodes, and the figures."""
