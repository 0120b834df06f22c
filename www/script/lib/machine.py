import _host, micropython
PWRON_RESET = 1; HARD_RESET = 2; WDT_RESET = 3; DEEPSLEEP_RESET = 4; SOFT_RESET = 5
PIN_WAKE = 2; EXT0_WAKE = 2; TIMER_WAKE = 4
_watched = {}
_timers = []
# What is left to call, as on an ESP32: so many at most, and what comes then is dropped.
_JOBS_MAX = 8
_jobs = []
def _put(f, a):
    if len(_jobs) >= _JOBS_MAX: return
    _jobs.append((f, a))
    if len(_jobs) == 1: _next()
def _next():
    try: micropython.schedule(_one, 0)
    except RuntimeError: pass
def _one(_):
    if not _jobs: return
    try:
        f, a = _jobs[0]
        f(a)
    finally:
        _jobs.pop(0)
        if _jobs: _next()
def _work():
    # What interrupts have left to do: pins that changed and timers that are due.
    for p in list(_watched.values()):
        v = _host(30, p.id, -1)
        if v != p._was:
            p._was = v
            if p._edge & (1 if v else 2): _put(p._irq, p)
    if _timers:
        now = _host(3, 1)
        for t in list(_timers):
            if now - t._due >= 0:
                if t._mode: t._due += t._period
                else: _timers.remove(t)
                _put(t._callback, t)
        _arm()
    if _jobs: _next()
def _wake():
    # The same in a call that waits, and at the prompt: the callbacks are called at jumps, as many as there are.
    _work()
    for _ in range(4 * len(_jobs)): pass
def _waits(*call):
    # A call of the host that waits: it is made again after the callbacks that came in between.
    r = _host(*call)
    while r == -2000:
        token = _host(45)
        _wake()
        _host(46, token)
        r = _host(*call)
    return r
def _arm():
    _host(32, min([t._due for t in _timers]) if _timers else -1)
class Pin:
    IN = 1; OUT = 3; OPEN_DRAIN = 7; PULL_UP = 2; PULL_DOWN = 1; IRQ_RISING = 1; IRQ_FALLING = 2; WAKE_LOW = 4; WAKE_HIGH = 5
    def __init__(self, id, mode=-1, pull=-1, value=None, **kw):
        self.id = id if isinstance(id, int) else 2
        self.init(mode, pull, value)
    def init(self, mode=-1, pull=-1, value=None, **kw):
        # What nobody drives follows its pull; without one it is low here.
        if pull != -1: _host(40, self.id, 1 if pull == 2 else 0)
        if value is not None: self.value(value)
    def value(self, v=None):
        if v is None: return _host(30, self.id, -1)
        _host(30, self.id, 1 if v else 0)
    __call__ = value
    def on(self): self.value(1)
    def off(self): self.value(0)
    def toggle(self): self.value(not self.value())
    def irq(self, handler=None, trigger=3, **kw):
        if handler is None: _watched.pop(self.id, None)
        else:
            self._irq = handler; self._edge = trigger; self._was = self.value()
            _watched[self.id] = self
        _host(39, 1 if _watched else 0)
        return self
class Signal(Pin):
    def __init__(self, pin, *a, invert=False, **kw): self.id = pin.id; self._invert = invert
    def value(self, v=None):
        if v is None: return Pin.value(self) ^ self._invert
        Pin.value(self, bool(v) ^ self._invert)
class ADC:
    ATTN_0DB = 0; ATTN_2_5DB = 1; ATTN_6DB = 2; ATTN_11DB = 3; WIDTH_9BIT = 0; WIDTH_10BIT = 1; WIDTH_11BIT = 2; WIDTH_12BIT = 3
    # Full scale of each attenuation in microvolts.
    _full = (950000, 1250000, 1750000, 2450000)
    def __init__(self, pin, atten=0, **k): self.id = pin.id if isinstance(pin, Pin) else pin; self._atten = atten; self._width = 3
    def init(self, atten=0, **k): self._atten = atten
    def atten(self, a): self._atten = a
    def width(self, w): self._width = w
    def read(self): return _host(31, self.id) >> (3 - self._width)
    def read_u16(self):
        # 12 bits over the whole of 16: their beginning is their end again.
        v = _host(31, self.id)
        return v << 4 | v >> 8
    def read_uv(self): return _host(31, self.id) * self._full[self._atten] // 4095
class PWM:
    def __init__(self, pin, freq=1000, duty=512, **kw): self._pin = pin; self._f = freq; self.duty(duty)
    def freq(self, f=None):
        if f is None: return self._f
        self._f = f
    def duty(self, d=None):
        if d is None: return self._d
        self._d = d; self._pin.value(d > 0)
    def duty_u16(self, d=None):
        if d is None: return self._d << 6
        self.duty(d >> 6)
    def deinit(self): self._pin.value(0)
class Timer:
    ONE_SHOT = 0; PERIODIC = 1
    def __init__(self, id=-1, **kw):
        if kw: self.init(**kw)
    def init(self, mode=1, period=-1, callback=None, freq=None, **kw):
        self.deinit()
        self._period = int(1000 / freq) if freq else period
        if self._period < 1: raise ValueError("period")
        self._mode = mode; self._callback = callback
        self._due = _host(3, 1) + self._period
        _timers.append(self); _arm()
    def deinit(self):
        if self in _timers: _timers.remove(self); _arm()
class WDT:
    def __init__(self, id=0, timeout=5000): self._t = timeout; self.feed()
    def feed(self): _host(33, self._t)
class RTC:
    def __init__(self, id=0): pass
    def memory(self, m=None): raise NotImplementedError("this board has no memory that outlives a reset: write a file")
    def datetime(self, d=None):
        import time
        if d is None:
            y, mo, day, h, mi, s, wd, _ = time.localtime()
            return (y, mo, day, wd, h, mi, s, 0)
        y, mo, day, _, h, mi, s = d[:7]
        time._set(time.mktime((y, mo, day, h, mi, s, 0, 0)))
    def init(self, d): self.datetime(d)
def unique_id():
    n = _host(24)
    return bytes((0x24, 0x0a, 0xc4, 0, n >> 8, n & 255))
def reset(): _host(34, 0)
def soft_reset():
    # The interpreter begins anew and closes its sockets; the radio stays as it is.
    import _board
    _board._inside["socket"]._close_all()
    _host(34, 1)
def deepsleep(ms=-1): _host(35, int(ms))
def lightsleep(ms=-1):
    import time
    if ms >= 0: return time.sleep_ms(ms)
    # Only a clock wakes this board.
    while True: time.sleep(1000)
sleep = lightsleep
def idle(): pass
def freq(f=None): return 160000000
def reset_cause(): return _host(36)
def wake_reason(): return TIMER_WAKE if _host(36) == DEEPSLEEP_RESET else 0
def disable_irq(): return 0
def enable_irq(s=0): pass

def _absent(name):
    # What a board of this kind has, and this one does not.
    def f(*a, **k): raise NotImplementedError("a real ESP32 has machine.%s, this one does not" % name)
    return f
I2C = _absent("I2C"); SoftI2C = _absent("SoftI2C"); SPI = _absent("SPI"); SoftSPI = _absent("SoftSPI"); UART = _absent("UART")
TouchPad = _absent("TouchPad"); DAC = _absent("DAC"); I2S = _absent("I2S"); SDCard = _absent("SDCard")
time_pulse_us = _absent("time_pulse_us"); bitstream = _absent("bitstream")
