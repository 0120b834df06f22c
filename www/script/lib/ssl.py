# TLS is not imitated: pretending would show bytes that no broker ever sees.
CERT_NONE = 0; CERT_OPTIONAL = 1; CERT_REQUIRED = 2; PROTOCOL_TLS_CLIENT = 0; PROTOCOL_TLS_SERVER = 1
def wrap_socket(*a, **k): raise NotImplementedError("this board speaks no TLS: use ssl=False and port 1883")
class SSLContext:
    def __init__(self, p=0): self.verify_mode = CERT_NONE
    def load_verify_locations(self, *a, **k): pass
    def load_cert_chain(self, *a, **k): pass
    wrap_socket = wrap_socket
