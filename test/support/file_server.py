"""A web server for files that stalls, breaks, lies and redirects as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import re
import threading


@dataclass
class FileServer:
    """What the server does, and what it was asked.

    Attributes:
        files: path -> contents.
        faults: what to do with the first requests, one after the other: 'stall' after half of the
            file, 'cut' there, 'corrupt', 'busy' (503), or a path to redirect to. Later ones are
            answered as they should be.
        ranges: whether a range is answered by the range.
        etag: of all files.
        requests: path and range of each request.
    """

    files: dict[str, bytes]
    faults: list[str] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"1"'
    requests: list[tuple[str, str]] = field(default_factory=list)
    address: str = ''


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """Serve until the end of the block; sets `address`."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log_message(self, *arguments: object) -> None:
            pass

        def end_headers(self) -> None:
            self.send_header('Connection', 'close')
            super().end_headers()

        def do_GET(self) -> None:
            server.requests.append((self.path, self.headers.get('Range', '')))
            fault = server.faults.pop(0) if server.faults else ''
            data = server.files.get(self.path)
            if fault == 'busy' or data is None:
                self.send_error(503 if fault else 404)
            elif fault.startswith('/'):
                self.send_response(302)
                self.send_header('Location', fault)
                self.send_header('Content-Length', '0')
                self.end_headers()
            else:
                self._send(data, fault)

        def _send(self, data: bytes, fault: str) -> None:
            begin, total = self._begin(), len(data)
            if begin >= total:
                self.send_error(416)
                return
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header('Content-Range', f'bytes {begin}-{total - 1}/{total}')
            self.send_header('Content-Length', str(total - begin))
            if server.etag:
                self.send_header('ETag', server.etag)
            self.end_headers()
            rest = data[begin:]
            if fault == 'corrupt':
                rest = bytes(byte ^ 1 for byte in rest)
            self.wfile.write(rest[: len(rest) // 2] if fault in ('stall', 'cut') else rest)
            if fault == 'stall':
                over.wait(20)

        def _begin(self) -> int:
            match = re.fullmatch(r'bytes=(\d+)-', self.headers.get('Range', ''))
            same = self.headers.get('If-Range', server.etag) == server.etag
            return int(match[1]) if match and server.ranges and same else 0

    web = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=web.serve_forever, args=(0.01,))
    thread.start()
    server.address = f'http://127.0.0.1:{web.server_port}'
    try:
        yield server
    finally:
        over.set()
        web.shutdown()
        thread.join()
        web.server_close()
