import _host
def raw_temperature(): return _host(37) * 9 // 5000 + 32
def mcu_temperature(): return _host(37) // 1000
def _wake(*a, **k): raise NotImplementedError("only its clock wakes this board: use deepsleep(milliseconds)")
wake_on_ext0 = wake_on_ext1 = wake_on_touch = _wake
