"""A machine with a GPU, as far as the code can tell."""

from gpu_fixtures import cache, install, plug_in, providers_asked

__all__ = ['cache', 'install', 'plug_in', 'providers_asked']
