import _host
class DHT22:
    def __init__(self, pin): self._t = None
    def measure(self): self._t = _host(37)
    def temperature(self): return self._t / 1000
    def humidity(self): return _host(38) / 1000
class DHT11(DHT22):
    def temperature(self): return self._t // 1000
    def humidity(self): return _host(38) // 1000
DHTBase = DHT22
