"""Reads recorded skeletons of public data sets, and what goes on in them."""
