"""The only home of rclpy and of ROS messages."""
