import _host
from micropython import const
import utime as _clock
from utime import ticks_diff, ticks_add, gmtime, localtime, mktime

def ticks_us(): return _host(3, 0)
def ticks_ms(): return _host(3, 1)
ticks_cpu = ticks_us
def time(): return _host(3, 2)
def time_ns(): return time() * 1000000000
def sleep_us(n):
    n = int(n)
    if n <= 0: return
    import machine
    # 1: woken before the end, by an interrupt.
    _host(1, n)
    while _host(2):
        machine._wake()
        _host(1, -1)
def sleep_ms(n): sleep_us(int(n) * 1000)
def sleep(s): sleep_us(int(s * 1000000))
