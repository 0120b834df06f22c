//! What a broker allows and how much it keeps.

use crate::policy::{AccessList, Passwords};
use alloc::vec::Vec;
use mqtt_proto::session::{Expiry, SessionConfig};
use mqtt_proto::{Duration, ServerConfig, Text};

/// A broker's settings. Every bound has a default: nothing grows without one.
///
/// What does not fit is refused, and nothing that is there makes room for it: a session that ended
/// early would lose messages that were acknowledged.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// Limits and offer towards each client.
    pub server: ServerConfig,
    /// Bounds of each session's in-flight window and queue.
    pub session: SessionConfig,
    /// The most bytes of messages that are in flight or wait, in all sessions together. A copy of
    /// QoS 1 or 2 above that is dropped as if the session's queue were full.
    pub held_bytes_max: usize,
    /// The most sessions, connected or not. One more CONNECT is refused.
    pub sessions_max: usize,
    /// The most bytes of client ids, user names and wills. One more CONNECT is refused.
    pub session_bytes_max: usize,
    /// The most subscriptions of one session. One more is refused: SUBACK 0x97, for 3.1.1 0x80.
    pub subscriptions_max: usize,
    /// The most bytes of all subscriptions together, roughly. One more is refused, in the same way.
    pub subscription_bytes_max: usize,
    /// The most levels of a topic filter. One with more is refused: SUBACK 0x83, for 3.1.1 0x80.
    pub filter_levels_max: usize,
    /// The most retained messages. Another topic's is passed on but not kept.
    pub retained_max: usize,
    /// The most bytes of retained messages. One that does not fit is passed on but not kept, and the
    /// one before it on its topic goes: it would be out of date.
    pub retained_bytes_max: usize,
    /// The longest session expiry granted; longer wishes are overridden.
    pub session_expiry_max: Expiry,
    /// The longest keep alive granted to 5.0 clients, in seconds; longer wishes, and none at all,
    /// are overridden.
    pub keep_alive_max_secs: Option<u16>,
    /// The most bytes, roughly, that wait for a connection to take them. Above that QoS 0 copies
    /// are dropped and others held back until [`Broker::handle_drained`](crate::Broker::handle_drained).
    /// `None`: the host takes everything and never calls it.
    pub backlog_max_bytes: Option<usize>,
    /// Who may connect; `None` is everybody.
    pub passwords: Option<Passwords>,
    /// Whether the host looks passwords up, asked by [`BrokerEvent::CheckPassword`](crate::BrokerEvent::CheckPassword):
    /// a hash that is slow on purpose then keeps nobody else waiting. `passwords` still says that
    /// there are any.
    pub host_checks_passwords: bool,
    /// Authentication methods of 5.0 (section 4.12) that the host knows: it is asked by
    /// [`BrokerEvent::Authenticate`](crate::BrokerEvent::Authenticate). `SCRAM-SHA-256` is known
    /// without one, if `passwords` has verifiers for it.
    pub host_methods: Vec<Text>,
    /// A secret behind the nonces of `SCRAM-SHA-256`. A host with clients that it does not trust
    /// gives a random one at each start: a nonce that comes again lets a listener in.
    pub nonce_key: [u8; 32],
    /// A secret behind the client ids that the broker chooses: who has seen one cannot guess the next,
    /// and take its session over. `None`: they are counted, and the same in every run.
    pub client_id_key: Option<[u8; 32]>,
    /// Whether clients without a user name may connect although there are passwords.
    pub allow_anonymous: bool,
    /// Who may publish and receive what; `None` is everybody everything.
    pub access: Option<AccessList>,
    /// How often `$SYS` topics are published; `None` is never.
    pub sys_interval: Option<Duration>,
    /// Whether the host wants [`BrokerEvent::Note`](crate::BrokerEvent::Note): to say what is decided
    /// costs about as much as to decide it. [`Note::Accepted`](crate::Note::Accepted), which names
    /// a connection, comes all the same.
    pub notes: bool,
    /// Decides where things lie in memory, and nothing that can be seen. A host with clients that
    /// it does not trust gives a random one.
    pub seed: u64,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            server: ServerConfig::DEFAULT,
            session: SessionConfig::DEFAULT,
            held_bytes_max: 1 << 30,
            sessions_max: 100_000,
            session_bytes_max: 256 << 20,
            subscriptions_max: 10_000,
            subscription_bytes_max: 512 << 20,
            filter_levels_max: 1_000,
            retained_max: 100_000,
            retained_bytes_max: 256 << 20,
            session_expiry_max: Expiry::NEVER,
            keep_alive_max_secs: None,
            backlog_max_bytes: None,
            passwords: None,
            host_checks_passwords: false,
            host_methods: Vec::new(),
            nonce_key: [0; 32],
            client_id_key: None,
            allow_anonymous: false,
            access: None,
            sys_interval: None,
            notes: true,
            seed: 0,
        }
    }
}
