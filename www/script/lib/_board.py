# What a board has when it starts: where modules are found, their old names, and the clockwork of its processor.
import sys, micropython, gc, _host
sys.path[:] = ["", "/lib", ".frozen"]
# The interpreter has an errno of its own, with the numbers of another machine.
import _errno
sys.modules["errno"] = sys.modules["uerrno"] = _errno

# What else modules are called: by older programs, and where tutorials copy the library to the board.
_NAMES = {"time": ["utime"], "socket": ["usocket"], "select": ["uselect"], "ssl": ["ussl", "tls"], "machine": ["umachine"], "umqtt.simple": ["umqttsimple"]}

def _load(name):
    __import__(name)
    for other in _NAMES.get(name, ()):
        sys.modules[other] = sys.modules[name]

def _edge(_):
    # Runs whenever the interpreter looks for work: between statements of a loop, at calls. This is how a program that never
    # waits gives way to the rest of the world. The host says when an interrupt has left something to do.
    # No jump stands between the host's answer and the end: at jumps, Ctrl-C is raised, and here it would be lost.
    micropython.schedule(_edge, 0)
    _todo[_host(0)]()

def _nothing(): pass
def _work(): sys.modules["machine"]._work()
_todo = (_nothing, _work)

def _main(source):
    # As `python main.py` would: a traceback names the file and the lines of the user.
    # marks.mjs has put calls of _mark before the statements of the user: a negative number is a line.
    code = compile(source, "main.py", "exec")
    micropython.schedule(_edge, 0)
    exec(code, _names)

# What the program knows by name, and what is typed after it.
_names = {"__name__": "__main__", "_mark": _host}

def _source():
    n = _host(91)
    b = bytearray(n)
    import uctypes
    _host(92, uctypes.addressof(b) if n else 0)
    return str(bytes(b), "utf-8")

def _run():
    try:
        _main(_source())
    except SystemExit:
        _host(93, 1)
    except BaseException as e:
        sys.print_exception(e)
        _host(93, 2 if isinstance(e, MemoryError) else 3)

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
