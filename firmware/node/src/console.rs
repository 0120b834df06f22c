//! The console: lines that somebody types at the board.

use crate::board::Board;
use crate::node::Node;
use ::board::console::{Command, HELP, read_command};
use alloc::string::String;

impl<B: Board> Node<B> {
    /// Does what a line of the console asks for.
    pub fn command(&self, line: &str) {
        match read_command(line) {
            Ok(Command::Input(input)) => self.input(input),
            Ok(Command::Status) => {
                let status: Result<String, _> = serde_json::to_string(&self.status());
                self.log(format_args!("status: {}", status.unwrap_or_default()));
            }
            Ok(Command::Help) => self.log(format_args!("{HELP}")),
            Err(help) => self.log(format_args!("{help}")),
        }
    }
}
