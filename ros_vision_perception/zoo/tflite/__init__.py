"""Converts TensorFlow Lite networks to ONNX. What to convert is the caller's business."""

# Raise it with every change of what `convert` gives: cached models are then converted anew.
CONVERTER_VERSION = 2
