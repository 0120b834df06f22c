# What a board has when it starts: where modules are found, their old names, and the clockwork of its processor.
import sys, micropython, gc, _host
sys.path[:] = ["", "/lib", ".frozen"]
# So much is made between two looks for garbage, in bytes: the interpreter itself only notes that it is time (interpreter.mjs).
gc.threshold(32 * 1024)
# This one collects at once, as a board does, and not when the program ends.
import _gc
sys.modules["gc"] = _gc

import errno
sys.modules["uerrno"] = errno

# Modules that a board of this kind has inside, and this one does not: asyncio would be the browser's, which runs nothing here.
for _name in ("asyncio", "uasyncio", "_thread", "ntptime", "neopixel", "onewire", "ds18x20", "requests", "urequests", "bluetooth", "espnow"):
    with open("/lib/%s.py" % _name, "w") as _file:
        _file.write("raise ImportError('a real ESP32 has the module %s, this one does not')\n" % _name)

# What it is, for programs that ask.
import os
from ucollections import namedtuple as _named
_UNAME = ("sysname", "nodename", "release", "version", "machine")
_MACHINE = "Generic ESP32 module with ESP32"
_release = ".".join([str(_part) for _part in sys.implementation.version[:3]])
_uname = _named("uname", _UNAME)("esp32", "esp32", _release, "v" + _release, _MACHINE)
os.uname = lambda: _uname
import _sys
_sys._made(_MACHINE)
sys.modules["sys"] = _sys

def _input(prompt=""): raise NotImplementedError("input() waits for the console, from which nothing comes while a program runs here")
import builtins
builtins.input = _input

# What else modules are called: by older programs, and where tutorials copy the library to the board.
_NAMES = {"time": ["utime"], "socket": ["usocket"], "select": ["uselect"], "ssl": ["ussl", "tls"], "machine": ["umachine"], "umqtt.simple": ["umqttsimple"]}

# The names that a file of the user can stand for instead; and the modules themselves, whatever their names stand for then.
_given = ["umqtt"]
_inside = {}

def _load(name):
    __import__(name)
    _inside[name] = sys.modules[name]
    for other in _NAMES.get(name, ()):
        sys.modules[other] = sys.modules[name]
    _given.append(name)
    _given.extend(_NAMES.get(name, ()))

_era = 0
def _edge(era):
    # Runs whenever the interpreter looks for work: between statements of a loop, at calls. This is how a program that never
    # waits gives way to the rest of the world. The host says when an interrupt has left something to do.
    if era != _era: return
    # No jump stands between the host's answer and the end: at jumps, Ctrl-C is raised, and here it would be lost.
    micropython.schedule(_edge, era)
    _todo[_host(0)]()

def _revive():
    # The host has not heard of _edge for long: it may have failed, at the end of the stack. If not, this one takes its place.
    global _era
    _era += 1
    micropython.schedule(_edge, _era)

def _nothing(): pass
def _work(): _inside["machine"]._work()
_todo = (_nothing, _work)

def _main(source, name="main.py"):
    # As `python main.py` would: a traceback names the file and the lines of the user.
    # marks.mjs has put calls of _mark before the statements of the user: a negative number is a line.
    code = compile(source, name, "exec")
    micropython.schedule(_edge, _era)
    exec(code, _names)

# What the program knows by name, and what is typed after it.
_names = {"__name__": "__main__", "_mark": _host}

def _source():
    n = _host(91)
    b = bytearray(n)
    import uctypes
    _host(92, uctypes.addressof(b) if n else 0)
    return str(bytes(b), "utf-8")

def _raised(e):
    sys.print_exception(e)
    _host(93, 2 if isinstance(e, MemoryError) else 3)

def _run():
    try:
        _main(_source())
    except SystemExit:
        _host(93, 1)
    except BaseException as e:
        _raised(e)

_import_inside = __import__
def _import(*what):
    # The host gives what is imported its marks: a file that is only read has none.
    _host(97, 1)
    try: return _import_inside(*what)
    finally: _host(97, -1)

def _boot():
    # A board with files of its own: they come first where modules are looked for, and boot.py is run before main.py, which is
    # not run if it fails. Both know the same names.
    global _era
    import builtins, uctypes
    builtins.__import__ = _import
    builtins._mark = _host
    for name in _given:
        b = name.encode()
        if name in sys.modules and _host(96, uctypes.addressof(b), len(b)): del sys.modules[name]
    try:
        if _host(94, 1):
            _main(_source(), "boot.py")
            # The clockwork is wound up once more with main.py: the one that goes stops.
            _era += 1
        _host(94, 0)
        _main(_source())
    except SystemExit:
        _host(93, 1)
    except BaseException as e:
        _raised(e)

def _typed():
    # What was typed at the prompt: one statement, whose value is shown, or several.
    source = _source()
    try:
        try: code = compile(source + "\n", "<stdin>", "single")
        except SyntaxError:
            if "\n" not in source: raise
            code = compile(source, "<stdin>", "exec")
        exec(code, _names)
    except SystemExit:
        pass
    except BaseException as e:
        sys.print_exception(e)

def _idle():
    # At the prompt: what interrupts have left to do.
    try: _inside["machine"]._wake()
    except BaseException as e: sys.print_exception(e)
