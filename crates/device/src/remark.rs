//! What a device's program does that no packet shows.

use bytes::Bytes;
use core::fmt;
use mqtt_proto::TopicName;

/// Something that a device's program did. `Display` says it in one short sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remark {
    /// A rule made a message. Whether and when it is sent is another matter.
    Made {
        /// Where it is to go.
        topic: TopicName,
        /// What it says.
        payload: Bytes,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made { topic, .. } => {
                write!(f, "has something to publish on {}", topic.as_str())
            }
        }
    }
}
