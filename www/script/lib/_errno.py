# The numbers of an ESP32: lwIP's and newlib's, not those of the machine that the interpreter was built for.
ENOENT = 2; EIO = 5; EBADF = 9; EAGAIN = 11; ENOMEM = 12; EACCES = 13; EEXIST = 17; ENODEV = 19; EISDIR = 21; EINVAL = 22
EOPNOTSUPP = 95; ECONNABORTED = 113; ECONNRESET = 104; ENOBUFS = 105; ECONNREFUSED = 111; EADDRINUSE = 112; ETIMEDOUT = 116
EHOSTUNREACH = 118; EINPROGRESS = 119; EALREADY = 120; ENOTCONN = 128
errorcode = {v: k for k, v in list(globals().items()) if k.startswith("E")}
