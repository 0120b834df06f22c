//! What has been counted since the start.

use mqtt_proto::DropReason;

/// Counts since the broker was made. They never go down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Transports that were opened.
    pub connections: u64,
    /// Bytes from clients.
    pub bytes_received: u64,
    /// New messages from clients: repeats of QoS 2 messages do not count.
    pub messages_received: u64,
    /// PUBLISH packets to clients, repeats included.
    pub messages_sent: u64,
    /// Copies that were not delivered.
    pub dropped: Dropped,
}

/// Copies that were not delivered, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Larger than the client's Maximum Packet Size.
    pub too_large: u64,
    /// Expired while they waited.
    pub expired: u64,
    /// The session's queue was full.
    pub queue_full: u64,
    /// They cannot be written in the client's version.
    pub unencodable: u64,
    /// In flight in a session that ended.
    pub session_ended: u64,
    /// QoS 0 and nobody there.
    pub not_connected: u64,
    /// QoS 0 and the connection too slow.
    pub slow: u64,
}

impl Statistics {
    pub(crate) fn add(&mut self, other: &Self) {
        self.messages_sent += other.messages_sent;
        self.dropped.add(&other.dropped);
    }
}

impl Dropped {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.too_large
            + self.expired
            + self.queue_full
            + self.unencodable
            + self.session_ended
            + self.not_connected
            + self.slow
    }

    pub(crate) const fn count(&mut self, why: DropReason) {
        match why {
            DropReason::TooLarge => self.too_large += 1,
            DropReason::Expired => self.expired += 1,
            DropReason::QueueFull => self.queue_full += 1,
            DropReason::Unencodable => self.unencodable += 1,
            DropReason::SessionEnded => self.session_ended += 1,
            DropReason::NotConnected => self.not_connected += 1,
            // What servers do not offer; a client takes every message that it has subscribed to.
            DropReason::QosNotSupported | DropReason::RetainNotSupported => {}
        }
    }

    const fn add(&mut self, other: &Self) {
        self.too_large += other.too_large;
        self.expired += other.expired;
        self.queue_full += other.queue_full;
        self.unencodable += other.unencodable;
        self.session_ended += other.session_ended;
        self.not_connected += other.not_connected;
        self.slow += other.slow;
    }
}
