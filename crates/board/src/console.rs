//! The console of a board: lines that somebody types, or a page sends.

use device::Input;

/// Something that is asked for on the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Something is done to the device.
    Input(Input),
    /// Prints what the node tells of itself.
    Status,
    /// Prints the commands.
    Help,
}

/// The commands.
pub const HELP: &str =
    "console: press | heat CELSIUS | break | mend | switch on | switch off | status";

/// Reads a line of the console.
///
/// # Errors
/// What could have stood there.
pub fn read_command(line: &str) -> Result<Command, &'static str> {
    let mut words = line.split_ascii_whitespace();
    let command = match (words.next(), words.next()) {
        (Some("press"), None) => Command::Input(Input::Press),
        (Some("break"), None) => Command::Input(Input::Break),
        (Some("mend"), None) => Command::Input(Input::Mend),
        (Some("switch"), Some("on")) => Command::Input(Input::Switch { on: true }),
        (Some("switch"), Some("off")) => Command::Input(Input::Switch { on: false }),
        (Some("heat"), Some(celsius)) => {
            let millidegrees =
                millidegrees(celsius).ok_or("console: heat wants degrees Celsius such as 21.5")?;
            Command::Input(Input::Heat { millidegrees })
        }
        (Some("status"), None) => Command::Status,
        (Some("help"), None) => Command::Help,
        _ => return Err(HELP),
    };
    match words.next() {
        None => Ok(command),
        Some(_) => Err(HELP),
    }
}

/// `21.5` as thousandths.
fn millidegrees(text: &str) -> Option<i32> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 3 {
        return None;
    }
    let mut thousandths: i32 = part.parse().ok()?;
    for _ in part.len()..3 {
        thousandths *= 10;
    }
    let whole: i32 = whole.parse().ok()?;
    whole
        .checked_mul(1000)?
        .checked_add(thousandths)?
        .checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        for (line, command) in [
            ("press", Ok(Command::Input(Input::Press))),
            (
                " switch  on ",
                Ok(Command::Input(Input::Switch { on: true })),
            ),
            (
                "heat 21.5",
                Ok(Command::Input(Input::Heat {
                    millidegrees: 21_500,
                })),
            ),
            (
                "heat -0.25",
                Ok(Command::Input(Input::Heat { millidegrees: -250 })),
            ),
            ("status", Ok(Command::Status)),
            ("press twice", Err(HELP)),
            ("press twice now", Err(HELP)),
            ("", Err(HELP)),
            ("switch on off", Err(HELP)),
        ] {
            assert_eq!(read_command(line), command, "{line:?}");
        }
        for wrong in ["warm", "1.2345", "1.", "--1", "9999999999", "9999999"] {
            let line = alloc::format!("heat {wrong}");
            assert!(read_command(&line).is_err(), "{line:?}");
        }
    }
}
