"""Model catalogue, download, cache and conversion."""
