"""Occlusion-aware human perception for ROS 2."""

from pkgutil import extend_path

# The generated `msg` package and these sources may lie in two folders (editable installs, tests).
__path__ = extend_path(__path__, __name__)
