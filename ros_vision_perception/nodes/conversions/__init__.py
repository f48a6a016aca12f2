"""Messages to core types and back. Nothing else touches a message field.

Functions `x_from_msg` return core types; functions `x_to_msg` and the `write` methods return
messages. A writer fills one message over and over, for making the messages of 330 joints anew
takes longer than all else: what `write` returns is good until the next `write`.
"""
