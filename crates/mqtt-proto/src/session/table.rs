//! The QoS 1 and QoS 2 exchanges as tables. Each state is named after what it waits for.

use crate::rules::{both, only_v5};
use crate::table::{closed_set, machine};

closed_set! {
    /// The sender's side of one exchange.
    SenderState {
        /// No exchange: the identifier is free.
        Free = "free",
        /// QoS 1 PUBLISH is out and kept.
        AwaitPubAck = "await PUBACK",
        /// QoS 2 PUBLISH is out and kept.
        AwaitPubRec = "await PUBREC",
        /// PUBREL is out; the message is gone, the identifier is kept.
        AwaitPubComp = "await PUBCOMP",
    }
}

closed_set! {
    /// What can happen to the sender's side.
    SenderInput {
        /// The caller publishes at QoS 1.
        PublishQos1 = "publish QoS 1",
        /// The caller publishes at QoS 2.
        PublishQos2 = "publish QoS 2",
        /// PUBACK below 0x80.
        PubAck = "PUBACK",
        /// PUBACK of 0x80 or above.
        PubAckError = "PUBACK 0x80+",
        /// PUBREC below 0x80.
        PubRec = "PUBREC",
        /// PUBREC of 0x80 or above.
        PubRecError = "PUBREC 0x80+",
        /// PUBCOMP with any code.
        PubComp = "PUBCOMP",
        /// The session goes on over a new connection.
        Resume = "resume",
        /// [`Retry::AfterTimeout`](crate::Retry::AfterTimeout): no answer in time.
        RetryTimer = "retry timer",
    }
}

closed_set! {
    /// What the sender does.
    SenderAction {
        /// PUBLISH with DUP 0 under a fresh identifier; keep the message.
        SendPublish = "send PUBLISH, keep",
        /// PUBLISH with DUP 1 under its identifier.
        ResendPublish = "send PUBLISH DUP",
        /// PUBREL; drop the message.
        SendPubRel = "send PUBREL, drop message",
        /// PUBREL once more.
        ResendPubRel = "send PUBREL",
        /// Free the identifier and tell the caller.
        Settle = "free id",
        /// PUBREL, under 5.0 with 0x92: there is no such exchange.
        SendPubRelUnknown = "send PUBREL 0x92" / "send PUBREL" / "send PUBREL 0x92",
        /// Nothing.
        Ignore = "ignore",
        /// A violation: close.
        Close = "close",
    }
}

closed_set! {
    /// The receiver's side of one identifier.
    ReceiverState {
        /// Nothing is remembered: the next PUBLISH is a new message.
        Free = "free",
        /// A QoS 2 message was delivered; repeats of it are not.
        AwaitPubRel = "await PUBREL",
    }
}

closed_set! {
    /// What can happen to the receiver's side.
    ReceiverInput {
        /// A QoS 1 PUBLISH, DUP or not.
        PublishQos1 = "PUBLISH QoS 1",
        /// A QoS 2 PUBLISH, DUP or not.
        PublishQos2 = "PUBLISH QoS 2",
        /// The receiving application refuses the QoS 2 message (5.0: PUBREC of 0x80 or above).
        Refuse = "refuse QoS 2",
        /// PUBREL with any code.
        PubRel = "PUBREL",
    }
}

closed_set! {
    /// What the receiver does.
    ReceiverAction {
        /// Deliver; PUBACK.
        DeliverThenPubAck = "deliver, send PUBACK",
        /// Remember the identifier; deliver; PUBREC.
        DeliverThenPubRec = "remember id, deliver, send PUBREC",
        /// PUBREC without delivering.
        RepeatPubRec = "send PUBREC",
        /// PUBACK 0x91 under 5.0. 3.1.1 has no way to refuse it: there the sender has lost its memory,
        /// the identifier is forgotten, and the message is delivered as the new one that it is.
        RefuseIdInUse = "send PUBACK 0x91"
            / "forget id, deliver, send PUBACK"
            / "send PUBACK 0x91",
        /// PUBREC with the refusal.
        SendPubRecError = "send PUBREC 0x80+",
        /// Forget the identifier; PUBCOMP.
        SendPubComp = "forget id, send PUBCOMP",
        /// PUBCOMP, under 5.0 with 0x92: nothing is remembered.
        SendPubCompUnknown = "send PUBCOMP 0x92" / "send PUBCOMP" / "send PUBCOMP 0x92",
        /// Nothing.
        Ignore = "ignore",
    }
}

machine! {
    /// The sender of QoS 1 and QoS 2 messages, in either role.
    #[doc = concat!("```text\n", include_str!("sender.txt"), "```")]
    SENDER(SenderState, SenderInput, SenderAction) {
        Free + PublishQos1 => SendPublish, AwaitPubAck, both!("MQTT-4.3.2-1", "MQTT-4.3.2-2");
        Free + PublishQos2 => SendPublish, AwaitPubRec, both!("MQTT-4.3.3-1", "MQTT-4.3.3-2");
        Free + PubAck => Ignore, Free;
        Free + PubAckError => Ignore, Free => OnlyV5;
        Free + PubRec => SendPubRelUnknown, Free, both!("MQTT-4.3.3-1", "MQTT-4.3.3-4");
        Free + PubRecError => Ignore, Free => OnlyV5;
        Free + PubComp => Ignore, Free;
        Free + Resume => Ignore, Free;
        Free + RetryTimer => Ignore, Free;

        AwaitPubAck + PublishQos1 => Ignore, AwaitPubAck, both!("MQTT-4.3.2-1", "MQTT-4.3.2-1");
        AwaitPubAck + PublishQos2 => Ignore, AwaitPubAck, both!("MQTT-4.3.3-1", "MQTT-4.3.3-1");
        AwaitPubAck + PubAck => Settle, Free, both!("MQTT-2.3.1-3", "MQTT-4.3.2-3");
        AwaitPubAck + PubAckError => Settle, Free, only_v5!("MQTT-4.4.0-2") => OnlyV5;
        AwaitPubAck + PubRec => Close, AwaitPubAck, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1");
        AwaitPubAck + PubRecError => Close, AwaitPubAck, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1") => OnlyV5;
        AwaitPubAck + PubComp => Close, AwaitPubAck, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1");
        AwaitPubAck + Resume => ResendPublish, AwaitPubAck, both!("MQTT-4.4.0-1", "MQTT-4.4.0-1");
        AwaitPubAck + RetryTimer => ResendPublish, AwaitPubAck, both!("MQTT-3.3.1-1", "MQTT-4.4.0-1") => ForbiddenInV5;

        AwaitPubRec + PublishQos1 => Ignore, AwaitPubRec, both!("MQTT-4.3.2-1", "MQTT-4.3.2-1");
        AwaitPubRec + PublishQos2 => Ignore, AwaitPubRec, both!("MQTT-4.3.3-1", "MQTT-4.3.3-1");
        AwaitPubRec + PubAck => Close, AwaitPubRec, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1");
        AwaitPubRec + PubAckError => Close, AwaitPubRec, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1") => OnlyV5;
        AwaitPubRec + PubRec => SendPubRel, AwaitPubComp, both!("MQTT-4.3.3-1", "MQTT-4.3.3-4");
        AwaitPubRec + PubRecError => Settle, Free, only_v5!("MQTT-4.4.0-2") => OnlyV5;
        AwaitPubRec + PubComp => Close, AwaitPubRec, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1");
        AwaitPubRec + Resume => ResendPublish, AwaitPubRec, both!("MQTT-4.4.0-1", "MQTT-4.4.0-1");
        AwaitPubRec + RetryTimer => ResendPublish, AwaitPubRec, both!("MQTT-3.3.1-1", "MQTT-4.4.0-1") => ForbiddenInV5;

        AwaitPubComp + PublishQos1 => Ignore, AwaitPubComp, both!("MQTT-4.3.2-1", "MQTT-4.3.2-1");
        AwaitPubComp + PublishQos2 => Ignore, AwaitPubComp, both!("MQTT-4.3.3-1", "MQTT-4.3.3-1");
        AwaitPubComp + PubAck => Close, AwaitPubComp, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1");
        AwaitPubComp + PubAckError => Close, AwaitPubComp, both!("MQTT-3.3.4-1", "MQTT-3.3.4-1") => OnlyV5;
        AwaitPubComp + PubRec => ResendPubRel, AwaitPubComp, both!("MQTT-4.3.3-1", "MQTT-4.3.3-4");
        AwaitPubComp + PubRecError => Settle, Free, only_v5!("MQTT-4.4.0-2") => OnlyV5;
        AwaitPubComp + PubComp => Settle, Free, both!("MQTT-2.3.1-3", "MQTT-4.3.3-5");
        AwaitPubComp + Resume => ResendPubRel, AwaitPubComp, both!("MQTT-4.4.0-1", "MQTT-4.4.0-1");
        AwaitPubComp + RetryTimer => ResendPubRel, AwaitPubComp, both!("MQTT-4.3.3-1", "MQTT-4.4.0-1") => ForbiddenInV5;
    }
}

machine! {
    /// The receiver of QoS 1 and QoS 2 messages, in either role: it remembers identifiers and delivers
    /// at the first PUBLISH (method B of section 4.3.3).
    #[doc = concat!("```text\n", include_str!("receiver.txt"), "```")]
    RECEIVER(ReceiverState, ReceiverInput, ReceiverAction) {
        Free + PublishQos1 => DeliverThenPubAck, Free, both!("MQTT-4.3.2-2", "MQTT-4.3.2-4");
        Free + PublishQos2 => DeliverThenPubRec, AwaitPubRel, both!("MQTT-4.3.3-2", "MQTT-4.3.3-8");
        Free + Refuse => Ignore, Free => OnlyV5;
        Free + PubRel => SendPubCompUnknown, Free, both!("MQTT-4.3.3-2", "MQTT-4.3.3-11");

        AwaitPubRel + PublishQos1 => RefuseIdInUse, AwaitPubRel, only_v5!("MQTT-4.3.2-1") => ThenInV311(Free);
        AwaitPubRel + PublishQos2 => RepeatPubRec, AwaitPubRel, both!("MQTT-4.3.3-2", "MQTT-4.3.3-10");
        AwaitPubRel + Refuse => SendPubRecError, Free, only_v5!("MQTT-4.3.3-9") => OnlyV5;
        AwaitPubRel + PubRel => SendPubComp, Free, both!("MQTT-4.3.3-2", "MQTT-4.3.3-11");
    }
}
