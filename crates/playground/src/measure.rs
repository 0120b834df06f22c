//! Text widths. A box is drawn round text only after the text was measured: fonts differ by 12 %.

/// The faces that the drawings use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// Names on packet pills, lanes and effects: 13 px, semi-bold.
    Strong,
    /// Details and annotations: 13 px, medium.
    Plain,
}

/// Measures text as the screen will show it.
pub trait Measure {
    /// The width of `text` in drawing units (CSS pixels at 1x).
    fn width(&self, text: &str, face: Face) -> f64;
}

/// A table of average widths for hosts without fonts (tests, exports): every character of a face is equally wide.
#[derive(Clone, Copy, Debug)]
pub struct AverageWidths;

impl Measure for AverageWidths {
    fn width(&self, text: &str, face: Face) -> f64 {
        let per_character = match face {
            Face::Strong => 6.8,
            Face::Plain => 6.4,
        };
        text.chars().count() as f64 * per_character
    }
}
