//! rumqttc, in both versions, with the hub: `clients-rumqttc PORT`.
//!
//! Messages at each QoS, a retained message, a will, and a session that keeps messages while its client is away. Here and
//! not among the hub's own tests, so that the product's lock file stays without it.

use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};

/// How long what has to come may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for both of rumqttc's modules, whose types have the same names.
macro_rules! with_version {
    ($name:ident, $types:ident, $topic:expr, $keep:expr, $will:expr) => {
        mod $name {
            use super::$types::{Client, Connection, Event, Incoming, LastWill, MqttOptions, QoS};
            use super::*;

            pub(super) struct Peer {
                client: Client,
                connection: Connection,
                session_present: bool,
            }

            impl Peer {
                fn connect(
                    port: u16,
                    id: &str,
                    keeps: bool,
                    will: Option<LastWill>,
                ) -> Result<Self> {
                    // Sessions of 3.1.1 never end by themselves: not the same names for both versions.
                    let id = format!("{id}-{}", stringify!($name));
                    let mut options = MqttOptions::new(id, "127.0.0.1", port);
                    options.set_keep_alive(Duration::from_secs(30));
                    let keep: fn(&mut MqttOptions, bool) = $keep;
                    keep(&mut options, keeps);
                    if let Some(will) = will {
                        options.set_last_will(will);
                    }
                    let (client, connection) = Client::new(options, 100);
                    let mut peer = Self {
                        client,
                        connection,
                        session_present: false,
                    };
                    peer.session_present = peer.wait("CONNACK", |event| match event {
                        Incoming::ConnAck(ack) => Some(ack.session_present),
                        _ => None,
                    })?;
                    Ok(peer)
                }

                fn wait<T>(
                    &mut self,
                    what: &str,
                    mut pick: impl FnMut(&Incoming) -> Option<T>,
                ) -> Result<T> {
                    let end = Instant::now() + PATIENCE;
                    while Instant::now() < end {
                        let left = end.saturating_duration_since(Instant::now());
                        let event = self.connection.recv_timeout(left);
                        let event = event.map_err(|_| anyhow::anyhow!("no {what} came"))?;
                        if let Event::Incoming(incoming) = event? {
                            if let Some(found) = pick(&incoming) {
                                return Ok(found);
                            }
                        }
                    }
                    anyhow::bail!("no {what} came")
                }

                fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<()> {
                    self.client.subscribe(filter, qos)?;
                    self.wait("SUBACK", |event| {
                        matches!(event, Incoming::SubAck(_)).then_some(())
                    })
                }

                /// Until it is acknowledged.
                fn publish(
                    &mut self,
                    topic: &str,
                    qos: QoS,
                    retain: bool,
                    text: &str,
                ) -> Result<()> {
                    self.client
                        .publish(topic, qos, retain, text.as_bytes().to_vec())?;
                    match qos {
                        QoS::AtMostOnce => {
                            // Out once something behind it is answered.
                            self.subscribe("nothing", QoS::AtMostOnce)
                        }
                        QoS::AtLeastOnce => self.wait("PUBACK", |event| {
                            matches!(event, Incoming::PubAck(_)).then_some(())
                        }),
                        QoS::ExactlyOnce => self.wait("PUBCOMP", |event| {
                            matches!(event, Incoming::PubComp(_)).then_some(())
                        }),
                    }
                }

                /// The next message must be this one.
                fn expect(
                    &mut self,
                    topic: &str,
                    qos: QoS,
                    retain: bool,
                    text: &str,
                ) -> Result<()> {
                    let found = self.wait(text, |event| match event {
                        Incoming::Publish(publish) => {
                            let name: String = $topic(&publish.topic);
                            let payload = String::from_utf8_lossy(&publish.payload).into_owned();
                            Some((name, publish.qos, publish.retain, payload))
                        }
                        _ => None,
                    })?;
                    let expected = (topic.to_owned(), qos, retain, text.to_owned());
                    ensure!(found == expected, "{found:?} came, {expected:?} was due");
                    Ok(())
                }

                fn leave(mut self) -> Result<()> {
                    self.client.disconnect()?;
                    // Its end is an error of the event loop.
                    while let Ok(Ok(_)) = self.connection.recv_timeout(PATIENCE) {}
                    Ok(())
                }
            }

            pub(super) fn run(port: u16) -> Result<()> {
                let levels = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
                let mut publisher = Peer::connect(port, "rp", false, None)?;
                let mut reader = Peer::connect(port, "rr", false, None)?;
                reader.subscribe("r/+", QoS::ExactlyOnce)?;
                for qos in levels {
                    for number in 0..20 {
                        let text = format!("{number}");
                        publisher.publish("r/t", qos, false, &text)?;
                        reader.expect("r/t", qos, false, &text)?;
                    }
                }
                // Retained, and taken back.
                publisher.publish("kept/a", QoS::AtLeastOnce, true, "stays")?;
                let mut late = Peer::connect(port, "rl", false, None)?;
                late.subscribe("kept/#", QoS::AtLeastOnce)?;
                late.expect("kept/a", QoS::AtLeastOnce, true, "stays")?;
                publisher.publish("kept/a", QoS::AtLeastOnce, true, "")?;
                late.expect("kept/a", QoS::AtLeastOnce, false, "")?;
                // A will: its client goes without DISCONNECT.
                let make: fn() -> LastWill = $will;
                let victim = Peer::connect(port, "rw", false, Some(make()))?;
                drop(victim);
                reader.expect("r/will", QoS::AtLeastOnce, false, "gone")?;
                // Away, and back.
                let mut away = Peer::connect(port, "ra", true, None)?;
                ensure!(!away.session_present, "a new session");
                away.subscribe("away/#", QoS::ExactlyOnce)?;
                away.leave()?;
                for qos in &levels[1..] {
                    publisher.publish("away/x", *qos, false, &format!("{qos:?}"))?;
                }
                let mut back = Peer::connect(port, "ra", true, None)?;
                ensure!(back.session_present, "the session goes on");
                for qos in &levels[1..] {
                    back.expect("away/x", *qos, false, &format!("{qos:?}"))?;
                }
                back.leave()?;
                publisher.leave()
            }
        }
    };
}

with_version!(
    v311,
    rumqttc_v311,
    |topic: &String| topic.clone(),
    |options, keeps| {
        options.set_clean_session(!keeps);
    },
    || LastWill::new("r/will", "gone", QoS::AtLeastOnce, false)
);
with_version!(
    v5,
    rumqttc_v5,
    |topic: &[u8]| String::from_utf8_lossy(topic).into_owned(),
    |options, keeps| {
        options.set_clean_start(!keeps);
        options.set_session_expiry_interval(keeps.then_some(3_600));
    },
    || LastWill::new("r/will", "gone", QoS::AtLeastOnce, false, None)
);

/// The names of both modules, made alike.
mod rumqttc_v311 {
    pub(crate) use rumqttc::{Client, Connection, Event, Incoming, LastWill, MqttOptions, QoS};
}

mod rumqttc_v5 {
    pub(crate) use rumqttc::v5::mqttbytes::QoS;
    pub(crate) use rumqttc::v5::mqttbytes::v5::LastWill;
    pub(crate) use rumqttc::v5::{Client, Connection, Event, Incoming, MqttOptions};
}

fn main() -> Result<()> {
    let port = std::env::args().nth(1).context("which port?")?.parse()?;
    v311::run(port).context("3.1.1")?;
    println!("rumqttc with 3.1.1: ok");
    v5::run(port).context("5.0")?;
    println!("rumqttc with 5.0: ok");
    Ok(())
}
