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
];

/// The text of a world from a template.
pub(crate) fn from_template(template: &Template, title: &str) -> String {
    format!("scenario {}\n{}", quoted(title), template.text)
}
