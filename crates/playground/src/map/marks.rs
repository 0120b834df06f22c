//! Crowds of packets as marks on whole pixels: what lies upon each other is painted once, and pixels beside each other are
//! one rectangle. Thousands of packets on a small map are a few hundred rectangles then.

use super::Parcel;
use crate::story::Role;

/// Width and height of a mark, in units of the drawing.
const MARK: f64 = 7.0;
/// However small the drawing is, a mark has so many pixels on a side: fewer cannot be seen.
const SIDE_MIN: f64 = 2.0;
/// The colours in the order in which they are painted: later ones lie upon earlier ones.
const ROLES: [Role; 5] = [
    Role::Publish,
    Role::Acknowledge,
    Role::Control,
    Role::Subscribe,
    Role::Fault,
];

/// How the drawing lies on its pixels: a unit is `scale` pixels long, and the drawing's origin lies at `x` and `y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Pixels of a unit.
    pub scale: f64,
    /// Where the origin lies.
    pub x: f64,
    /// Where the origin lies.
    pub y: f64,
}

impl Fit {
    /// The pixel at which a place of the drawing lies.
    #[must_use]
    pub fn pixel(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x * self.scale + self.x, y * self.scale + self.y)
    }
}

/// Some pixels of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The colour.
    pub role: Role,
    /// Left edge, in pixels.
    pub left: u32,
    /// Upper edge.
    pub top: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Where packets are, on a canvas of this width and height in pixels. No two marks overlap.
#[must_use]
pub fn marks(parcels: &[Parcel], fit: &Fit, (width, height): (u32, u32)) -> Vec<Mark> {
    let side = (MARK * fit.scale).round().max(SIDE_MIN);
    let edges = |from: f64, end: u32| {
        let clamped = |at: f64| at.clamp(0.0, f64::from(end)) as usize;
        clamped(from)..clamped(from + side)
    };
    let squares = parcels.iter().map(|parcel| {
        let (x, y) = fit.pixel((parcel.x, parcel.y));
        let half = side / 2.0;
        let (across, down) = (
            edges((x - half).round(), width),
            edges((y - half).round(), height),
        );
        (parcel.role, across, down)
    });
    let squares: Vec<_> = squares.collect();
    // Only the part of the canvas on which there is something.
    let left = squares.iter().map(|(_, it, _)| it.start).min().unwrap_or(0);
    let right = squares.iter().map(|(_, it, _)| it.end).max().unwrap_or(0);
    let top = squares.iter().map(|(.., it)| it.start).min().unwrap_or(0);
    let bottom = squares.iter().map(|(.., it)| it.end).max().unwrap_or(0);
    let wide = right.saturating_sub(left);
    // What a pixel has: 0 for nothing, else the place of its colour, from 1.
    let mut pixels = vec![0_u8; wide * bottom.saturating_sub(top)];
    for (colour, role) in (1..).zip(ROLES) {
        for (_, across, down) in squares.iter().filter(|(it, ..)| *it == role) {
            for y in down.clone() {
                let row = (y - top) * wide;
                let part = row + across.start - left..row + across.end - left;
                if let Some(part) = pixels.get_mut(part) {
                    part.fill(colour);
                }
            }
        }
    }
    let mut marks: Vec<Mark> = Vec::new();
    // Those that end at the row above, from left to right: they may go on.
    let mut above: Vec<usize> = Vec::new();
    for (y, row) in (top..).zip(pixels.chunks(wide.max(1))) {
        let mut here = Vec::new();
        let mut known = above.into_iter().peekable();
        let mut x = left;
        for run in row.chunk_by(|one, next| one == next) {
            let begin = x;
            x += run.len();
            let role = run.first().and_then(|colour| {
                let place = usize::from(*colour).checked_sub(1)?;
                ROLES.get(place).copied()
            });
            let Some(role) = role else { continue };
            let fresh = Mark {
                role,
                left: begin as u32,
                top: y as u32,
                width: run.len() as u32,
                height: 1,
            };
            let is_left = |it: &usize| marks.get(*it).is_some_and(|it| it.left < fresh.left);
            while known.next_if(is_left).is_some() {}
            let same = |it: &usize| {
                let mark = marks.get(*it);
                mark.is_some_and(|it| {
                    (it.role, it.left, it.width) == (fresh.role, fresh.left, fresh.width)
                })
            };
            if let Some(number) = known.next_if(same) {
                if let Some(mark) = marks.get_mut(number) {
                    mark.height += 1;
                }
                here.push(number);
            } else {
                here.push(marks.len());
                marks.push(fresh);
            }
        }
        above = here;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::Target;
    use proptest::prelude::*;

    fn parcel(x: f64, y: f64, role: Role) -> Parcel {
        Parcel {
            step: 1,
            x,
            y,
            title: String::new(),
            role,
            is_repeated: false,
            is_selected: false,
            gate: None,
            sentence: String::new(),
            target: Target::Packet(1),
            is_focus: false,
        }
    }

    const AS_IT_IS: Fit = Fit {
        scale: 1.0,
        x: 0.0,
        y: 0.0,
    };

    #[test]
    fn a_packet_by_itself_is_one_square() {
        let marks = marks(&[parcel(20.0, 10.0, Role::Publish)], &AS_IT_IS, (100, 100));
        let square = Mark {
            role: Role::Publish,
            left: 17,
            top: 7,
            width: 7,
            height: 7,
        };
        assert_eq!(marks, [square]);
    }

    #[test]
    fn thousands_on_a_small_drawing_are_few_and_can_be_seen() {
        let parcels: Vec<_> = (0..6000)
            .map(|it| parcel(f64::from(it), 100.0, Role::Publish))
            .collect();
        let fit = Fit {
            scale: 0.05,
            ..AS_IT_IS
        };
        let marks = marks(&parcels, &fit, (300, 100));
        assert_eq!(marks.len(), 1, "{marks:?}");
        assert!(marks.iter().all(|it| it.width >= 299 && it.height == 2));
    }

    #[test]
    fn nothing_on_its_way_and_no_room_are_no_marks() {
        assert_eq!(marks(&[], &AS_IT_IS, (100, 100)), []);
        assert_eq!(
            marks(&[parcel(1.0, 1.0, Role::Fault)], &AS_IT_IS, (0, 0)),
            []
        );
    }

    fn role(number: usize) -> Role {
        ROLES.get(number).copied().unwrap_or(Role::Publish)
    }

    proptest! {
        /// Painted square by square and painted as marks, each pixel has the same colour, and no mark paints upon another.
        #[test]
        fn marks_are_what_the_squares_are(places in prop::collection::vec((-5.0..45.0, -5.0..45.0, 0_usize..5), 0..60), scale in 0.1..1.5) {
            let (width, height) = (40, 30);
            let fit = Fit { scale, x: 3.0, y: -2.0 };
            let parcels: Vec<_> = places.iter().map(|&(x, y, number)| parcel(x, y, role(number))).collect();
            let mut expected = vec![None; 40 * 30];
            let side = (7.0 * scale).round().max(2.0);
            for role in ROLES {
                for it in parcels.iter().filter(|it| it.role == role) {
                    let (x, y) = fit.pixel((it.x, it.y));
                    let (left, top) = ((x - side / 2.0).round(), (y - side / 2.0).round());
                    for (number, pixel) in expected.iter_mut().enumerate() {
                        let (column, row) = ((number % 40) as f64, (number / 40) as f64);
                        if (left..left + side).contains(&column) && (top..top + side).contains(&row) {
                            *pixel = Some(role);
                        }
                    }
                }
            }
            let mut seen = vec![None; 40 * 30];
            for mark in marks(&parcels, &fit, (width, height)) {
                for row in mark.top..mark.top + mark.height {
                    for column in mark.left..mark.left + mark.width {
                        let pixel = &mut seen[(row * 40 + column) as usize];
                        prop_assert_eq!(*pixel, None);
                        *pixel = Some(mark.role);
                    }
                }
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
