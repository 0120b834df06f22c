# Seconds count from 2000, as on an ESP32, and from the start of the run until somebody sets the clock.
import _host, machine
from micropython import const
import utime as _clock
from utime import ticks_diff, ticks_add

# What 1970 has more: the interpreter's own calendar begins there.
_MORE = const(946684800)
_ahead = [0]
def ticks_us(): return _host(3, 0)
def ticks_ms(): return _host(3, 1)
ticks_cpu = ticks_us
def time(): return _host(3, 2) + _ahead[0]
def time_ns(): return time() * 1000000000
def gmtime(s=None): return _clock.gmtime((time() if s is None else int(s)) + _MORE)
localtime = gmtime
def mktime(t): return int(_clock.mktime(t)) - _MORE
def _set(s): _ahead[0] += s - time()
def sleep_us(n):
    n = int(n)
    if n <= 0: return
    # 1: woken before the end, by an interrupt.
    _host(1, n)
    while _host(2):
        machine._wake()
        _host(1, -1)
def sleep_ms(n): sleep_us(int(n) * 1000)
def sleep(s): sleep_us(int(s * 1000000))
