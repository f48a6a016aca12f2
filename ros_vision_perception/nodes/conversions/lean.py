"""Message classes without the cost of properties."""

from typing import Any


def lean(message_class: Any) -> Any:
    """Return a class that rclpy takes for `message_class`, but whose fields are plain slots.

    In a generated class each field is a property: a Python function that runs when it is written,
    and again when the message is published. Of a result with hundreds of joints that is a fifth
    of all the time. Values are not checked.
    """
    fields = {
        name: message_class.__dict__[f'_{name}']
        for name in message_class.get_fields_and_field_types()
    }
    namespace = {'__module__': message_class.__module__, '__slots__': (), **fields}
    lean_class = type(message_class)(message_class.__name__, (message_class,), namespace)
    lean_class.__slots__ = message_class.__slots__  # where __init__ and __repr__ find the fields
    return lean_class
