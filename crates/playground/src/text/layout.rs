//! The arrangement of the page: lanes, splitters, and what is behind "More".

use super::{Language, language::phrases};
use crate::model::Edge;

/// The element of the button that opens the list of lanes.
pub const LANES_ID: &str = "lanes-button";
/// The element of the button that opens what is behind it.
pub const MORE_ID: &str = "more";
/// The element of the button that closes it.
pub const MORE_CLOSE_ID: &str = "more-close";

/// The element of a lane's head.
#[must_use]
pub fn lane_id(lane: usize) -> String {
    format!("lane-{lane}")
}

/// The element of a lane in the list of lanes.
#[must_use]
pub fn lane_choice_id(lane: usize) -> String {
    format!("lane-choice-{lane}")
}

phrases! {
    /// A button.
    MORE_TOOLS: "More", "Mehr";
    /// The heads over the ladder, and the list of them.
    LANES: "Lanes", "Spalten";
    /// A card of the start page.
    LOBBY_SANDBOX: "Free sandbox", "Freie Sandbox";
    /// What it says.
    LOBBY_SANDBOX_MORE: "Place devices, publish, cut links, and go back in time.",
        "Geräte aufstellen, veröffentlichen, Leitungen kappen und in der Zeit zurückgehen.";
    /// Its link.
    LOBBY_SANDBOX_GO: "Open the sandbox", "Sandbox öffnen";
    /// A card of the start page.
    LOBBY_BROKER: "Connect a real broker", "Einen echten Broker verbinden";
    /// What it says.
    LOBBY_BROKER_MORE: "Mosquitto, EMQX, HiveMQ or your own, over WebSocket. The page shows every packet that it sends and gets.",
        "Mosquitto, EMQX, HiveMQ oder einen eigenen, über WebSocket. Die Seite zeigt jedes Paket, das sie sendet und bekommt.";
    /// Its link.
    LOBBY_BROKER_GO: "Connect", "Verbinden";
    /// A card of the start page.
    LOBBY_BOARD: "Bring in an ESP32", "Einen ESP32 dazuholen";
    /// What it says.
    LOBBY_BOARD_MORE: "Flash it from here, then let it join by USB cable or Wi-Fi. USB needs no network at all.",
        "Von hier aus flashen, dann über das USB-Kabel oder WLAN beitreten lassen. USB braucht gar kein Netz.";
    /// The splitters.
    EDGES_NAME: "Sizes of the panes", "Größen der Bereiche";
    /// A button of the list.
    LANE_LEFT: "to the left", "nach links";
    /// A button of the list.
    LANE_RIGHT: "to the right", "nach rechts";
    /// What keys do at the head of a lane.
    LANE_KEYS: "Enter hides it, Alt with ← or → moves it", "Enter blendet sie aus, Alt mit ← oder → verschiebt sie";
}

/// The head of a lane: its name, its place.
#[must_use]
pub fn lane_sentence(language: Language, name: &str, place: usize, count: usize) -> String {
    match language {
        Language::English => format!("{name}, lane {place} of {count}"),
        Language::German => format!("{name}, Spalte {place} von {count}"),
    }
}

/// How many lanes are not shown.
#[must_use]
pub fn lanes_hidden(language: Language, hidden: usize) -> String {
    match (language, hidden) {
        (_, 0) => LANES.to(language).to_owned(),
        (Language::English, 1) => "1 lane is hidden".to_owned(),
        (Language::English, _) => format!("{hidden} lanes are hidden"),
        (Language::German, 1) => "1 Spalte ist ausgeblendet".to_owned(),
        (Language::German, _) => format!("{hidden} Spalten sind ausgeblendet"),
    }
}

/// The name of a splitter.
#[must_use]
pub const fn edge_name(language: Language, edge: Edge) -> &'static str {
    match (language, edge) {
        (Language::English, Edge::Map) => "Width of the map",
        (Language::English, Edge::Foot) => "Height of packet and state",
        (Language::English, Edge::Dock) => "Width of the explanation",
        (Language::German, Edge::Map) => "Breite der Karte",
        (Language::German, Edge::Foot) => "Höhe von Paket und Zustand",
        (Language::German, Edge::Dock) => "Breite der Erklärung",
    }
}
