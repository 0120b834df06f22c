import _host
class DHT22:
    # Before measure() there is nothing in the buffer of the driver.
    def __init__(self, pin): self._t = 0; self._h = 0
    def measure(self): self._t = _host(37) // 100; self._h = _host(38) // 100
    def temperature(self): return self._t / 10
    def humidity(self): return self._h / 10
class DHT11(DHT22):
    def temperature(self): return self._t // 10
    def humidity(self): return self._h // 10
DHTBase = DHT22
