//! Worlds to begin with.

use super::pattern::quoted;
use crate::text::Phrase;

/// A world to begin with.
pub(crate) struct Template {
    /// What it is, and what it is called first.
    pub(crate) name: Phrase,
    /// All but its title.
    text: &'static str,
}

impl Template {
    /// Whether there is no node in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.text.contains("\nnode ")
    }
}

/// A scenario with a script, without its title: all patterns of tutorials are there, and checked.
macro_rules! script {
    ($file:literal, $en:literal, $de:literal) => {
        script!($file, Phrase { en: $en, de: $de })
    };
    ($file:literal, $name:expr) => {
        Template {
            name: $name,
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../scenarios/scripts/",
                $file,
                ".mqtt"
            )),
        }
    };
}

/// The template that is a board with a script and no more, and what such a board is called among the kinds of nodes.
pub(crate) const BOARD: Phrase = crate::text::SCRIPT_NODE;

/// The worlds to begin with.
pub(crate) const TEMPLATES: &[Template] = &[
    Template {
        name: Phrase {
            en: "Empty world",
            de: "Leere Welt",
        },
        text: "until 20 s\n",
    },
    Template {
        name: Phrase {
            en: "One device and a broker",
            de: "Ein Gerät und ein Broker",
        },
        text: "until 20 s

node broker broker

node phone-1 phone
  subscribe \"hello\" qos 1

link phone-1 to broker

at 0 s: phone-1 connect
at 1 s: phone-1 publish \"hello\" \"world\" qos 1
",
    },
    Template {
        name: Phrase {
            en: "Sensor and lamp",
            de: "Sensor und Lampe",
        },
        text: "until 20 s

node broker broker

node button-1 button
  on press: publish \"room/light\" \"toggle\" qos 1

node lamp-1 lamp
  subscribe \"room/light\" qos 1

link button-1 to broker

link lamp-1 to broker

at 0 s: lamp-1 connect
at 100 ms: button-1 connect
at 1 s: button-1 press
at 3 s: button-1 press

expect lamp-1 reads \"off\"
",
    },
    Template {
        name: Phrase {
            en: "A will",
            de: "Ein Will (letzter Wille)",
        },
        text: "until 40 s

node broker broker

node window-1 window-sensor
  keep-alive 10 s
  will \"home/window\" \"gone\" qos 1 retain

node dashboard-1 dashboard
  subscribe \"home/#\" qos 1

link window-1 to broker

link dashboard-1 to broker

at 0 s: dashboard-1 connect
at 100 ms: window-1 connect
at 2 s: window-1 power-off

expect dashboard-1 received \"home/window\" \"gone\" 1 times
",
    },
    script!("hello", BOARD),
    script!(
        "subscribe",
        "MicroPython: subscribe and switch a lamp",
        "MicroPython: abonnieren und eine Lampe schalten"
    ),
    script!(
        "retained",
        "MicroPython: publish a retained value",
        "MicroPython: einen Wert retained veröffentlichen"
    ),
    script!(
        "address",
        "MicroPython: join the Wi-Fi and say where",
        "MicroPython: ins WLAN gehen und sagen, wo"
    ),
    script!("will", "MicroPython: a will", "MicroPython: ein Will"),
    script!(
        "robust",
        "MicroPython: umqtt.robust and an outage",
        "MicroPython: umqtt.robust und ein Ausfall"
    ),
    script!(
        "robust2",
        "MicroPython: umqtt.robust2 and its queue",
        "MicroPython: umqtt.robust2 und ihre Warteschlange"
    ),
    script!(
        "qos2",
        "MicroPython: QoS 2 with umqtt.simple",
        "MicroPython: QoS 2 mit umqtt.simple"
    ),
];

/// The place of the template that is a board with a script and no more.
#[must_use]
pub fn board_template() -> usize {
    let mut names = TEMPLATES.iter().map(|it| it.name);
    names.position(|it| it == BOARD).unwrap_or(0)
}

/// What a new board runs, with its own name and that of its broker.
pub(super) fn first_script(board: &str, broker: &str) -> String {
    let template = TEMPLATES.get(board_template()).map_or("", |it| it.text);
    let lines = template.lines();
    let lines = lines.filter_map(|it| it.trim_start().strip_prefix('|'));
    let script: String = lines
        .flat_map(|it| [it.strip_prefix(' ').unwrap_or(it), "\n"])
        .collect();
    let name = quoted;
    let script = script.replace(&name("esp-1"), &name(board));
    script.replace(&name("broker"), &name(broker))
}

/// The text of a world from a template.
pub(crate) fn from_template(template: &Template, title: &str) -> String {
    let (first, rest) = template.text.split_once('\n').unwrap_or_default();
    // A scenario from a file has a title of its own.
    let text = match first.starts_with("scenario ") {
        true => rest,
        false => template.text,
    };
    format!("scenario {}\n{text}", quoted(title))
}
