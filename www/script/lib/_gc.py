# As the interpreter's own, but collect() has collected when it returns: the host does it at the next call.
import _host
from gc import *
from gc import collect as _note
def collect():
    _note()
    _host(47)
