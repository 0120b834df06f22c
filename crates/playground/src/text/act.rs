//! What a user can do, and what the page says to it.

use crate::map::Node;
use crate::menu::Target;
use crate::story::{Flight, Position, Story};
use crate::work::{Refusal, Work};
use device::Input;
use sim::scenario::{Action, NodeAction};

/// Menu: starts a node.
pub const SWITCH_ON: &str = "Switch on";
/// What that means.
pub const SWITCH_ON_NOTE: &str = "it starts again with what it has stored";
/// Menu: a form.
pub const PUBLISH: &str = "Publish…";
/// What that means.
pub const PUBLISH_NOTE: &str = "send a message to a topic";
/// Menu: a form.
pub const SUBSCRIBE: &str = "Subscribe…";
/// What that means.
pub const SUBSCRIBE_NOTE: &str = "ask for the messages of a filter";
/// Menu: a form.
pub const UNSUBSCRIBE: &str = "Unsubscribe…";
/// What that means.
pub const UNSUBSCRIBE_NOTE: &str = "ask for them no longer";
/// Menu.
pub const DISCONNECT: &str = "Disconnect cleanly";
/// What that means.
pub const DISCONNECT_NOTE: &str = "sends DISCONNECT, then closes";
/// Menu.
pub const CONNECT: &str = "Connect";
/// What that means.
pub const CONNECT_NOTE: &str = "dials the broker";
/// Menu, for a device.
pub const PULL_BATTERY: &str = "Pull the battery";
/// Menu, for the broker.
pub const POWER_OFF: &str = "Power off";
/// What that means.
pub const POWER_OFF_NOTE: &str = "gone at once; nobody is told";
/// Menu.
pub const RESTART: &str = "Restart the program";
/// What that means.
pub const RESTART_NOTE: &str = "crashes, and is back after 1 s";
/// Menu, for a link.
pub const CUT: &str = "Cut";
/// What that means.
pub const CUT_NOTE: &str = "both ends learn it; it stays cut";
/// Menu, for a link.
pub const CUT_SHORT: &str = "Cut for 2 s";
/// What that means.
pub const CUT_SHORT_NOTE: &str = "both ends learn it, then it works again";
/// Menu, for a link.
pub const SILENCE: &str = "Silence";
/// What that means.
pub const SILENCE_NOTE: &str = "nothing arrives; nobody is told";
/// Menu, for a link that is cut or silent.
pub const RESTORE: &str = "Restore";
/// What that means.
pub const RESTORE_NOTE: &str = "it carries packets again";
/// Menu, for a link as drawings have it.
pub const LOSE: &str = "Lose what is on it";
/// What that means.
pub const LOSE_NOTE: &str = "only drawn networks do this; TCP does not";
/// Menu, for a link as drawings have it.
pub const DOUBLE: &str = "Double what is on it";
/// What that means.
pub const DOUBLE_NOTE: &str = "it arrives twice; TCP does not do this";
/// Menu, for a packet.
pub const CUT_UNDER: &str = "Cut the link now";
/// What that means.
pub const CUT_UNDER_NOTE: &str = "this packet is lost; the link is back after 2 s";
/// Menu, for a packet.
pub const HOLD: &str = "Hold it";
/// What that means.
pub const HOLD_NOTE: &str = "it waits on the wire; nobody is told";
/// Menu, for a packet that waits.
pub const RELEASE: &str = "Release";
/// What that means.
pub const RELEASE_NOTE: &str = "what waits on the link goes on";

/// The name of the future in which nobody did anything.
pub const AS_PLANNED: &str = "as planned";
/// There is no room for more acts.
pub const TOO_MANY_ACTS: &str =
    "This run has as many acts as it can hold (200). Undo some, or start the scenario anew.";
/// The world refused the act.
pub const CANNOT_ACT: &str = "That cannot be done here.";

/// Why a topic name is refused.
#[must_use]
pub fn bad_topic(fault: &str) -> String {
    format!("Not a topic name: {fault}. Example: robot/move")
}

/// Why a filter is refused.
#[must_use]
pub fn bad_filter(fault: &str) -> String {
    format!("Not a topic filter: {fault}. Example: robot/+")
}

/// A link's name.
#[must_use]
pub fn link(a: &str, b: &str) -> String {
    format!("link {a} – {b}")
}

/// The element of an entry of the open menu.
#[must_use]
pub fn menu_item_id(entry: usize) -> String {
    format!("entry-{entry}")
}

/// The element of a form's first field.
pub const FORM_TOPIC_ID: &str = "form-topic";

/// A field.
pub const FORM_TOPIC: &str = "Topic";
/// A field.
pub const FORM_FILTER: &str = "Topic filter";
/// A field.
pub const FORM_PAYLOAD: &str = "Message";
/// A choice.
pub const FORM_QOS: &str = "QoS";
/// A choice.
pub const FORM_RETAIN: &str = "retain";
/// A button.
pub const FORM_PUBLISH: &str = "Publish";
/// A button.
pub const FORM_SUBSCRIBE: &str = "Subscribe";
/// A button.
pub const FORM_UNSUBSCRIBE: &str = "Unsubscribe";

/// What a menu is about, and how that is.
#[must_use]
pub fn target(
    story: &Story,
    target: Target,
    position: Position,
    nodes: &[Node],
) -> (String, String) {
    match target {
        Target::Node(lane) => (
            story.name(lane).to_owned(),
            nodes
                .get(lane)
                .map_or_else(String::new, |node| node.facts.join(" · ")),
        ),
        Target::Wire(wire) => (
            wire_name(story, wire),
            super::wire_state(story, wire, position).join(" · "),
        ),
        Target::Packet(step) => {
            story
                .flight_of(step)
                .map_or_else(Default::default, |(_, flight)| {
                    let ends = format!(
                        "{} to {}, on its way",
                        story.name(flight.from),
                        story.name(flight.to)
                    );
                    (flight.face.title(), ends)
                })
        }
    }
}

fn wire_name(story: &Story, wire: usize) -> String {
    story.wires.get(wire).map_or_else(String::new, |wire| {
        link(story.name(wire.client), story.name(wire.broker))
    })
}

/// A link on the map for those who do not see it.
#[must_use]
pub fn wire_sentence(story: &Story, wire: usize, lines: &[String]) -> String {
    format!("{}, {}", wire_name(story, wire), lines.join(", "))
}

/// A packet on the map for those who do not see it.
#[must_use]
pub fn parcel(story: &Story, flight: &Flight) -> String {
    format!(
        "{} on its way from {} to {}",
        flight.face.title(),
        story.name(flight.from),
        story.name(flight.to)
    )
}

/// The name of a future: a letter, and what made it.
#[must_use]
pub(crate) fn future(number: usize, work: &Work) -> String {
    let letter = u8::try_from(number).map_or('Z', |it| char::from(b'A'.saturating_add(it)));
    match work.acts.split_last() {
        None => format!("{letter}: {AS_PLANNED}"),
        Some((last, before)) => {
            let more = if before.is_empty() {
                String::new()
            } else {
                format!(" (+{})", before.len())
            };
            format!("{letter}: {}{more}", act(last.at.as_micros(), &last.action))
        }
    }
}

/// An act in a few words, with its time.
#[must_use]
pub fn act(micros: u64, action: &Action) -> String {
    format!("{} s: {}", super::clock(micros), done(action))
}

/// What was done, in a few words.
#[must_use]
pub fn done(action: &Action) -> String {
    let for_a_while = |span: &Option<mqtt_proto::Duration>| {
        span.map_or_else(String::new, |span| {
            format!(" for {}", super::seconds_short(span.as_micros()))
        })
    };
    match action {
        Action::Cut { a, b, span, .. } => format!("{} cut{}", link(a, b), for_a_while(span)),
        Action::Silence { a, b, toward, .. } => {
            let toward = toward.as_ref().map(|it| format!(" toward {it}"));
            format!("{} silent{}", link(a, b), toward.unwrap_or_default())
        }
        Action::Lose { a, b } => format!("{} loses its packets", link(a, b)),
        Action::Stall {
            a, toward, span, ..
        } => {
            let reader = toward.as_ref().unwrap_or(a);
            format!("{reader} reads slowly{}", for_a_while(span))
        }
        Action::Hold { a, b, toward, span } => {
            let toward = toward.as_ref().map(|it| format!(" toward {it}"));
            let toward = toward.unwrap_or_default();
            format!("{} held{toward}{}", link(a, b), for_a_while(span))
        }
        Action::Release { a, b } => format!("{} released", link(a, b)),
        Action::Double { a, b } => format!("{} doubles its packets", link(a, b)),
        Action::Restore { a, b } => format!("{} restored", link(a, b)),
        Action::Node { node, act } => match act {
            NodeAction::Connect => format!("{node} connects"),
            NodeAction::Disconnect => format!("{node} disconnects"),
            NodeAction::Publish { topic, qos, .. } => {
                format!(
                    "{node} publishes to {} at QoS {}",
                    topic.as_str(),
                    qos.bits()
                )
            }
            NodeAction::Subscribe(wanted) => {
                let filter = wanted.filter.as_str();
                format!(
                    "{node} subscribes to {filter} at QoS {}",
                    wanted.options.qos.bits()
                )
            }
            NodeAction::Unsubscribe { filter } => {
                format!("{node} unsubscribes from {}", filter.as_str())
            }
            NodeAction::SendRaw(bytes) => {
                format!("{node} sends {}", super::count(bytes.len(), "raw byte"))
            }
            NodeAction::Input(input) => match input {
                Input::Press => format!("the button of {node} is pressed"),
                Input::Heat { .. } => format!("{node} gets another temperature"),
                Input::Break => format!("the window of {node} breaks"),
                Input::Mend => format!("the window of {node} is mended"),
                Input::Switch { on: true } => format!("{node} is switched to on"),
                Input::Switch { on: false } => format!("{node} is switched to off"),
            },
            NodeAction::PowerOff { .. } => format!("{node} loses power"),
            NodeAction::PowerOn => format!("{node} is switched on"),
            NodeAction::Crash { .. } => format!("{node} crashes"),
        },
    }
}

/// What is said after an act.
#[must_use]
pub fn acted(what: &str) -> String {
    format!("{}. The run before it is kept.", capitalised(what))
}

/// What is said after an act was taken back.
#[must_use]
pub fn undone(what: &str) -> String {
    format!("Undone: {what}.")
}

/// What is said after an act was done again.
#[must_use]
pub fn redone(what: &str) -> String {
    format!("Done again: {what}.")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Why a kept or shared work is not shown.
#[must_use]
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotOurs => "this is no work of the MQTT Playground".to_owned(),
        Refusal::Newer => {
            "it was made with a newer version of this page: reload the page to get it".to_owned()
        }
        Refusal::UnknownScenario(name) => {
            let name: String = name.chars().take(40).collect();
            format!("it builds on the scenario “{name}”, which this page does not have")
        }
        Refusal::Changed(title) => {
            format!(
                "it builds on another edition of “{title}”, where the same act may mean something else"
            )
        }
        Refusal::World(fault) => format!("the world in it cannot be read: {fault}"),
        Refusal::Damaged => "it is damaged: part of it is missing or changed".to_owned(),
        Refusal::TooLong => "it is too long".to_owned(),
        Refusal::TooMany => {
            "you have as many worlds of your own as this page keeps: remove one in the sandbox"
                .to_owned()
        }
    }
}

/// A kept work cannot be taken up.
#[must_use]
pub fn not_resumed(why: &Refusal) -> String {
    format!(
        "What you did here last time cannot be shown: {}. The scenario starts anew.",
        refusal(why)
    )
}

/// A button.
pub const SHARE: &str = "Copy link";
/// Its tooltip.
pub const SHARE_TITLE: &str = "Copy a link to this exact moment";
/// A link is in the clipboard.
pub const LINK_COPIED: &str =
    "Link copied. It opens this scenario with everything done to it, at this moment.";
/// No link can be made.
pub const CANNOT_SHARE: &str = "This browser cannot make links to a moment: it needs one of 2023 or later. Your work is kept in this browser all the same.";
/// A shared link was opened.
pub const LINK_OPENED: &str = "This is the moment that was shared. Undo goes back to yours.";
/// What undo takes back after a shared link was opened.
pub const SHARED_LINK: &str = "opening the shared link";

/// The link, where the browser does not let the page reach the clipboard.
#[must_use]
pub fn link_by_hand(link: &str) -> String {
    format!("The browser does not give the clipboard to this page. The link: {link}")
}

/// A shared link cannot be opened.
#[must_use]
pub fn not_opened(why: &Refusal) -> String {
    format!(
        "The link was not opened: {}. Your own work is as it was.",
        refusal(why)
    )
}
