//! What is measured.

use crate::generator::Generator;
use crate::peers::{Kind, Running, cpu_of};
use anyhow::{Result, ensure};
use mqtt_proto::Qos;
use std::time::{Duration, Instant};

/// Bytes of a payload: a small reading.
const PAYLOAD_BYTES: usize = 64;
/// Before the clock starts.
const WARM_UP: Duration = Duration::from_millis(300);
/// Clients that stay connected without a word.
const IDLE: usize = 1_000;
/// Connections that are opened and closed.
const CONNECTS: usize = 2_000;

/// What a case does.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// `groups` publishers with `subscribers` each; messages under way at most `window` per publisher.
    Flood {
        groups: usize,
        subscribers: usize,
        qos: Qos,
        window: u64,
    },
    /// 500 messages per second.
    Latency,
    /// 1,000 connections with one subscription each.
    Memory,
    /// Connections opened and closed.
    Connects,
}

/// A goal: our figure by the other's, at least or (latency) at most.
pub(crate) struct Goal {
    pub(crate) than: Kind,
    pub(crate) ratio: f64,
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: What,
    pub(crate) goals: &'static [Goal],
}

/// What one measurement found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Messages delivered per second; for the other cases: p50 in us, bytes, us.
    pub(crate) value: f64,
    /// Processor time of the broker per message delivered, in ns; for latency: p99 in us.
    pub(crate) second: f64,
    /// Processor time of the generator per message delivered, in ns.
    pub(crate) ours: f64,
    /// At QoS 0.
    pub(crate) lost: u64,
}

const fn flood(groups: usize, subscribers: usize, qos: Qos, window: u64) -> What {
    What::Flood {
        groups,
        subscribers,
        qos,
        window,
    }
}

const fn goal(than: Kind, ratio: f64) -> Goal {
    Goal { than, ratio }
}

const ONE_TO_ONE: &[Goal] = &[goal(Kind::Mosquitto, 3.0), goal(Kind::Rumqttd, 1.0)];

/// All cases, in the order in which they run.
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "1 to 1, QoS 0",
        what: flood(1, 1, Qos::AtMostOnce, 1_000),
        goals: ONE_TO_ONE,
    },
    Case {
        name: "1 to 1, QoS 1",
        what: flood(1, 1, Qos::AtLeastOnce, 1_000),
        goals: ONE_TO_ONE,
    },
    Case {
        name: "1 to 1, QoS 2",
        what: flood(1, 1, Qos::ExactlyOnce, 1_000),
        goals: ONE_TO_ONE,
    },
    Case {
        name: "1 to 50, QoS 0",
        what: flood(1, 50, Qos::AtMostOnce, 500),
        goals: &[goal(Kind::Mosquitto, 5.0)],
    },
    Case {
        name: "100 pairs, QoS 1",
        what: flood(100, 1, Qos::AtLeastOnce, 20),
        goals: &[goal(Kind::Mosquitto, 2.0), goal(Kind::Rumqttd, 1.0)],
    },
    Case {
        name: "latency at 500/s",
        what: What::Latency,
        goals: &[goal(Kind::Mosquitto, 1.15)],
    },
    Case {
        name: "connect and leave",
        what: What::Connects,
        goals: &[],
    },
    Case {
        name: "idle connection",
        what: What::Memory,
        goals: &[],
    },
];

impl Case {
    /// Whether one measurement is enough: memory is the same each time.
    pub(crate) fn once(&self) -> bool {
        matches!(self.what, What::Memory)
    }

    pub(crate) fn run(&self, broker: &Running, seconds: f64) -> Result<Sample> {
        let span = Duration::from_secs_f64(seconds);
        match self.what {
            What::Flood {
                groups,
                subscribers,
                qos,
                window,
            } => {
                let mut generator = Generator::new(window)?;
                for _ in 0..groups {
                    generator.add_group(broker.address, subscribers, qos, PAYLOAD_BYTES)?;
                }
                generator.flood(Instant::now() + WARM_UP)?;
                let own = || cpu_of(std::process::id());
                let (begun, cpu, mine) = (Instant::now(), broker.cpu()?, own()?);
                let delivered = generator.flood(begun + span)?;
                let (took, cpu, mine) = (begun.elapsed(), broker.cpu()? - cpu, own()? - mine);
                ensure!(delivered > 0, "nothing was delivered");
                Ok(Sample {
                    value: delivered as f64 / took.as_secs_f64(),
                    second: cpu.as_nanos() as f64 / delivered as f64,
                    ours: mine.as_nanos() as f64 / delivered as f64,
                    lost: generator.lost,
                })
            }
            What::Latency => {
                let mut generator = Generator::new(1)?;
                generator.add_group(broker.address, 1, Qos::AtMostOnce, 8)?;
                let mut latencies = generator.paced(Duration::from_millis(2), 1_000)?;
                latencies.sort_unstable();
                let at = |part: usize| latencies[latencies.len() * part / 100];
                Ok(Sample {
                    value: at(50).as_nanos() as f64 / 1e3,
                    second: at(99).as_nanos() as f64 / 1e3,
                    ..Sample::default()
                })
            }
            What::Memory => {
                let mut generator = Generator::new(1)?;
                // The first ones pay for what is there once.
                for index in 0..10 {
                    generator.connect(broker.address, &format!("first-{index}"), None)?;
                }
                std::thread::sleep(Duration::from_millis(300));
                let before = broker.memory()?;
                for index in 0..IDLE {
                    let filter = format!("idle/{index}/command");
                    let subscription = Some((filter.as_str(), Qos::AtLeastOnce));
                    generator.connect(broker.address, &format!("idle-{index}"), subscription)?;
                }
                std::thread::sleep(Duration::from_secs(1));
                let grown = broker.memory()?.saturating_sub(before);
                Ok(Sample {
                    value: grown as f64 / IDLE as f64,
                    ..Sample::default()
                })
            }
            What::Connects => {
                let cpu = broker.cpu()?;
                let mut count = 0;
                while count < CONNECTS {
                    let mut generator = Generator::new(1)?;
                    for _ in 0..100 {
                        generator.connect(broker.address, &format!("c-{count}"), None)?;
                        count += 1;
                    }
                    generator.disconnect_all();
                }
                std::thread::sleep(Duration::from_millis(200));
                Ok(Sample {
                    value: (broker.cpu()? - cpu).as_nanos() as f64 / 1e3 / count as f64,
                    ..Sample::default()
                })
            }
        }
    }
}
