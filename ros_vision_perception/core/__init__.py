"""Pure perception algorithms on NumPy arrays. Knows no ROS, no model, no runtime, no clock."""
