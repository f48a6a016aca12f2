"""Work done ahead of its use."""

from collections.abc import Callable, Generator, Iterator
from queue import Full, Queue
import threading
from typing import TypeVar

Item = TypeVar('Item')


def ahead(begin: Callable[[], Iterator[Item]], count: int) -> Generator[Item, None, None]:
    """Yield the same items, made in a thread of their own, up to `count` ahead."""
    items: Queue[Item | BaseException | None] = Queue(count)
    is_over = threading.Event()

    def put(item: Item | BaseException | None) -> bool:
        while not is_over.is_set():
            try:
                items.put(item, timeout=0.1)
            except Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in begin():
                if not put(item):
                    return
            put(None)
        except BaseException as error:  # raised again in the thread that asks
            put(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (item := items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        is_over.set()
        thread.join()
