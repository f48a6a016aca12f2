"""Trains the network that tells activities, on motion that is made up here."""
