def osdebug(*a): pass
def flash_size(): return 4194304
