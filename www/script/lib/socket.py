import _host, io, uctypes, machine
AF_INET = 2; AF_INET6 = 10; SOCK_STREAM = 1; SOCK_DGRAM = 2; IPPROTO_TCP = 6; IPPROTO_UDP = 17
SOL_SOCKET = 4095; SO_REUSEADDR = 4; SO_KEEPALIVE = 8; IPPROTO_IP = 0

def _checked(r):
    if r < 0: raise OSError(-r if r > -1000 else r + 1000)
    return r

def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    b = host.encode() if isinstance(host, str) else bytes(host)
    # Names are numbered as they come up: board.mjs knows them by the address.
    n = _checked(_host(10, uctypes.addressof(b) if b else 0, len(b)))
    parts = str(b, "utf-8").split(".")
    is_address = len(parts) == 4 and all(p.isdigit() for p in parts)
    a = str(b, "utf-8") if is_address else "10.255.%d.%d" % (n >> 8 & 255, n & 255)
    return [(AF_INET, SOCK_STREAM, 0, "", (a, int(port)))]

_all = []
def _close_all():
    for fd in _all: _host(15, fd)

class socket(io.IOBase):
    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0):
        if type != SOCK_STREAM: raise OSError(93)
        self._fd = _checked(_host(11)); self._to = -1
        _all.append(self._fd)
    def settimeout(self, t): self._to = -1 if t is None else int(t * 1000)
    def setblocking(self, f): self._to = -1 if f else 0
    def setsockopt(self, *a): pass
    def fileno(self): return self._fd
    def bind(self, a): raise OSError(95)
    def listen(self, n=1): raise OSError(95)
    def connect(self, addr):
        if isinstance(addr, (bytes, bytearray)): raise OSError(22)
        # A library connects before it asks for TLS: what is not there is said here, and not as a port where nobody listens.
        if addr[1] == 8883: raise NotImplementedError("port 8883 is for TLS, which this board does not speak: use ssl=False and port 1883")
        b = addr[0].encode()
        _checked(machine._waits(12, self._fd, uctypes.addressof(b) if b else 0, len(b), addr[1], self._to))
    def _in(self, b, n): return machine._waits(13, self._fd, uctypes.addressof(b), n, self._to)
    def recv(self, n):
        b = bytearray(n)
        return bytes(b[:_checked(self._in(b, n))])
    def read(self, n=-1):
        out = b""
        while n < 0 or len(out) < n:
            k = 512 if n < 0 else n - len(out)
            b = bytearray(k)
            r = self._in(b, k)
            if r == -11: return out or None
            if _checked(r) == 0: break
            out += b[:r]
        return out
    def readinto(self, buf, n=-1):
        d = self.read(len(buf) if n < 0 else n)
        if d is None: return None
        buf[:len(d)] = d
        return len(d)
    def readline(self):
        out = b""
        while not out.endswith(b"\n"):
            c = self.read(1)
            if not c: break
            out += c
        return out
    def write(self, d, off=None, n=None):
        if isinstance(d, str): d = d.encode()
        if n is not None: d = memoryview(d)[off:off + n]
        elif off is not None and off >= 0: d = memoryview(d)[:off]
        k = len(d)
        return _checked(_host(14, self._fd, uctypes.addressof(d), k, self._to)) if k else 0
    def send(self, d): return self.write(d)
    def sendall(self, d): self.write(d)
    def close(self):
        if self._fd >= 0:
            _host(15, self._fd)
            _all.remove(self._fd)
            self._fd = -1
    def makefile(self, *a): return self
    def __enter__(self): return self
    def __exit__(self, *a): self.close()
