"""Bags in, bags out, without a middleware: the same answer every time, as fast as it goes."""
