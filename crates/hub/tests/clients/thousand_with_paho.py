"""paho-mqtt brings messages to itself at QoS 2: `thousand_with_paho.py PORT VERSION COUNT`, the version being 4 or 5.

What came stands on the standard output, one a line, in its order: whatever came twice is there, too.
`www/tests/relay.test.mjs` runs it against a broker in a page.
"""

import queue
import sys

import paho.mqtt.client as mqtt

# For what a page does on a machine that does many things.
PATIENCE = 300
END = "end"
# With more than the broker's Receive Maximum in its own queue, paho-mqtt 2.1.0 stops sending under 5.0, whichever the broker.
AT_ONCE = 20


def run(port, version, count):
    connected, subscribed, messages = queue.Queue(), queue.Queue(), queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"paho-{version}", protocol=version)
    client.on_connect = lambda _c, _u, _flags, reason, _p: connected.put(reason)
    client.on_subscribe = lambda _c, _u, _mid, reasons, _p: subscribed.put(reasons)
    client.on_message = lambda _c, _u, message: messages.put(message.payload.decode())
    client.connect("127.0.0.1", port, keepalive=PATIENCE)
    client.loop_start()
    reason = connected.get(timeout=PATIENCE)
    assert not reason.is_failure, reason
    client.subscribe("paho/t", 2)
    (reason,) = subscribed.get(timeout=PATIENCE)
    assert reason.value == 2, reason
    payloads = [str(number) for number in range(count)] + [END]
    for first in range(0, len(payloads), AT_ONCE):
        sent = [client.publish("paho/t", it, 2) for it in payloads[first : first + AT_ONCE]]
        for message in sent:
            message.wait_for_publish(PATIENCE)
            assert message.is_published()
    for payload in iter(lambda: messages.get(timeout=PATIENCE), END):
        print(payload)
    client.disconnect()
    client.loop_stop()
    assert messages.empty(), messages.get()


if __name__ == "__main__":
    _, port, version, count = sys.argv
    run(int(port), int(version), int(count))
