//! The places of the page, and how the address names them.
//!
//! The fragment of the address says where the user is, so that Back, Forward, a bookmark and a reload work:
//! `#/lessons`, `#/play/qos2`, `#/sandbox/my-1`, and `#/w/1/…` for a moment that somebody shared.

/// A place of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// What there is to learn: the first thing that a visitor sees.
    #[default]
    Lessons,
    /// The main screen: map, ladder, packet, state, explanation.
    Play,
    /// What would come of a cut anywhere, and two futures side by side.
    Futures,
    /// Where the user builds worlds.
    Sandbox,
    /// A broker outside of the page.
    Broker,
    /// A board on a cable.
    Board,
    /// A class: one page leads, others follow.
    Class,
}

/// The places, in the order of the rail.
pub const PLACES: [Place; 7] = [
    Place::Lessons,
    Place::Play,
    Place::Futures,
    Place::Sandbox,
    Place::Broker,
    Place::Board,
    Place::Class,
];

impl Place {
    /// Its word in the address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lessons => "lessons",
            Self::Play => "play",
            Self::Futures => "futures",
            Self::Sandbox => "sandbox",
            Self::Broker => "broker",
            Self::Board => "esp32",
            Self::Class => "class",
        }
    }

    /// The fragment that leads here, with its `#`.
    #[must_use]
    pub fn fragment(self) -> String {
        format!("#/{}", self.word())
    }

    /// The element that holds what this place is for.
    #[must_use]
    pub const fn main_id(self) -> &'static str {
        match self {
            Self::Lessons => "lobby",
            Self::Play => "ladder",
            Self::Futures => "futures",
            Self::Sandbox => "sandbox",
            Self::Broker => "broker",
            Self::Board => "board",
            Self::Class => "class",
        }
    }
}

/// What is drawn at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The start page.
    Lessons,
    /// The main screen.
    Play,
    /// The cut-point map, and two futures.
    Futures,
    /// The worlds that the user has built.
    Worlds,
    /// One of them, with its forms.
    Builder,
    /// The link to a broker outside of the page.
    Broker,
    /// The way of a board to the map.
    Board,
    /// The class.
    Class,
}

impl Screen {
    /// Whether it shows the run that is open, in panes. The others are pages of text that scroll.
    #[must_use]
    pub const fn has_run(self) -> bool {
        matches!(self, Self::Play | Self::Builder)
    }
}

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To a place.
    Place(Place),
    /// To the main screen with this scenario: its file's name.
    Scenario(String),
    /// To the sandbox with this world of the user's own: its name in addresses.
    World(String),
    /// Into the class of the hub that the page comes from, with this code.
    Class(String),
    /// To a moment that somebody shared: the version of the form, and the work in it, packed.
    Shared(u32, String),
    /// To nothing that this page has.
    Unknown(String),
}

/// A longer fragment is not looked at.
pub const FRAGMENT_MAX_BYTES: usize = 64 * 1024;
/// A longer code is none.
const CODE_MAX_BYTES: usize = relay::CODE_MAX_BYTES;
/// This much of an unknown fragment is repeated.
const SHOWN_MAX_CHARS: usize = 40;

impl Route {
    /// Reads a fragment, with or without its `#`.
    #[must_use]
    pub fn parse(fragment: &str) -> Self {
        let path = fragment.trim_start_matches('#');
        let unknown = || {
            Self::Unknown(
                path.trim_start_matches('/')
                    .chars()
                    .take(SHOWN_MAX_CHARS)
                    .collect(),
            )
        };
        if path.len() > FRAGMENT_MAX_BYTES {
            return unknown();
        }
        let mut words = path.split('/').filter(|word| !word.is_empty());
        match (words.next(), words.next(), words.next()) {
            (None, ..) => Self::Place(Place::default()),
            (Some("play"), Some(file), None) => Self::Scenario(file.to_owned()),
            (Some("sandbox"), Some(file), None) => Self::World(file.to_owned()),
            (Some("class"), Some(code), None) if code.len() <= CODE_MAX_BYTES => {
                Self::Class(code.to_owned())
            }
            (Some("w"), Some(form), Some(code)) if words.next().is_none() => form
                .parse()
                .map_or_else(|_| unknown(), |form| Self::Shared(form, code.to_owned())),
            (Some(word), None, None) => PLACES
                .into_iter()
                .find(|place| place.word() == word)
                .map_or_else(unknown, Self::Place),
            _ => unknown(),
        }
    }

    /// The fragment that leads here, with its `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        match self {
            Self::Place(place) => place.fragment(),
            Self::Scenario(file) => format!("#/play/{file}"),
            Self::World(file) => format!("#/sandbox/{file}"),
            Self::Class(code) => format!("#/class/{code}"),
            Self::Shared(form, code) => format!("#/w/{form}/{code}"),
            Self::Unknown(path) => format!("#{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_leads_where_it_was_made() {
        let places = PLACES.into_iter().map(Route::Place);
        let others = [
            Route::Scenario("qos1-puback-lost".to_owned()),
            Route::World("my-1".to_owned()),
            Route::Shared(1, "q1bKz-_A".to_owned()),
            Route::Class("A23B45C6".to_owned()),
        ];
        for route in places.chain(others) {
            assert_eq!(Route::parse(&route.fragment()), route);
        }
    }

    #[test]
    fn without_a_fragment_it_is_the_start_page() {
        for fragment in ["", "#", "#/", "/"] {
            assert_eq!(Route::parse(fragment), Route::Place(Place::Lessons));
        }
    }

    #[test]
    fn what_is_no_place_is_unknown_and_short() {
        for fragment in [
            "#/kitchen",
            "#/play/a/b",
            "#<script>",
            "#/lessons/1",
            "#/w/1/a/b",
            "#/w/x/a",
        ] {
            assert!(matches!(Route::parse(fragment), Route::Unknown(_)));
        }
        let long = Route::parse(&"ü".repeat(FRAGMENT_MAX_BYTES));
        assert_eq!(long, Route::Unknown("ü".repeat(SHOWN_MAX_CHARS)));
    }
}
