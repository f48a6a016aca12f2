"""Converts TensorFlow Lite networks to ONNX. Knows no model: what to convert is said by the caller."""
