//! What the screen shows of the way.

use super::console::ConsoleLine;
use super::{Fault, Form, FormFault, STEPS, Stage, Step, Way, Wizard};
use crate::text::{self, Language};

/// The screen.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardView {
    /// The way.
    pub steps: Vec<StepRow>,
    /// What is in hand.
    pub pane: Pane,
    /// What went wrong, and what to do.
    pub fault: Option<(String, String)>,
    /// What the board has to do with this page's broker, once it has.
    pub joined: Option<JoinView>,
    /// The address of a board in the network, as it is typed.
    pub address: String,
    /// Whether that is no address.
    pub is_address_wrong: bool,
    /// The serial console.
    pub console: ConsoleView,
}

/// A step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Its name.
    pub name: &'static str,
    /// What is known of it.
    pub detail: String,
    /// Whether it is behind.
    pub state: StepState,
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Behind.
    Done,
    /// In hand.
    Now,
    /// In hand, and something is wrong.
    Failed,
    /// Ahead.
    ToDo,
}

/// What is in hand.
#[derive(Clone, Debug, PartialEq)]
pub enum Pane {
    /// Nothing can be done in this browser, or nobody has asked it yet.
    Browser,
    /// A board is to be chosen; whether one is being asked.
    Board(bool),
    /// The firmware is to be written, or is being written.
    Flash(FlashView),
    /// Network and broker.
    Settings(Box<SettingsView>),
    /// The board runs, or is about to.
    Join {
        /// The console is open.
        is_running: bool,
        /// Nothing of the program is heard on this cable.
        is_mute: bool,
    },
}

/// A board at this page's broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinView {
    /// How things are.
    pub words: String,
    /// Whether it is connected.
    pub is_open: bool,
    /// Whether there is a run to look at.
    pub has_run: bool,
    /// Whether it is reached over the network, and not over the cable.
    pub is_network: bool,
}

/// What is at hand at the main screen, while there is a run with a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripView {
    /// What the board is called.
    pub name: String,
    /// Whether it is connected.
    pub is_open: bool,
    /// Whether the newest moment is shown: what is done there happens really.
    pub follows: bool,
    /// What it has told of itself last.
    pub reading: Option<String>,
    /// How it and its twin compare.
    pub twin: Option<String>,
    /// Whether there is a packet in which they differ.
    pub differs: bool,
}

/// The flash, and what is written to it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlashView {
    /// Something is being written.
    pub is_writing: bool,
    /// It is to stop.
    pub is_stopping: bool,
    /// It can begin.
    pub can_write: bool,
    /// Hundredths of all.
    pub percent: u32,
    /// Kilobytes on the line: written, in all.
    pub amount: String,
    /// The flash, from its start.
    pub rows: Vec<PartRow>,
    /// Everything is erased first.
    pub erase: bool,
    /// The program will not be heard on this cable.
    pub is_mute: bool,
}

/// A part of the flash.
#[derive(Clone, Debug, PartialEq)]
pub struct PartRow {
    /// Where it begins: `0x010000`.
    pub address: String,
    /// What it is.
    pub name: &'static str,
    /// How long it is, for the drawing.
    pub bytes: u32,
    /// What becomes of it.
    pub state: PartState,
    /// The same, in words.
    pub words: String,
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartState {
    /// Stays what it is.
    Kept,
    /// Was erased, and stays so.
    Empty,
    /// So much of it is written, in hundredths.
    Written(u32),
}

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsView {
    /// What is typed.
    pub form: Form,
    /// Where the broker can be.
    pub ways: Vec<Way>,
    /// The devices of the world that is open, by name.
    pub devices: Vec<String>,
    /// What is wrong.
    pub fault: Option<(FormFault, &'static str)>,
    /// It is being written.
    pub is_writing: bool,
    /// There are settings on the board, as far as one knows.
    pub can_keep: bool,
}

/// The serial console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleView {
    /// What it shows.
    pub lines: Vec<ConsoleLine>,
    /// What the port is doing.
    pub state: &'static str,
    /// It listens.
    pub is_open: bool,
    /// What is typed.
    pub typed: String,
    /// Whether it is shown when each line came.
    pub has_stamps: bool,
}

impl Wizard {
    pub(crate) fn view(
        &self,
        language: Language,
        joined: Option<JoinView>,
        devices: Vec<String>,
    ) -> BoardView {
        let now = self.step();
        let row = |step: Step| StepRow {
            name: text::board_step(language, step),
            detail: self.detail(language, step),
            state: match step.cmp(&now) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Greater => StepState::ToDo,
                std::cmp::Ordering::Equal if self.fault.is_some() => StepState::Failed,
                std::cmp::Ordering::Equal => StepState::Now,
            },
        };
        BoardView {
            steps: STEPS.map(row).to_vec(),
            pane: self.pane(language, devices),
            joined,
            address: String::new(),
            is_address_wrong: false,
            fault: self
                .fault
                .as_ref()
                .map(|fault| text::board_fault(language, fault)),
            console: ConsoleView {
                lines: self.console.lines(language),
                state: text::board_port(language, self.port()),
                is_open: self.stage == Stage::Running,
                typed: self.console.typed.clone(),
                has_stamps: self.console.has_stamps,
            },
        }
    }

    /// The step in hand.
    const fn step(&self) -> Step {
        match self.stage {
            Stage::Unknown | Stage::Unable => Step::Browser,
            Stage::Waiting | Stage::Connecting => Step::Board,
            // A board for which there is nothing.
            Stage::Found if self.fault.is_some() && self.is_refused() => Step::Firmware,
            Stage::Found | Stage::Flashing | Stage::Stopping => Step::Flash,
            Stage::Flashed | Stage::Keeping => Step::Settings,
            Stage::Starting | Stage::Running => Step::Join,
        }
    }

    const fn is_refused(&self) -> bool {
        matches!(
            self.fault,
            Some(Fault::WrongChip { .. } | Fault::SmallFlash { .. } | Fault::NoFirmware)
        )
    }

    const fn port(&self) -> Port {
        match self.stage {
            Stage::Unknown | Stage::Unable | Stage::Waiting => Port::Closed,
            Stage::Running => Port::Open,
            _ => Port::Flash,
        }
    }

    /// What is known of a step.
    fn detail(&self, language: Language, step: Step) -> String {
        let now = self.step();
        match step {
            Step::Browser if now > step => text::BOARD_HAS_SERIAL.to(language).to_owned(),
            Step::Board => self.chip.as_ref().map_or_else(
                || text::BOARD_NO_BOARD_YET.to(language).to_owned(),
                |chip| text::board_chip(language, chip),
            ),
            Step::Firmware => match (&self.firmware, self.build()) {
                (Some(firmware), Some(_)) => text::board_version(language, &firmware.version),
                _ => String::new(),
            },
            Step::Flash if matches!(self.stage, Stage::Flashing | Stage::Stopping) => {
                text::board_progress(language, self.percent(), self.seconds_left())
            }
            Step::Settings if now <= step && !self.is_mute() => {
                text::BOARD_OR_CABLE.to(language).to_owned()
            }
            Step::Join => text::BOARD_TO_THE_MAP.to(language).to_owned(),
            Step::Browser | Step::Flash | Step::Settings => String::new(),
        }
    }

    fn pane(&self, language: Language, devices: Vec<String>) -> Pane {
        match self.stage {
            Stage::Unknown | Stage::Unable => Pane::Browser,
            Stage::Waiting => Pane::Board(false),
            Stage::Connecting => Pane::Board(true),
            Stage::Found if self.is_refused() => Pane::Board(false),
            Stage::Found | Stage::Flashing | Stage::Stopping => {
                Pane::Flash(self.flash_view(language))
            }
            Stage::Flashed | Stage::Keeping => Pane::Settings(Box::new(SettingsView {
                form: self.form.clone(),
                ways: self.ways(),
                devices,
                fault: self
                    .form_fault
                    .map(|fault| (fault, text::board_form_fault(language, fault))),
                is_writing: self.stage == Stage::Keeping,
                can_keep: !self.is_blank(),
            })),
            Stage::Starting | Stage::Running => Pane::Join {
                is_running: self.stage == Stage::Running,
                is_mute: self.is_mute(),
            },
        }
    }

    fn flash_view(&self, language: Language) -> FlashView {
        let is_stopping = self.stage == Stage::Stopping;
        let is_writing = is_stopping || self.stage == Stage::Flashing;
        let (done, total) = self.amount();
        FlashView {
            is_writing,
            is_stopping,
            can_write: self.stage == Stage::Found && self.build().is_some(),
            percent: self.percent(),
            amount: if is_writing {
                text::board_amount(language, done, total)
            } else {
                String::new()
            },
            rows: self.rows(language, is_writing),
            erase: self.erase,
            is_mute: self.is_mute(),
        }
    }

    fn rows(&self, language: Language, is_writing: bool) -> Vec<PartRow> {
        let Some(build) = self.build() else {
            return Vec::new();
        };
        let parts = build.parts.iter().enumerate().map(|(place, part)| {
            let (done, total) = self.progress.parts.get(place).copied().unwrap_or_default();
            let percent = if is_writing {
                hundredths(done, total)
            } else {
                0
            };
            let state = PartState::Written(percent);
            (
                part.offset,
                part.bytes,
                text::board_part(language, &part.name),
                state,
            )
        });
        let state = match (self.erase, self.is_blank()) {
            (true, _) => PartState::Written(0),
            (false, true) => PartState::Empty,
            (false, false) => PartState::Kept,
        };
        let settings = build.settings;
        let name = text::BOARD_PART_SETTINGS.to(language);
        let mut rows: Vec<_> = parts
            .chain([(settings.offset, settings.bytes, name, state)])
            .collect();
        rows.sort_by_key(|(offset, ..)| *offset);
        rows.into_iter()
            .map(|(offset, bytes, name, state)| PartRow {
                address: format!("0x{offset:06x}"),
                name,
                bytes,
                state,
                words: text::board_part_state(language, state, is_writing, self.erase),
            })
            .collect()
    }

    /// Bytes on the line: done, and in all. What is not known yet is as long as its part, compressed by half.
    fn amount(&self) -> (u32, u32) {
        let parts = self
            .build()
            .map(|build| &build.parts[..])
            .unwrap_or_default();
        let mut sum = (0_u32, 0_u32);
        for (place, (done, total)) in self.progress.parts.iter().enumerate() {
            let guess = parts.get(place).map_or(1, |part| part.bytes / 2);
            sum.0 = sum.0.saturating_add(*done);
            sum.1 = sum
                .1
                .saturating_add(if *total == 0 { guess } else { *total });
        }
        sum
    }

    fn percent(&self) -> u32 {
        let (done, total) = self.amount();
        hundredths(done, total)
    }

    /// How long it takes yet, once there is something to tell it from.
    fn seconds_left(&self) -> Option<u64> {
        let (done, total) = self.amount();
        let took_ms = self.progress.now_ms.saturating_sub(self.progress.began_ms);
        if took_ms < 1000 || done == 0 {
            return None;
        }
        let left = u64::from(total.saturating_sub(done));
        Some((left * took_ms / u64::from(done)).div_ceil(1000))
    }
}

/// What the port is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Nothing.
    Closed,
    /// It talks to the bootloader.
    Flash,
    /// It listens to the program.
    Open,
}

fn hundredths(done: u32, total: u32) -> u32 {
    let percent = u64::from(done) * 100 / u64::from(total.max(1));
    u32::try_from(percent.min(100)).unwrap_or(100)
}
