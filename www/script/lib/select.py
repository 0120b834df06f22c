import _host, machine
POLLIN = 1; POLLOUT = 4; POLLERR = 8; POLLHUP = 16
class poll:
    def __init__(self): self._of = {}
    def register(self, s, ev=5): self._of[id(s)] = [s, ev]
    def modify(self, s, ev): self._of[id(s)][1] = ev
    def unregister(self, s): self._of.pop(id(s), None)
    def _arm(self):
        for s, ev in self._of.values(): _host(16, s._fd, ev)
    def poll(self, timeout=-1):
        self._arm()
        while _host(17, timeout) == -2000:
            token = _host(45)
            machine._wake()
            self._arm()
            _host(46, token)
        r = []
        for s, ev in self._of.values():
            e = _host(18, s._fd, ev)
            if e: r.append((s, e))
        return r
    def ipoll(self, timeout=-1, flags=0): return iter(self.poll(timeout))
def select(r, w, x, timeout=None):
    p = poll()
    for s in r: p.register(s, POLLIN)
    for s in w: p.register(s, POLLOUT)
    l = p.poll(-1 if timeout is None or timeout < 0 else int(timeout * 1000))
    return [s for s, e in l if e & POLLIN], [s for s, e in l if e & POLLOUT], []
