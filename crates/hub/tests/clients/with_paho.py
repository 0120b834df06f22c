"""paho-mqtt, in both versions, with the hub: `with_paho.py PORT`.

Messages at each QoS, a retained message, a will, and a session that keeps messages while its client is away.
`cargo xtask test --only clients` runs it.
"""

import queue
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE = 10
NAMES = {mqtt.MQTTv311: "3.1.1", mqtt.MQTTv5: "5.0"}


class Peer:
    """A client whose events come out of queues."""

    def __init__(self, port, version, name, keeps=False, will=None):
        self.connected, self.answers = queue.Queue(), queue.Queue()
        self.messages, self.left = queue.Queue(), queue.Queue()
        options = {} if version == mqtt.MQTTv5 else {"clean_session": not keeps}
        # Sessions of 3.1.1 never end by themselves: not the same names for both versions.
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, f"{name}-{version}", protocol=version, **options
        )
        self.client.on_connect = lambda _c, _u, flags, reason, _p: self.connected.put((flags, reason))
        self.client.on_subscribe = lambda _c, _u, _mid, reasons, _p: self.answers.put(reasons)
        self.client.on_message = lambda _c, _u, message: self.messages.put(message)
        self.client.on_disconnect = lambda *_: self.left.put(None)
        if will:
            self.client.will_set(*will)
        options = {}
        if version == mqtt.MQTTv5:
            options = {"clean_start": not keeps, "properties": Properties(PacketTypes.CONNECT)}
            if keeps:
                options["properties"].SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", port, **options)
        self.client.loop_start()
        flags, reason = self.connected.get(timeout=PATIENCE)
        assert not reason.is_failure, reason
        self.session_present = flags.session_present

    def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)
        (reason,) = self.answers.get(timeout=PATIENCE)
        assert reason.value == qos, reason

    def publish(self, topic, text, qos, retain=False):
        self.client.publish(topic, text, qos, retain).wait_for_publish(PATIENCE)

    def expect(self, topic, text, qos, retain=False):
        message = self.messages.get(timeout=PATIENCE)
        found = (message.topic, message.payload.decode(), message.qos, bool(message.retain))
        assert found == (topic, text, qos, retain), found

    def expect_nothing_more(self):
        # Whatever came twice would come before this answer.
        self.subscribe("end", 0)
        assert self.messages.empty(), self.messages.get().payload

    def leave(self):
        self.client.disconnect()
        self.left.get(timeout=PATIENCE)
        self.client.loop_stop()


def run(port, version):
    publisher, reader = Peer(port, version, "publisher"), Peer(port, version, "reader")
    reader.subscribe("p/+", 2)
    for qos in (0, 1, 2):
        for number in range(50):
            publisher.publish("p/t", str(number), qos)
        for number in range(50):
            reader.expect("p/t", str(number), qos)
    reader.expect_nothing_more()

    publisher.publish("kept/a", "stays", 1, retain=True)
    late = Peer(port, version, "late")
    late.subscribe("kept/#", 1)
    late.expect("kept/a", "stays", 1, retain=True)
    publisher.publish("kept/a", "", 1, retain=True)
    late.expect("kept/a", "", 1)
    late.leave()
    later = Peer(port, version, "later")
    later.subscribe("kept/#", 1)
    later.expect_nothing_more()
    later.leave()

    for qos in (0, 1, 2):
        victim = Peer(port, version, "victim", will=("p/will", f"gone {qos}", qos))
        # Without DISCONNECT.
        victim.client.loop_stop()
        victim.client.socket().close()
        reader.expect("p/will", f"gone {qos}", qos)
    polite = Peer(port, version, "polite", will=("p/will", "not to be seen", 1))
    polite.leave()
    reader.expect_nothing_more()

    away = Peer(port, version, "away", keeps=True)
    assert not away.session_present
    away.subscribe("away/#", 2)
    away.leave()
    for qos in (1, 2):
        publisher.publish("away/x", f"at {qos}", qos)
    back = Peer(port, version, "away", keeps=True)
    assert back.session_present
    for qos in (1, 2):
        back.expect("away/x", f"at {qos}", qos)
    back.expect_nothing_more()
    for peer in (back, reader, publisher):
        peer.leave()


for version in (mqtt.MQTTv311, mqtt.MQTTv5):
    run(int(sys.argv[1]), version)
    print(f"paho-mqtt with {NAMES[version]}: ok")
