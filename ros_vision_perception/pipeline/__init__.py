"""The whole perception without ROS: frame in, result out, time passed in as data."""
