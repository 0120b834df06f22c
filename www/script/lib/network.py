import _host, machine
STA_IF = 0; AP_IF = 1; AUTH_OPEN = 0; AUTH_WPA_PSK = 2; AUTH_WPA2_PSK = 3
STAT_IDLE = 1000; STAT_CONNECTING = 1001; STAT_WRONG_PASSWORD = 202; STAT_NO_AP_FOUND = 201; STAT_GOT_IP = 1010
# The board's own access point: nobody joins it here.
_ap = [False]
class WLAN:
    IF_STA = 0; IF_AP = 1
    def __init__(self, i=0): self._i = i
    def active(self, a=None):
        if self._i == AP_IF:
            if a is not None: _ap[0] = bool(a)
            return _ap[0]
        return bool(_host(20, -1 if a is None else int(bool(a))))
    def connect(self, ssid=None, key=None, **kw):
        if self._i == AP_IF: raise OSError("STA required")
        # The words differ from one firmware to the next.
        if not self.active(): raise OSError("Wifi Not Started")
        _host(21)
    def disconnect(self):
        if self._i != AP_IF: _host(22)
    def isconnected(self): return self._i != AP_IF and bool(_host(23))
    def status(self, p=None):
        if self._i == AP_IF: return STAT_IDLE
        if p == "rssi": return -50
        return STAT_GOT_IP if self.isconnected() else STAT_CONNECTING if _host(25) else STAT_IDLE
    def _ip(self):
        if self._i == AP_IF: return "192.168.4.1"
        n = _host(24)
        return "10.0.%d.%d" % (n >> 8, n & 255) if self.isconnected() else "0.0.0.0"
    def ifconfig(self, c=None): return (self._ip(), "255.255.255.0", "10.0.0.1", "10.0.0.1")
    def ipconfig(self, what=None, **kw): return (self._ip(), "255.255.255.0") if what == "addr4" else None
    def config(self, *a, **kw):
        return machine.unique_id() if a and a[0] == "mac" else "esp32" if a and a[0] in ("dhcp_hostname", "hostname") else None
    def scan(self): return []
def hostname(n=None): return "esp32"
def country(n=None): return "XX"
def phy_mode(n=None): return 3
