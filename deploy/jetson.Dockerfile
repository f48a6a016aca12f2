# The perception on a Jetson with JetPack 6 (L4T R36), networks on TensorRT. docs/running.md tells how
# to build and run it. The base has ROS 2 Humble, built from source, CUDA, TensorRT and OpenCV.
ARG BASE=dustynv/ros:humble-desktop-l4t-r36.4.0
FROM ${BASE}
SHELL ["/bin/bash", "-c"]

# OpenCV is that of the base, and cv_bridge needs NumPy 1. --isolated: the base names a package index
# that may be gone.
WORKDIR /workspace/src/ros_vision_perception
COPY requirements/runtime.in requirements/
RUN python3 -m pip install --isolated --no-cache-dir 'numpy>=1.23,<2' \
      -r <(grep -v '^#\|^opencv\|^numpy' requirements/runtime.in)

COPY CMakeLists.txt package.xml ./
COPY config config
COPY launch launch
COPY msg msg
COPY ros_vision_perception ros_vision_perception
WORKDIR /workspace
RUN source "$ROS_ROOT/install/setup.bash" \
    && colcon build --packages-select ros_vision_perception --cmake-args -DBUILD_TESTING=OFF

# Models and engines, which take minutes to build, outlive the container.
ENV ROS_VISION_PERCEPTION_CACHE=/cache
VOLUME /cache
# The launch file ends on SIGINT as on Ctrl-C.
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/bash", "-c", "source install/setup.bash && exec ros2 launch ros_vision_perception perception.launch.py \"$@\"", "perception"]
CMD ["backend:=tensorrt"]
