//! The screen of a board.

use super::language::phrases;

phrases! {
    /// Over the screen.
    BOARD_TITLE: "Flash a board", "Ein Board flashen";
    /// Under it.
    BOARD_LEAD: "The firmware is written over the USB cable. Settings on the board stay as they are.",
        "Die Firmware wird über das USB-Kabel geschrieben. Die Einstellungen auf dem Board bleiben, wie sie sind.";
}
