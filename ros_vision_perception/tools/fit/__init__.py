"""Fits what the core learned from data."""
