"""The parts of the `demo` command: a scene with known truth, the ROS side, and the recorder."""
