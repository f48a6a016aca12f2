"""One file per model family: pure `preprocess` and `decode`. Knows no runtime and no ROS."""
