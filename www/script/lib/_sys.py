# As the interpreter's own, for a program that asks where it runs.
import sys as _own
from ucollections import namedtuple as _named
from sys import *
path = _own.path
platform = "esp32"
def _made(machine):
    global implementation
    names = ("name", "version", "_machine", "_mpy")
    implementation = _named("implementation", names)(_own.implementation.name, _own.implementation.version, machine, _own.implementation._mpy)
