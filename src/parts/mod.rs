//! The parts of the page. Each renders one view and turns what the user does into actions.

mod bar;
mod board;
mod bridge;
mod broker;
mod class;
mod dock;
mod edit;
mod filter;
mod futures;
mod guests;
mod hand;
mod ladder;
mod lanes;
mod lesson;
mod lobby;
mod map;
mod menu;
mod more;
mod notice;
mod packet;
mod palette;
mod part;
mod probe;
mod rail;
mod running;
mod sandbox;
mod script;
mod split;
mod state;
mod stops;
mod study;
mod top;
mod vote;
mod why;

pub(crate) use bar::Bar;
pub(crate) use board::{Board, BoardStrip};
pub(crate) use broker::{Broker, LiveStrip};
pub(crate) use class::{Class, ClassStrip};
pub(crate) use dock::{Caption, Dock};
pub(crate) use futures::Futures;
pub(crate) use ladder::{Ladder, Print};
pub(crate) use lobby::Lobby;
pub(crate) use map::Map;
pub(crate) use more::More;
pub(crate) use notice::{Help, Toast};
pub(crate) use packet::PacketPane;
pub(crate) use palette::Palette;
pub(crate) use rail::Rail;
use running::Running;
pub(crate) use sandbox::{Builder, Worlds};
pub(crate) use script::Script;
pub(crate) use split::Splits;
pub(crate) use state::State;
pub(crate) use stops::Stops;
pub(crate) use top::{Tabs, Top};

use part::{Entry, Part, typing};
use playground::action::Tab;
use playground::route::Place;
use playground::story::{Figure, Role};
use playground::text;
use playground::text::{Language, Piece};
use playground::timeline::Glyph;
use yew::prelude::*;

/// Keys, and what they do.
pub(crate) fn key_rows(
    language: Language,
    keys: &'static [text::Key],
) -> impl Iterator<Item = Html> {
    keys.iter().map(move |(caps, what)| {
        let caps = caps
            .iter()
            .map(|cap| html! { <kbd>{ text::cap(language, cap) }</kbd> });
        html! { <><dt>{ for caps }</dt><dd>{ what.to(language) }</dd></> }
    })
}

/// What the page speaks. Whoever asks is drawn anew when that changes.
#[hook]
pub(crate) fn use_language() -> Language {
    use_context::<Language>().unwrap_or_default()
}

/// An icon of the sprite.
pub(crate) fn icon(name: &str) -> Html {
    html! { <svg class="ic" aria-hidden="true"><use href={format!("#i-{name}")} /></svg> }
}

/// The icon of a place.
pub(crate) const fn place_icon(place: Place) -> &'static str {
    match place {
        Place::Lessons => "lesson",
        Place::Play => "ladder",
        Place::Futures => "futures",
        Place::Sandbox => "build",
        Place::Broker => "broker",
        Place::Board => "chip",
        Place::Class => "class",
    }
}

/// The role of a view, if it is the main landmark.
pub(crate) fn main_role(main: Tab, this: Tab) -> Option<&'static str> {
    (main == this).then_some("main")
}

/// Whether a text is read out when it changes, as the attribute has it.
fn live(is_silent: bool) -> &'static str {
    if is_silent { "off" } else { "polite" }
}

/// A text of which no line ends within a name and its number.
fn unbroken(text: &str) -> Html {
    let pieces = text::unbroken(text).into_iter().map(|piece| match piece {
        Piece::Loose(text) => html! { { text } },
        Piece::Whole(text) => html! { <span class="whole">{ text }</span> },
    });
    pieces.collect()
}

/// The glyph of a step.
pub(crate) fn glyph(glyph: Glyph) -> Html {
    let name = match glyph {
        Glyph::Packet(role) => role_name(role),
        Glyph::Fault => "fault",
        Glyph::Gate => "gate",
        Glyph::Link => "link",
        Glyph::Act => "act",
        Glyph::End => "end",
    };
    html! { <svg class={format!("g g-{name}")} aria-hidden="true"><use href={format!("#g-{name}")} /></svg> }
}

/// The name of a role in the style sheet.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Publish => "pub",
        Role::Acknowledge => "ack",
        Role::Control => "ctl",
        Role::Subscribe => "sub",
        Role::Fault => "fault",
    }
}

/// The icon of a figure.
pub(crate) const fn figure_icon(figure: Figure) -> &'static str {
    match figure {
        Figure::Broker => "broker",
        Figure::Phone => "phone",
        Figure::Robot => "robot",
        Figure::Thermometer => "thermometer",
        Figure::Button => "button",
        Figure::Lamp => "lamp",
        Figure::Window => "window",
        Figure::Dashboard => "dashboard",
        Figure::Sleeper => "sleeper",
        Figure::Client => "chip",
    }
}

/// A number as SVG writes it: a tenth of a pixel is enough.
pub(crate) fn n(value: f64) -> String {
    decimal((value * 10.0).round() as i64, 10)
}

/// A length in drawing units as a CSS length that follows the page's scale.
pub(crate) fn rem(units: f64) -> String {
    format!("{}rem", decimal((units * 625.0).round() as i64, 10_000))
}

/// `number / divisor`, a power of ten, without a float: to write one takes more code than all the drawings of arrows.
fn decimal(number: i64, divisor: u64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, mut rest) = (
        number.unsigned_abs() / divisor,
        number.unsigned_abs() % divisor,
    );
    let mut digits = String::new();
    while rest > 0 {
        rest *= 10;
        digits.push(char::from(b'0' + u8::try_from(rest / divisor).unwrap_or(0)));
        rest %= divisor;
    }
    if digits.is_empty() {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{digits}")
}

#[cfg(test)]
mod tests {
    use super::{n, rem};

    #[test]
    fn lengths_are_short() {
        for (value, written) in [
            (0.0, "0"),
            (-0.04, "0"),
            (1.0, "1"),
            (12.34, "12.3"),
            (-0.25, "-0.3"),
            (-17.96, "-18"),
            (1e9, "1000000000"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(n(value), written, "{value}");
        }
        assert_eq!(rem(713.0), "44.5625rem");
        assert_eq!(rem(16.0), "1rem");
    }
}
