# As the interpreter's own, but collect() has collected when it returns: the host does it at the next call.
import _host
from gc import *
from gc import collect as _note
def collect():
    _note()
    _host(47)
# What every board of a world can keep, about: the interpreter itself would tell of the browser's memory.
def mem_free(): return max(0, 1048576 - mem_alloc())
