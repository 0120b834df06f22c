//! A link as a drawing that a telephone reads.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// White around the code, in modules: the standard (ISO/IEC 18004) asks for four.
const QUIET: i32 = 4;

/// A code: its size with the white around it, in modules, and the outline of what is dark, as an SVG path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Width and height.
    pub size: i32,
    /// The path.
    pub path: String,
}

/// The code of a text; none of one that is too long.
pub(crate) fn code(text: &str) -> Option<Code> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let dark = (x..size).take_while(|x| code.get_module(*x, y)).count();
            let dark = i32::try_from(dark).unwrap_or(0);
            if dark > 0 {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", x + QUIET, y + QUIET);
            }
            x += dark.max(1);
        }
    }
    Some(Code {
        size: size + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::{QUIET, code};

    #[test]
    fn a_code_has_its_three_corners_and_white_around_it() {
        let code = code("http://192.0.2.7:8080/#/class/A23B45C6").unwrap();
        // A finder pattern is seven modules wide.
        let far = code.size - QUIET - 7;
        for corner in [
            format!("M{QUIET} {QUIET}h7v1"),
            format!("M{far} {QUIET}h7v1"),
            format!("M{QUIET} {far}h7v1"),
        ] {
            assert!(code.path.contains(&corner), "{corner} in {}", code.path);
        }
        assert!(!code.path.contains("M0 ") && !code.path.contains("M3 "));
        assert_eq!(super::code(&"x".repeat(4_000)), None);
    }
}
