"""Settings of the property tests."""

from hypothesis import settings

# No test asserts speed, and machines are sometimes busy; the same examples every time.
settings.register_profile('core', deadline=None, derandomize=True)
settings.load_profile('core')
