//! The other simulators, each with the same conversation.

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const BALL: [u8; 32] = [7; 32];

/// A player: passes the ball on after the way's latency and jitter. One in twenty is lost and comes a timeout later.
#[derive(Default, Serialize, Deserialize)]
pub struct Player {
    other: Output<u64>,
    state: u64,
    left: u32,
}

#[Model]
impl Player {
    pub fn take(&mut self, ball: u64, context: &Context<Self>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let lost = self.state % 20 == 0;
        let micros = 10_000 + self.state % 5_000 + if lost { 100_000 } else { 0 };
        context
            .schedule_event(
                Duration::from_micros(micros),
                schedulable!(Self::pass),
                ball + 1,
            )
            .expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn pass(&mut self, ball: u64) {
        self.other.send(ball).await;
    }
}

/// An event is one that is scheduled and happens.
pub fn nexosim(events: u32) -> u64 {
    let player = |state| Player {
        state,
        left: events / 2,
        ..Player::default()
    };
    let (mut a, mut b) = (player(11), player(13));
    let (mailbox_a, mailbox_b) = (Mailbox::new(), Mailbox::new());
    a.other.connect(Player::take, &mailbox_b);
    b.other.connect(Player::take, &mailbox_a);
    let mut bench = SimInit::with_num_threads(1);
    let serve = EventSource::new()
        .connect(Player::take, &mailbox_a)
        .register(&mut bench);
    let mut simulation = bench
        .add_model(a, mailbox_a, "a")
        .add_model(b, mailbox_b, "b")
        .init(MonotonicTime::EPOCH)
        .expect("it is complete");
    simulation.process_event(&serve, 0).expect("it is heard");
    while simulation.time() < MonotonicTime::MAX {
        let before = simulation.time();
        simulation.step().expect("nothing fails");
        if simulation.time() == before {
            break;
        }
    }
    u64::from(events)
}

/// Messages over TCP between two nodes.
pub fn madsim(messages: u32) -> u64 {
    use madsim::net::{TcpListener, TcpStream};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let runtime = madsim::runtime::Runtime::with_seed_and_config(1, madsim::Config::default());
    let server = runtime
        .create_node()
        .ip("10.0.0.1".parse().expect("an address"))
        .build();
    let client = runtime
        .create_node()
        .ip("10.0.0.2".parse().expect("an address"))
        .build();
    server.spawn(async {
        let listener = TcpListener::bind("10.0.0.1:1883").await.expect("free");
        let (mut stream, _) = listener.accept().await.expect("somebody dials");
        let mut ball = BALL;
        while stream.read_exact(&mut ball).await.is_ok() {
            if stream.write_all(&ball).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    });
    let done = client.spawn(async move {
        let mut stream = loop {
            match TcpStream::connect("10.0.0.1:1883").await {
                Ok(stream) => break stream,
                Err(_) => madsim::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let mut ball = BALL;
        for _ in 0..messages / 2 {
            stream.write_all(&ball).await.expect("it is open");
            stream.flush().await.expect("it is open");
            stream.read_exact(&mut ball).await.expect("it answers");
        }
    });
    runtime.block_on(done).expect("it ends");
    u64::from(messages)
}

/// Messages over TCP between two hosts.
pub fn turmoil(messages: u32) -> u64 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use turmoil::net::{TcpListener, TcpStream};
    let mut simulation = turmoil::Builder::new()
        .rng_seed(1)
        // Its clock ticks whether anything happens or not: one tick for each message is the best for it.
        .tick_duration(Duration::from_millis(10))
        .min_message_latency(Duration::from_millis(10))
        .max_message_latency(Duration::from_millis(10))
        .simulation_duration(Duration::from_secs(100_000))
        .build();
    simulation.host("server", || async {
        let listener = TcpListener::bind("0.0.0.0:1883").await?;
        let (mut stream, _) = listener.accept().await?;
        let mut ball = BALL;
        while stream.read_exact(&mut ball).await.is_ok() {
            stream.write_all(&ball).await?;
        }
        Ok(())
    });
    simulation.client("client", async move {
        let mut stream = TcpStream::connect("server:1883").await?;
        let mut ball = BALL;
        for _ in 0..messages / 2 {
            stream.write_all(&ball).await?;
            stream.read_exact(&mut ball).await?;
        }
        Ok(())
    });
    simulation.run().expect("it ends");
    u64::from(messages)
}
