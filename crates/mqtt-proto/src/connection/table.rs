//! The life of a connection as tables, one for each end.

use crate::rules::{both, only_v5};
use crate::table::{closed_set, machine};

closed_set! {
    /// Where a client stands.
    ClientState {
        /// There is no transport.
        Closed = "closed",
        /// CONNECT is out.
        AwaitConnAck = "await CONNACK",
        /// Accepted.
        Connected = "connected",
        /// [`ClientEvent::Close`](crate::ClientEvent::Close) is out; nothing happens until
        /// [`Client::handle_close`](crate::Client::handle_close).
        Closing = "closing",
    }
}

closed_set! {
    /// What can happen to a client's connection.
    ClientInput {
        /// The transport is up.
        Opened = "transport up",
        /// CONNACK said yes.
        Accepted = "CONNACK 0x00",
        /// CONNACK said no.
        Refused = "CONNACK refuses",
        /// AUTH, either way.
        Authenticate = "AUTH",
        /// The server's DISCONNECT.
        Disconnected = "DISCONNECT",
        /// The server broke a rule, or was silent for too long.
        Fault = "fault or silence",
        /// The client's user has enough.
        Leave = "leave",
        /// The transport is gone.
        TransportGone = "transport gone",
    }
}

closed_set! {
    /// What a client does about it.
    ClientAction {
        /// CONNECT.
        SendConnect = "send CONNECT",
        /// Go on with the session, or begin one; send what waits.
        Resume = "resume or begin session",
        /// The exchange goes on.
        GoOn = "go on",
        /// Close the transport.
        Close = "close",
        /// DISCONNECT that says why if the version has it, and close.
        SayWhyAndClose = "5.0: send DISCONNECT; close" / "close" / "send DISCONNECT, close",
        /// DISCONNECT, and close.
        LeaveAndClose = "send DISCONNECT, close",
        /// Keep the session, or forget it if it ends with its connection.
        KeepOrForget = "keep or forget session",
        /// Nothing.
        Ignore = "ignore",
        /// The caller's mistake.
        RefuseCaller = "refuse the caller",
    }
}

machine! {
    /// A client's connection.
    #[doc = concat!("```text\n", include_str!("client.txt"), "```")]
    CLIENT(ClientState, ClientInput, ClientAction) {
        Closed + Opened => SendConnect, AwaitConnAck, both!("MQTT-3.1.0-1", "MQTT-3.1.0-1");
        Closed + Accepted => Ignore, Closed;
        Closed + Refused => Ignore, Closed;
        Closed + Authenticate => Ignore, Closed => OnlyV5;
        Closed + Disconnected => Ignore, Closed;
        Closed + Fault => Ignore, Closed;
        Closed + Leave => RefuseCaller, Closed;
        Closed + TransportGone => Ignore, Closed;

        AwaitConnAck + Opened => RefuseCaller, AwaitConnAck;
        AwaitConnAck + Accepted => Resume, Connected, both!("MQTT-3.1.4-4", "MQTT-3.1.4-5");
        AwaitConnAck + Refused => Close, Closing, both!("MQTT-3.2.2-5", "MQTT-3.2.2-7");
        AwaitConnAck + Authenticate => GoOn, AwaitConnAck, only_v5!("MQTT-4.12.0-3") => OnlyV5;
        AwaitConnAck + Disconnected => Close, Closing, both!("MQTT-3.2.0-1", "MQTT-3.14.0-1");
        AwaitConnAck + Fault => Close, Closing, both!("MQTT-4.8.0-1", "MQTT-4.13.2-1");
        AwaitConnAck + Leave => LeaveAndClose, Closing, both!("MQTT-3.14.4-1", "MQTT-3.14.4-2");
        AwaitConnAck + TransportGone => KeepOrForget, Closed, both!("MQTT-3.1.2-4", "MQTT-3.1.2-23");

        Connected + Opened => RefuseCaller, Connected;
        Connected + Accepted => SayWhyAndClose, Closing, both!("MQTT-4.8.0-1", "MQTT-3.2.0-2");
        Connected + Refused => SayWhyAndClose, Closing, both!("MQTT-4.8.0-1", "MQTT-3.2.0-2");
        Connected + Authenticate => GoOn, Connected, only_v5!("MQTT-4.12.1-1") => OnlyV5;
        Connected + Disconnected => Close, Closing, only_v5!("MQTT-4.13.2-1");
        Connected + Fault => SayWhyAndClose, Closing, both!("MQTT-4.8.0-1", "MQTT-4.13.2-1");
        Connected + Leave => LeaveAndClose, Closing, both!("MQTT-3.14.4-1", "MQTT-3.14.4-2");
        Connected + TransportGone => KeepOrForget, Closed, both!("MQTT-3.1.2-4", "MQTT-3.1.2-23");

        Closing + Opened => RefuseCaller, Closing;
        Closing + Accepted => Ignore, Closing;
        Closing + Refused => Ignore, Closing;
        Closing + Authenticate => Ignore, Closing => OnlyV5;
        Closing + Disconnected => Ignore, Closing;
        Closing + Fault => Ignore, Closing;
        Closing + Leave => RefuseCaller, Closing;
        Closing + TransportGone => KeepOrForget, Closed, both!("MQTT-3.1.2-4", "MQTT-3.1.2-23");
    }
}

closed_set! {
    /// Where a server's connection stands.
    ServerState {
        /// Nothing has come yet.
        AwaitConnect = "await CONNECT",
        /// The server has not decided about CONNECT yet.
        AwaitDecision = "await decision",
        /// The client's next AUTH decides about its CONNECT.
        AwaitAuth = "await AUTH",
        /// Accepted.
        Connected = "connected",
        /// [`Effect::Close`](crate::Effect::Close) is out; nothing more happens.
        Closed = "closed",
    }
}

closed_set! {
    /// What can happen to a server's connection.
    ServerInput {
        /// CONNECT.
        Connect = "CONNECT",
        /// The server says yes.
        Accept = "accept",
        /// The server says no.
        Refuse = "refuse",
        /// The server asks for more, or completes a re-authentication.
        AskMore = "send AUTH",
        /// AUTH from the client.
        Auth = "AUTH",
        /// The client's DISCONNECT.
        Disconnected = "DISCONNECT",
        /// The client broke a rule, or was silent for too long.
        Fault = "fault or silence",
        /// The server has enough.
        End = "end",
        /// The transport is gone.
        TransportGone = "transport gone",
    }
}

closed_set! {
    /// What a server's connection does about it.
    ServerAction {
        /// Ask the server.
        Ask = "ask the server",
        /// CONNACK; go on with the session, or begin it.
        SendConnAck = "send CONNACK, resume or begin",
        /// CONNACK that says why, in 3.1.1 with a return code of 1 to 5, and close.
        RefuseAndClose = "send CONNACK that refuses, close"
            / "send CONNACK 1 to 5, close"
            / "send CONNACK 0x80+, close",
        /// CONNACK that says why if the version lets it, and close. 3.1.1 closes without a word, unless the protocol level is what
        /// is wrong: that it answers with return code 1 (MQTT-3.1.2-2).
        FailAndClose = "5.0: send CONNACK 0x80+; close"
            / "close; CONNACK 1 only for a wrong level"
            / "send CONNACK 0x80+, close",
        /// AUTH.
        SendAuth = "send AUTH",
        /// Close the transport.
        Close = "close",
        /// DISCONNECT that says why if the version has it, and close.
        SayWhyAndClose = "5.0: send DISCONNECT; close" / "close" / "send DISCONNECT, close",
        /// What is in flight stays in the session.
        Suspend = "suspend session",
        /// Nothing.
        Ignore = "ignore",
        /// The server's own mistake.
        RefuseCaller = "refuse the caller",
    }
}

machine! {
    /// A server's connection.
    #[doc = concat!("```text\n", include_str!("server.txt"), "```")]
    SERVER(ServerState, ServerInput, ServerAction) {
        AwaitConnect + Connect => Ask, AwaitDecision, both!("MQTT-3.1.0-1", "MQTT-3.1.0-1");
        AwaitConnect + Accept => RefuseCaller, AwaitConnect;
        AwaitConnect + Refuse => RefuseCaller, AwaitConnect;
        AwaitConnect + AskMore => RefuseCaller, AwaitConnect => OnlyV5;
        AwaitConnect + Auth => Close, Closed, both!("MQTT-3.1.0-1", "MQTT-3.1.0-1") => OnlyV5;
        AwaitConnect + Disconnected => Close, Closed, both!("MQTT-3.1.0-1", "MQTT-3.1.0-1");
        AwaitConnect + Fault => FailAndClose, Closed, both!("MQTT-3.1.4-1", "MQTT-3.1.4-1");
        AwaitConnect + End => Close, Closed;
        AwaitConnect + TransportGone => Suspend, Closed;

        AwaitDecision + Connect => Ignore, AwaitDecision;
        AwaitDecision + Accept => SendConnAck, Connected, both!("MQTT-3.1.4-4", "MQTT-3.1.4-5");
        AwaitDecision + Refuse => RefuseAndClose, Closed, both!("MQTT-3.2.2-5", "MQTT-3.2.2-7");
        AwaitDecision + AskMore => SendAuth, AwaitAuth, only_v5!("MQTT-4.12.0-2") => OnlyV5;
        AwaitDecision + Auth => Ignore, AwaitDecision => OnlyV5;
        AwaitDecision + Disconnected => Ignore, AwaitDecision;
        AwaitDecision + Fault => FailAndClose, Closed, both!("MQTT-3.1.4-1", "MQTT-3.1.4-1");
        AwaitDecision + End => Close, Closed;
        AwaitDecision + TransportGone => Suspend, Closed;

        AwaitAuth + Connect => FailAndClose, Closed, only_v5!("MQTT-3.1.2-30") => OnlyV5;
        AwaitAuth + Accept => RefuseCaller, AwaitAuth => OnlyV5;
        AwaitAuth + Refuse => RefuseCaller, AwaitAuth => OnlyV5;
        AwaitAuth + AskMore => RefuseCaller, AwaitAuth => OnlyV5;
        AwaitAuth + Auth => Ask, AwaitDecision, only_v5!("MQTT-4.12.0-3") => OnlyV5;
        AwaitAuth + Disconnected => Close, Closed => OnlyV5;
        AwaitAuth + Fault => FailAndClose, Closed, only_v5!("MQTT-3.1.2-30") => OnlyV5;
        AwaitAuth + End => Close, Closed => OnlyV5;
        AwaitAuth + TransportGone => Suspend, Closed => OnlyV5;

        Connected + Connect => SayWhyAndClose, Closed, both!("MQTT-3.1.0-2", "MQTT-3.1.0-2");
        Connected + Accept => RefuseCaller, Connected;
        Connected + Refuse => RefuseCaller, Connected;
        Connected + AskMore => SendAuth, Connected, only_v5!("MQTT-4.12.1-1") => OnlyV5;
        Connected + Auth => Ask, Connected, only_v5!("MQTT-4.12.1-1") => OnlyV5;
        Connected + Disconnected => Close, Closed, both!("MQTT-3.14.4-3", "MQTT-3.14.4-3");
        Connected + Fault => SayWhyAndClose, Closed, both!("MQTT-4.8.0-1", "MQTT-4.13.1-1");
        Connected + End => SayWhyAndClose, Closed, only_v5!("MQTT-3.14.4-2");
        Connected + TransportGone => Suspend, Closed, both!("MQTT-4.1.0-1", "MQTT-3.1.2-23");

        Closed + Connect => Ignore, Closed;
        Closed + Accept => RefuseCaller, Closed;
        Closed + Refuse => RefuseCaller, Closed;
        Closed + AskMore => RefuseCaller, Closed => OnlyV5;
        Closed + Auth => Ignore, Closed => OnlyV5;
        Closed + Disconnected => Ignore, Closed;
        Closed + Fault => Ignore, Closed;
        Closed + End => RefuseCaller, Closed;
        Closed + TransportGone => Suspend, Closed;
    }
}
