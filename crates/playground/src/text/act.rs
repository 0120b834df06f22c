//! What a user can do, and what the page says to it.

use super::language::phrases;
use super::{Language, Phrase, RAW_BYTES, count, quoted};
use crate::map::Node;
use crate::memo::Shared;
use crate::menu::Target;
use crate::payload::shown;
use crate::story::{Flight, Position, Story};
use crate::work::{Origin, Refusal, Work};
use device::Input;
use mqtt_proto::types::{FIELD_MAX_BYTES, TextFault};
use sim::scenario::{Action, NodeAction, Outside};

phrases! {
    /// Over the map, until somebody has done so.
    MAP_HINT: "Press a link to cut it", "Leitung antippen: kappen";
    /// Menu: starts a node.
    SWITCH_ON: "Switch on", "Einschalten";
    /// What that means.
    SWITCH_ON_NOTE: "it starts again with what it has stored", "startet neu mit dem, was gespeichert ist";
    /// Menu: somebody presses the button of a board's twin.
    PRESS_BUTTON: "Press its button", "Taste drücken";
    /// Menu: somebody switches the lamp of a board's twin.
    LAMP_ON: "Turn its lamp on", "Lampe anschalten";
    /// The other way.
    LAMP_OFF: "Turn its lamp off", "Lampe ausschalten";
    /// Menu: somebody breaks the window of a board's twin.
    BREAK_WINDOW: "Break its window", "Fenster zerbrechen";
    /// The other way.
    MEND_WINDOW: "Mend its window", "Fenster reparieren";
    /// What that means.
    BY_HAND_NOTE: "as somebody does at the board", "wie jemand, der am Board steht";
    /// Menu: a form.
    PUBLISH: "Publish…", "Veröffentlichen …";
    /// What that means.
    PUBLISH_NOTE: "send a message to a topic", "eine Nachricht an ein Topic senden";
    /// Menu: a form.
    SUBSCRIBE: "Subscribe…", "Abonnieren …";
    /// What that means.
    SUBSCRIBE_NOTE: "ask for the messages of a filter", "die Nachrichten eines Filters verlangen";
    /// Menu: a form.
    UNSUBSCRIBE: "Unsubscribe…", "Abonnement beenden …";
    /// What that means.
    UNSUBSCRIBE_NOTE: "ask for them no longer", "sie nicht mehr verlangen";
    /// Menu.
    DISCONNECT: "Disconnect cleanly", "Sauber abmelden";
    /// What that means.
    DISCONNECT_NOTE: "sends DISCONNECT, then closes", "sendet DISCONNECT und schließt dann";
    /// Menu.
    CONNECT: "Connect", "Verbinden";
    /// What that means.
    CONNECT_NOTE: "dials the broker", "ruft den Broker an";
    /// Menu, for a device.
    PULL_BATTERY: "Pull the battery", "Batterie herausziehen";
    /// Menu, for the broker.
    POWER_OFF: "Power off", "Strom abschalten";
    /// What that means.
    POWER_OFF_NOTE: "gone at once; nobody is told", "sofort weg; niemand erfährt es";
    /// Menu.
    RESTART: "Restart the program", "Programm neu starten";
    /// What that means.
    RESTART_NOTE: "crashes, and is back after 1 s", "stürzt ab und ist nach 1 s zurück";
    /// Menu, for a link.
    CUT: "Cut", "Kappen";
    /// What that means.
    CUT_NOTE: "both ends learn it; it stays cut", "beide Enden merken es; sie bleibt gekappt";
    /// Menu, for a link.
    CUT_SHORT: "Cut for 2 s", "Für 2 s kappen";
    /// What that means.
    CUT_SHORT_NOTE: "both ends learn it, then it works again", "beide Enden merken es, dann geht sie wieder";
    /// Menu, for a link.
    SILENCE: "Silence", "Stumm schalten";
    /// What that means.
    SILENCE_NOTE: "nothing arrives; nobody is told", "nichts kommt an; niemand erfährt es";
    /// Menu, for a link that is cut or silent.
    RESTORE: "Restore", "Wiederherstellen";
    /// What that means.
    RESTORE_NOTE: "it carries packets again", "sie trägt wieder Pakete";
    /// Menu, for a link as drawings have it.
    LOSE: "Lose what is on it", "Verlieren, was darauf ist";
    /// What that means.
    LOSE_NOTE: "only drawn networks do this; TCP does not", "das tun nur gezeichnete Netze; TCP nicht";
    /// Menu, for a link as drawings have it.
    DOUBLE: "Double what is on it", "Verdoppeln, was darauf ist";
    /// What that means.
    DOUBLE_NOTE: "it arrives twice; TCP does not do this", "es kommt zweimal an; TCP tut das nicht";
    /// Menu, for a packet.
    CUT_UNDER: "Cut the link now", "Leitung jetzt kappen";
    /// What that means.
    CUT_UNDER_NOTE: "this packet is lost; the link is back after 2 s", "dieses Paket geht verloren; die Leitung ist nach 2 s zurück";
    /// Menu, for a packet.
    HOLD: "Hold it", "Anhalten";
    /// What that means.
    HOLD_NOTE: "it waits on the wire; nobody is told", "es wartet auf der Leitung; niemand erfährt es";
    /// Menu, for a packet that waits.
    RELEASE: "Release", "Freigeben";
    /// What that means.
    RELEASE_NOTE: "what waits on the link goes on", "was auf der Leitung wartet, geht weiter";

    /// The name of the future in which nobody did anything.
    AS_PLANNED: "as planned", "wie geplant";
    /// There is no room for more acts.
    TOO_MANY_ACTS: "This run has as many acts as it can hold (200). Undo some, or start the scenario anew.",
        "Mehr als 200 Eingriffe fasst dieser Lauf nicht. Einige rückgängig machen oder das Szenario neu beginnen.";
    /// The world refused the act.
    CANNOT_ACT: "That cannot be done here.", "Das geht hier nicht.";

    /// A field.
    FORM_TOPIC: "Topic", "Topic";
    /// A field.
    FORM_FILTER: "Topic filter", "Topic-Filter";
    /// A field.
    FORM_PAYLOAD: "Message", "Nachricht";
    /// A choice.
    FORM_QOS: "QoS", "QoS";
    /// A choice.
    FORM_RETAIN: "retain", "zurückbehalten (retain)";
    /// A button.
    FORM_PUBLISH: "Publish", "Veröffentlichen";
    /// A button.
    FORM_SUBSCRIBE: "Subscribe", "Abonnieren";
    /// A button.
    FORM_UNSUBSCRIBE: "Unsubscribe", "Abonnement beenden";

    /// A button.
    SHARE: "Copy link", "Link kopieren";
    /// Its tooltip.
    SHARE_TITLE: "Copy a link to this exact moment", "Einen Link auf genau diesen Moment kopieren";
    /// A link is in the clipboard.
    LINK_COPIED: "Link copied. It opens this scenario with everything done to it, at this moment.",
        "Link kopiert. Er öffnet dieses Szenario mit allen Eingriffen, in diesem Moment.";
    /// No link can be made.
    CANNOT_SHARE: "There is no link: either this browser is older than 2023, or the work is too large for an address. Save it as a file instead; in this browser it is kept anyway.",
        "Es gibt keinen Link: Entweder ist dieser Browser älter als 2023, oder die Arbeit ist zu groß für eine Adresse. Als Datei lässt sie sich speichern; in diesem Browser bleibt sie ohnehin erhalten.";
    /// What undo takes back after a shared link was opened.
    SHARED_LINK: "opening the shared link", "das Öffnen des geteilten Links";
}

/// What is said when a work from elsewhere was opened: a world that is the user's own now, or a moment, in the place of what the
/// user had done there.
pub(crate) const fn opened(from: Origin, is_own: bool, had_acts: bool) -> Phrase {
    let (en, de) = match (from, is_own, had_acts) {
        (Origin::Link, _, true) => (
            "This is the moment that was shared. Undo goes back to yours.",
            "Das ist der Moment, der geteilt wurde. Rückgängig führt zum eigenen zurück.",
        ),
        (Origin::Link, false, false) => (
            "This is the moment that was shared.",
            "Das ist der Moment, der geteilt wurde.",
        ),
        (Origin::Link, true, false) => (
            "This world was shared with you. It is among yours now, under “Lessons” and under “Sandbox”: change it as you like.",
            "Diese Welt wurde geteilt. Sie steht jetzt bei den eigenen, unter „Kurs“ und unter „Sandbox“, und lässt sich beliebig ändern.",
        ),
        (Origin::File, _, true) => (
            "This is the moment that was saved. Undo goes back to yours.",
            "Das ist der gespeicherte Moment. „Rückgängig“ führt zum eigenen zurück.",
        ),
        (Origin::File, false, false) => (
            "This is the moment that was saved.",
            "Das ist der gespeicherte Moment.",
        ),
        (Origin::File, true, false) => (
            "This is the world that was saved. It is among yours now, under “Lessons” and under “Sandbox”: change it as you like.",
            "Das ist die gespeicherte Welt. Sie steht jetzt bei den eigenen, unter „Kurs“ und unter „Sandbox“, und lässt sich beliebig ändern.",
        ),
    };
    Phrase { en, de }
}

/// The element of a form's first field.
pub const FORM_TOPIC_ID: &str = "form-topic";

/// What is wrong with a topic name or a filter, and where.
fn text_fault(language: Language, fault: TextFault) -> String {
    match language {
        Language::English => fault.to_string(),
        Language::German => match fault {
            TextFault::TooLong => format!("länger als {FIELD_MAX_BYTES} Byte"),
            TextFault::NotUtf8 { valid_up_to } => format!("kein UTF-8 ab Byte {valid_up_to}"),
            TextFault::Nul { at } => format!("U+0000 bei Byte {at}"),
            TextFault::Empty => "ein Topic hat mindestens ein Zeichen".to_owned(),
            TextFault::Wildcard { at } => {
                format!("ein Topic-Name hat keinen Platzhalter wie bei Byte {at}")
            }
            TextFault::MisplacedWildcard { at } => {
                format!("der Platzhalter bei Byte {at} füllt keine Ebene oder steht nicht am Ende")
            }
            TextFault::Share => "nicht $share/Name/Filter".to_owned(),
        },
    }
}

/// Why a topic name is refused.
#[must_use]
pub fn bad_topic(language: Language, fault: TextFault) -> String {
    let fault = text_fault(language, fault);
    match language {
        Language::English => format!("Not a topic name: {fault}. Example: robot/move"),
        Language::German => format!("Kein Topic-Name: {fault}. Beispiel: robot/move"),
    }
}

/// Why a filter is refused.
#[must_use]
pub fn bad_filter(language: Language, fault: TextFault) -> String {
    let fault = text_fault(language, fault);
    match language {
        Language::English => format!("Not a topic filter: {fault}. Example: robot/+"),
        Language::German => format!("Kein Topic-Filter: {fault}. Beispiel: robot/+"),
    }
}

/// A link's name.
#[must_use]
pub fn link(language: Language, a: &str, b: &str) -> String {
    match language {
        Language::English => format!("link {a} – {b}"),
        Language::German => format!("Leitung {a} – {b}"),
    }
}

/// The element of an entry of the open menu.
#[must_use]
pub fn menu_item_id(entry: usize) -> String {
    format!("entry-{entry}")
}

/// What a menu is about, and how that is.
#[must_use]
pub fn target(
    language: Language,
    story: &Story,
    target: Target,
    position: Position,
    nodes: &[Shared<Node>],
) -> (String, String) {
    match target {
        Target::Node(lane) => (
            story.name(lane).to_owned(),
            nodes
                .get(lane)
                .map_or_else(String::new, |node| node.facts.join(" · ")),
        ),
        Target::Wire(wire) => (
            wire_name(language, story, wire),
            super::wire_state(language, story, wire, position).join(" · "),
        ),
        Target::Packet(step) => {
            story
                .flight_of(step)
                .map_or_else(Default::default, |(_, flight)| {
                    let (from, to) = (story.name(flight.from), story.name(flight.to));
                    let ends = match language {
                        Language::English => format!("{from} to {to}, on its way"),
                        Language::German => format!("{from} an {to}, unterwegs"),
                    };
                    (flight.face.title(), ends)
                })
        }
    }
}

fn wire_name(language: Language, story: &Story, wire: usize) -> String {
    story.wires.get(wire).map_or_else(String::new, |wire| {
        link(language, story.name(wire.client), story.name(wire.broker))
    })
}

/// A link on the map for those who do not see it.
#[must_use]
pub fn wire_sentence(language: Language, story: &Story, wire: usize, lines: &[String]) -> String {
    format!("{}, {}", wire_name(language, story, wire), lines.join(", "))
}

/// A packet on the map for those who do not see it.
#[must_use]
pub fn parcel(language: Language, story: &Story, flight: &Flight) -> String {
    let title = flight.face.title();
    let (from, to) = (story.name(flight.from), story.name(flight.to));
    match language {
        Language::English => format!("{title} on its way from {from} to {to}"),
        Language::German => format!("{title} unterwegs von {from} an {to}"),
    }
}

/// The name of a future: a letter, and what made it.
#[must_use]
pub(crate) fn future(language: Language, number: usize, work: &Work) -> String {
    let letter = u8::try_from(number).map_or('Z', |it| char::from(b'A'.saturating_add(it)));
    match work.acts.split_last() {
        None => format!("{letter}: {}", AS_PLANNED.to(language)),
        Some((last, before)) => {
            let more = if before.is_empty() {
                String::new()
            } else {
                format!(" (+{})", before.len())
            };
            let act = act(language, last.at.as_micros(), &last.action);
            format!("{letter}: {act}{more}")
        }
    }
}

/// An act in a few words, with its time.
#[must_use]
pub fn act(language: Language, micros: u64, action: &Action) -> String {
    let clock = super::clock(language, micros);
    format!("{clock} s: {}", done(language, action))
}

/// What was done, in a few words.
#[must_use]
pub fn done(language: Language, action: &Action) -> String {
    let link = |a: &str, b: &str| link(language, a, b);
    let for_a_while = |span: &Option<mqtt_proto::Duration>| {
        span.map_or_else(String::new, |span| {
            let span = super::seconds_short(language, span.as_micros());
            match language {
                Language::English => format!(" for {span}"),
                Language::German => format!(" für {span}"),
            }
        })
    };
    let toward = |toward: &Option<String>| {
        toward
            .as_ref()
            .map_or_else(String::new, |it| match language {
                Language::English => format!(" toward {it}"),
                Language::German => format!(" in Richtung {it}"),
            })
    };
    match (action, language) {
        (Action::Cut { a, b, span, .. }, Language::English) => {
            format!("{} cut{}", link(a, b), for_a_while(span))
        }
        (Action::Cut { a, b, span, .. }, Language::German) => {
            format!("{}{} gekappt", link(a, b), for_a_while(span))
        }
        (
            Action::Silence {
                a, b, toward: to, ..
            },
            Language::English,
        ) => {
            format!("{} silent{}", link(a, b), toward(to))
        }
        (
            Action::Silence {
                a, b, toward: to, ..
            },
            Language::German,
        ) => {
            format!("{}{} stumm", link(a, b), toward(to))
        }
        (Action::Lose { a, b }, Language::English) => format!("{} loses its packets", link(a, b)),
        (Action::Lose { a, b }, Language::German) => {
            format!("{} verliert ihre Pakete", link(a, b))
        }
        (
            Action::Stall {
                a,
                toward: to,
                span,
                ..
            },
            Language::English,
        ) => {
            let reader = to.as_ref().unwrap_or(a);
            format!("{reader} reads slowly{}", for_a_while(span))
        }
        (
            Action::Stall {
                a,
                toward: to,
                span,
                ..
            },
            Language::German,
        ) => {
            let reader = to.as_ref().unwrap_or(a);
            format!("{reader} liest{} langsam", for_a_while(span))
        }
        (
            Action::Hold {
                a,
                b,
                toward: to,
                span,
            },
            Language::English,
        ) => {
            format!("{} held{}{}", link(a, b), toward(to), for_a_while(span))
        }
        (
            Action::Hold {
                a,
                b,
                toward: to,
                span,
            },
            Language::German,
        ) => {
            format!(
                "{}{}{} angehalten",
                link(a, b),
                toward(to),
                for_a_while(span)
            )
        }
        (
            Action::Gate {
                a, b, toward: to, ..
            },
            Language::English,
        ) => {
            format!("{} gated{}", link(a, b), toward(to))
        }
        (
            Action::Gate {
                a, b, toward: to, ..
            },
            Language::German,
        ) => {
            format!("Schranke zu: {}{}", link(a, b), toward(to))
        }
        (
            Action::Pass {
                a, b, toward: to, ..
            },
            Language::English,
        ) => {
            format!("one packet let pass on {}{}", link(a, b), toward(to))
        }
        (
            Action::Pass {
                a, b, toward: to, ..
            },
            Language::German,
        ) => {
            format!("ein Paket durchgelassen: {}{}", link(a, b), toward(to))
        }
        (Action::Release { a, b, toward: to }, Language::English) => {
            format!("{}{} released", link(a, b), toward(to))
        }
        (Action::Release { a, b, toward: to }, Language::German) => {
            format!("{}{} freigegeben", link(a, b), toward(to))
        }
        (Action::Double { a, b }, Language::English) => {
            format!("{} doubles its packets", link(a, b))
        }
        (Action::Double { a, b }, Language::German) => {
            format!("{} verdoppelt ihre Pakete", link(a, b))
        }
        (Action::Restore { a, b }, Language::English) => format!("{} restored", link(a, b)),
        (Action::Restore { a, b }, Language::German) => {
            format!("{} wiederhergestellt", link(a, b))
        }
        (Action::Node { node, act }, _) => done_by(language, node, act),
    }
}

/// What was typed is cut here.
const TYPED_MAX_CHARS: usize = 60;

/// What a node was made to do.
fn done_by(language: Language, node: &str, act: &NodeAction) -> String {
    match (act, language) {
        (NodeAction::Connect, Language::English) => format!("{node} connects"),
        (NodeAction::Connect, Language::German) => format!("{node} verbindet sich"),
        (NodeAction::Disconnect, Language::English) => format!("{node} disconnects"),
        (NodeAction::Disconnect, Language::German) => format!("{node} meldet sich ab"),
        (NodeAction::Publish { topic, qos, .. }, _) => {
            let (topic, qos) = (topic.as_str(), qos.bits());
            match language {
                Language::English => format!("{node} publishes to {topic} at QoS {qos}"),
                Language::German => format!("{node} veröffentlicht auf {topic} mit QoS {qos}"),
            }
        }
        (NodeAction::Subscribe(wanted), _) => {
            let (filter, qos) = (wanted.filter.as_str(), wanted.options.qos.bits());
            match language {
                Language::English => format!("{node} subscribes to {filter} at QoS {qos}"),
                Language::German => format!("{node} abonniert {filter} mit QoS {qos}"),
            }
        }
        (NodeAction::Unsubscribe { filter }, Language::English) => {
            format!("{node} unsubscribes from {}", filter.as_str())
        }
        (NodeAction::Unsubscribe { filter }, Language::German) => {
            format!("{node} beendet das Abonnement von {}", filter.as_str())
        }
        (NodeAction::SendRaw(bytes), Language::English) => {
            format!("{node} sends {}", count(language, bytes.len(), RAW_BYTES))
        }
        (NodeAction::SendRaw(bytes), Language::German) => {
            format!("{node} sendet {}", count(language, bytes.len(), RAW_BYTES))
        }
        (NodeAction::Type { text }, Language::English) => {
            format!("“{}” is typed at {node}", shown(text, TYPED_MAX_CHARS))
        }
        (NodeAction::Type { text }, Language::German) => {
            format!(
                "„{}“ wird an {node} eingetippt",
                shown(text, TYPED_MAX_CHARS)
            )
        }
        (NodeAction::Interrupt, Language::English) => format!("{node} is interrupted"),
        (NodeAction::Interrupt, Language::German) => format!("{node} wird unterbrochen"),
        (NodeAction::Input(input), _) => touched(language, node, input),
        (NodeAction::PowerOff { .. }, Language::English) => format!("{node} loses power"),
        (NodeAction::PowerOff { .. }, Language::German) => format!("{node} verliert den Strom"),
        (NodeAction::PowerOn, Language::English) => format!("{node} is switched on"),
        (NodeAction::PowerOn, Language::German) => format!("{node} wird eingeschaltet"),
        (NodeAction::Crash { .. }, Language::English) => format!("{node} crashes"),
        (NodeAction::Crash { .. }, Language::German) => format!("{node} stürzt ab"),
        (NodeAction::Outside(outside), _) => came_from(language, node, outside),
    }
}

fn touched(language: Language, node: &str, input: &Input) -> String {
    match language {
        Language::English => match input {
            Input::Press => format!("the button of {node} is pressed"),
            Input::Heat { .. } => format!("{node} gets another temperature"),
            Input::Break => format!("the window of {node} breaks"),
            Input::Mend => format!("the window of {node} is mended"),
            Input::Switch { on: true } => format!("{node} is switched to on"),
            Input::Switch { on: false } => format!("{node} is switched to off"),
        },
        Language::German => match input {
            Input::Press => format!("der Taster von {node} wird gedrückt"),
            Input::Heat { .. } => format!("{node} bekommt eine andere Temperatur"),
            Input::Break => format!("das Fenster von {node} zerbricht"),
            Input::Mend => format!("das Fenster von {node} wird repariert"),
            Input::Switch { on: true } => format!("{node} wird auf „on“ gestellt"),
            Input::Switch { on: false } => format!("{node} wird auf „off“ gestellt"),
        },
    }
}

/// A sentence's beginning: with a capital letter, unless it is the name of a node, which is written as it is.
fn begun(what: &str, node: Option<&str>) -> String {
    match node.filter(|node| what.starts_with(node)) {
        Some(_) => what.to_owned(),
        None => capitalised(what),
    }
}

/// What is said after an act, which may be one of a node with this name.
#[must_use]
pub fn acted(language: Language, what: &str, node: Option<&str>) -> String {
    let what = begun(what, node);
    match language {
        Language::English => format!("{what}. The run before it is kept."),
        Language::German => format!("{what}. Der Lauf davor bleibt erhalten."),
    }
}

/// What is said after an act in the past of a run with a real broker: the broker cannot be asked again.
#[must_use]
pub fn acted_alone(language: Language, what: &str, node: Option<&str>) -> String {
    let what = begun(what, node);
    match language {
        Language::English => format!(
            "{what}. From here on this is a simulation in which the real broker says nothing; what really happened is kept."
        ),
        Language::German => format!(
            "{what}. Ab hier ist das eine Simulation, in der der echte Broker schweigt; was wirklich geschah, bleibt erhalten."
        ),
    }
}

/// What is said after an act was taken back.
#[must_use]
pub fn undone(language: Language, what: &str) -> String {
    match language {
        Language::English => format!("Undone: {what}."),
        Language::German => format!("Rückgängig gemacht: {what}."),
    }
}

/// What is said after an act was done again.
#[must_use]
pub fn redone(language: Language, what: &str) -> String {
    match language {
        Language::English => format!("Done again: {what}."),
        Language::German => format!("Wiederholt: {what}."),
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Why a kept or shared work is not shown.
#[must_use]
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    match language {
        Language::English => match refusal {
            Refusal::NotOurs => "this is no work of the MQTT Playground".to_owned(),
            Refusal::Newer => "it was made with a newer version of this page: reload the page to get it".to_owned(),
            Refusal::UnknownScenario(name) => {
                format!("it builds on the scenario {}, which this page does not have", short_quoted(language, name))
            }
            Refusal::Changed(title) => format!(
                "it builds on another edition of {}, where the same act may mean something else",
                quoted(language, title)
            ),
            Refusal::World(fault) => format!("the world in it cannot be read: {fault}"),
            Refusal::Damaged => "it is damaged: part of it is missing or changed".to_owned(),
            Refusal::TooLong => "it is too long".to_owned(),
            Refusal::TooMany => {
                "you have as many worlds of your own as this page keeps: remove one in the sandbox".to_owned()
            }
        },
        Language::German => match refusal {
            Refusal::NotOurs => "das ist keine Arbeit des MQTT Playground".to_owned(),
            Refusal::Newer => "sie stammt von einer neueren Fassung dieser Seite, die mit dem Neuladen kommt".to_owned(),
            Refusal::UnknownScenario(name) => {
                format!("sie baut auf dem Szenario {} auf, das diese Seite nicht hat", short_quoted(language, name))
            }
            Refusal::Changed(title) => format!(
                "sie baut auf einer anderen Ausgabe von {} auf, wo derselbe Eingriff etwas anderes bedeuten kann",
                quoted(language, title)
            ),
            Refusal::World(fault) => format!("die Welt darin lässt sich nicht lesen: {fault}"),
            Refusal::Damaged => "sie ist beschädigt: ein Teil fehlt oder ist verändert".to_owned(),
            Refusal::TooLong => "sie ist zu lang".to_owned(),
            Refusal::TooMany => {
                "so viele eigene Welten, wie diese Seite aufbewahrt, sind schon da: eine davon lässt sich in der Sandbox entfernen".to_owned()
            }
        },
    }
}

/// This much of a name that means nothing is repeated.
const UNKNOWN_MAX_CHARS: usize = 40;

pub(super) fn short_quoted(language: Language, name: &str) -> String {
    let name: String = name.chars().take(UNKNOWN_MAX_CHARS).collect();
    quoted(language, &name)
}

/// A kept work cannot be taken up.
#[must_use]
pub fn not_resumed(language: Language, why: &Refusal) -> String {
    let why = refusal(language, why);
    match language {
        Language::English => {
            format!("What you did here last time cannot be shown: {why}. The scenario starts anew.")
        }
        Language::German => format!(
            "Die Arbeit vom letzten Mal kann nicht gezeigt werden: {why}. Das Szenario beginnt neu."
        ),
    }
}

/// The link, where the browser does not let the page reach the clipboard.
#[must_use]
pub fn link_by_hand(language: Language, link: &str) -> String {
    match language {
        Language::English => {
            format!("The browser does not give the clipboard to this page. The link: {link}")
        }
        Language::German => {
            format!("Der Browser gibt dieser Seite die Zwischenablage nicht. Der Link: {link}")
        }
    }
}

/// A shared link cannot be opened.
#[must_use]
pub fn not_opened(language: Language, why: &Refusal) -> String {
    let why = refusal(language, why);
    match language {
        Language::English => {
            format!("The link was not opened: {why}. Your own work is as it was.")
        }
        Language::German => format!(
            "Die geteilte Arbeit wurde nicht geöffnet: {why}. Die eigene Arbeit ist, wie sie war."
        ),
    }
}

/// What a node did whose program is outside.
fn came_from(language: Language, node: &str, outside: &Outside) -> String {
    match (outside, language) {
        (Outside::Dials { to, .. }, Language::English) => format!("{node} dials {to}"),
        (Outside::Dials { to, .. }, Language::German) => format!("{node} wählt {to} an"),
        (Outside::Opened { .. }, Language::English) => format!("{node} opens the connection"),
        (Outside::Opened { .. }, Language::German) => format!("{node} öffnet die Verbindung"),
        (Outside::Received { bytes, .. }, Language::English) => {
            format!("{} bytes from {node}", bytes.len())
        }
        (Outside::Received { bytes, .. }, Language::German) => {
            format!("{} Byte von {node}", bytes.len())
        }
        (Outside::Closed { why, .. }, Language::English) if why.is_empty() => {
            format!("{node} closes the connection")
        }
        (Outside::Closed { why, .. }, Language::English) => {
            format!("{node} closes the connection: {why}")
        }
        (Outside::Closed { why, .. }, Language::German) if why.is_empty() => {
            format!("{node} schließt die Verbindung")
        }
        (Outside::Closed { why, .. }, Language::German) => {
            format!("{node} schließt die Verbindung: {why}")
        }
        (Outside::Late, Language::English) => {
            format!("this page has slept: what {node} has sent in the meantime comes first")
        }
        (Outside::Late, Language::German) => {
            format!("diese Seite hat geschlafen: Zuerst kommt, was {node} inzwischen gesendet hat")
        }
    }
}
