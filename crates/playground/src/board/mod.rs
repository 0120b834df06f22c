//! A board on a cable: from the check of the browser to a device on the map.
//!
//! [`Wizard`] is the way there, step by step. It opens no port: it says what the page is to do ([`CableCommand`]) and is told
//! what came of it ([`CableEvent`]).

mod cable;
mod console;
mod form;
mod join;
mod look;
mod manifest;
mod view;
mod wire;
mod world;

pub use cable::{CableCommand, CableEvent, Chip, Contents, Fault, Piece};
pub use console::{ConsoleLine, stamp};
pub use form::{Form, FormFault, FormField, KINDS, LEDS, WAYS, Way};
pub(crate) use join::{Join, Line};
pub(crate) use look::of_board as look_of_board;
pub use view::{
    BoardView, ConsoleView, FlashView, JoinView, Pane, PartRow, PartState, Port, SettingsView,
    StepRow, StepState, StripView,
};
pub(crate) use wire::{Heard, Said, Wire, is_boards};
pub(crate) use world::{devices, twins};

use self::console::{Console, TYPED_MAX_CHARS};
use crate::text::{self, Language, Words};
use ::board::serial::Frame;
use ::board::{Led, PARTITION_BYTES};
use manifest::{Build, Manifest};

/// What the user does on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum BoardAction {
    /// Something came of what was asked of the cable; when, in milliseconds of any clock.
    Cable(u64, CableEvent),
    /// Chooses a port.
    Connect,
    /// Wants everything erased first, or not.
    Erase(bool),
    /// Writes the firmware.
    Flash,
    /// Stops writing.
    Stop,
    /// Leaves the settings on the board as they are.
    KeepSettings,
    /// Writes the settings of the form.
    WriteSettings,
    /// Goes back to the settings.
    ChangeSettings,
    /// Chooses where the broker is.
    ChooseWay(Way),
    /// Chooses what the board is: its place in [`KINDS`].
    ChooseKind(usize),
    /// Chooses that the board is a device of the world that is open: which.
    ChooseDevice(usize),
    /// Chooses how the lamp is wired.
    ChooseLed(Led),
    /// Types into a field.
    Fill(FormField, String),
    /// Leaves the firmware on the board as it is.
    Skip,
    /// Lets the port go.
    Leave,
    /// Types the address of a board in the network.
    Address(String),
    /// Becomes the broker of the board at that address.
    Dial,
    /// Shows the run with the board, as it is now.
    Show,
    /// Goes to the first packet in which board and twin differ.
    ShowDifference,
    /// Ends the run with the board: what happened stays as a run like any other.
    End,
    /// Types into the console.
    Type(String),
    /// Sends what is typed.
    Send,
    /// Shows when each line came, or not.
    Stamps(bool),
    /// Empties the console.
    Clear,
    /// Saves the console as a file.
    Save,
}

/// A step on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Whether the browser can do it.
    Browser,
    /// Which board it is.
    Board,
    /// Which firmware there is for it.
    Firmware,
    /// Writing it.
    Flash,
    /// Network and broker.
    Settings,
    /// It is a device like any other.
    Join,
}

/// All steps, in order.
pub const STEPS: [Step; 6] = [
    Step::Browser,
    Step::Board,
    Step::Firmware,
    Step::Flash,
    Step::Settings,
    Step::Join,
];

/// The maker of the chips, by its number among the makers of USB devices.
const ESPRESSIF: u16 = 0x303a;

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Nobody has asked the browser yet.
    #[default]
    Unknown,
    /// The browser cannot do it.
    Unable,
    /// No board is there yet.
    Waiting,
    /// A port was asked for.
    Connecting,
    /// The chip is known, and there is firmware for it or not.
    Found,
    /// Writing the firmware.
    Flashing,
    /// It is to stop, and has not yet.
    Stopping,
    /// The firmware is there; what about the settings?
    Flashed,
    /// Writing the settings.
    Keeping,
    /// The program is being started.
    Starting,
    /// It runs, and the console listens.
    Running,
}

/// What is being written.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Of each part: bytes on the line, done and in all.
    parts: Vec<(u32, u32)>,
    began_ms: u64,
    now_ms: u64,
}

/// The way of a board to the map.
pub struct Wizard {
    stage: Stage,
    has_asked: bool,
    firmware: Option<Manifest>,
    usb: Option<(u16, u16)>,
    chip: Option<Chip>,
    erase: bool,
    /// The address of the chip whose settings were erased with everything else.
    blank: Option<String>,
    progress: Progress,
    fault: Option<Fault>,
    form: Form,
    form_fault: Option<FormFault>,
    console: Console,
    /// The time of the last event.
    now_ms: u64,
    edition: usize,
}

impl Default for Wizard {
    fn default() -> Self {
        Self {
            stage: Stage::default(),
            has_asked: false,
            firmware: None,
            usb: None,
            chip: None,
            erase: false,
            blank: None,
            progress: Progress::default(),
            fault: None,
            form: Form::default(),
            form_fault: None,
            console: Console::new(),
            now_ms: 0,
            edition: 0,
        }
    }
}

/// What comes of an action besides what is to be done with the cable.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For the cable.
    pub cable: Vec<CableCommand>,
    /// Frames with MQTT that came.
    pub frames: Vec<Frame>,
    /// The console as a file.
    pub saved: Option<String>,
}

impl From<CableCommand> for Outcome {
    fn from(command: CableCommand) -> Self {
        Self {
            cable: vec![command],
            ..Self::default()
        }
    }
}

impl Wizard {
    /// Counts what has changed.
    pub(crate) const fn edition(&self) -> (usize, usize) {
        (self.edition, self.console.edition)
    }

    /// The user comes to the screen.
    pub(crate) fn enter(&mut self) -> Option<CableCommand> {
        (!std::mem::replace(&mut self.has_asked, true)).then_some(CableCommand::Look)
    }

    /// Does what the action says.
    pub(crate) fn act(&mut self, action: BoardAction, language: Language) -> Outcome {
        self.edition += 1;
        match action {
            BoardAction::Cable(now_ms, event) => {
                self.now_ms = now_ms;
                return self.happened(event);
            }
            BoardAction::Connect if self.can_connect() => {
                self.fault = None;
                self.chip = None;
                self.stage = Stage::Connecting;
                self.console.begin();
                return CableCommand::Connect.into();
            }
            BoardAction::Erase(erase) => self.erase = erase,
            BoardAction::Flash => return self.flash(),
            BoardAction::Stop if self.stage == Stage::Flashing => {
                self.stage = Stage::Stopping;
                return CableCommand::Stop.into();
            }
            BoardAction::KeepSettings if self.stage == Stage::Flashed => return self.start(),
            BoardAction::WriteSettings => return self.keep(),
            BoardAction::ChooseWay(way) if self.ways().contains(&way) => {
                self.form.way = way;
                self.form_fault = None;
            }
            BoardAction::ChooseKind(kind) => {
                self.form.kind = kind;
                self.form.device = None;
            }
            BoardAction::ChooseLed(led) => self.form.led = led,
            BoardAction::Fill(field, text) => {
                self.form.fill(field, text);
                if self.form_fault.is_some_and(|fault| fault.field() == field) {
                    self.form_fault = None;
                }
            }
            BoardAction::Skip if self.stage == Stage::Found => {
                if self.build().is_none() {
                    return self.start();
                }
                self.stage = Stage::Flashed;
                self.fault = None;
            }
            BoardAction::ChangeSettings | BoardAction::Leave if self.stage == Stage::Running => {
                self.stage = Stage::Waiting;
                self.chip = None;
                return CableCommand::Close.into();
            }
            BoardAction::Type(text) => {
                self.console.typed = text.chars().take(TYPED_MAX_CHARS).collect();
            }
            BoardAction::Send if self.stage == Stage::Running => {
                let line = std::mem::take(&mut self.console.typed);
                let shown = line.clone();
                self.console
                    .say(self.now_ms, Words::of(|_| format!("> {shown}")));
                return CableCommand::Send(format!("{line}\n").into_bytes()).into();
            }
            BoardAction::Stamps(has_stamps) => self.console.has_stamps = has_stamps,
            BoardAction::Clear => self.console.clear(),
            BoardAction::Save => {
                return Outcome {
                    saved: Some(self.console.saved(language)),
                    ..Outcome::default()
                };
            }
            // What is asked for at the wrong time.
            BoardAction::Connect
            | BoardAction::Stop
            | BoardAction::KeepSettings
            | BoardAction::ChangeSettings
            | BoardAction::Skip
            | BoardAction::Leave
            | BoardAction::Send
            | BoardAction::ChooseWay(_)
            // What is about the run, and not about the way there.
            | BoardAction::Address(_)
            | BoardAction::ChooseDevice(_)
            | BoardAction::Dial
            | BoardAction::Show
            | BoardAction::ShowDifference
            | BoardAction::End => {}
        }
        Outcome::default()
    }

    /// The board is to be this device: its name, and its text.
    pub(crate) fn choose_device(&mut self, device: Option<(String, String)>) {
        self.edition += 1;
        self.form.device = device;
        self.form_fault = None;
    }

    fn can_connect(&self) -> bool {
        matches!(
            self.stage,
            Stage::Waiting | Stage::Found | Stage::Flashed | Stage::Running
        )
    }

    /// The firmware for the chip that is there, if its board has room for it.
    fn build(&self) -> Option<&Build> {
        let chip = self.chip.as_ref()?;
        let build = self.firmware.as_ref()?.build(&chip.family)?;
        build.fits(chip).then_some(build)
    }

    /// Whether the settings of the chip that is there are gone.
    fn is_blank(&self) -> bool {
        let chip = self.chip.as_ref();
        chip.is_some_and(|it| self.blank.as_ref() == Some(&it.mac))
    }

    /// Whether the cable leads to a chip for USB beside the board's own. Our program speaks over the USB port of the chip itself: on such a
    /// cable it can be written, and not heard. A port that says no ids may be either.
    fn is_mute(&self) -> bool {
        self.usb.is_some_and(|(vendor, _)| vendor != ESPRESSIF)
    }

    fn flash(&mut self) -> Outcome {
        let Some(build) = self.build().filter(|_| self.stage == Stage::Found) else {
            return Outcome::default();
        };
        let parts = build.parts.iter().map(|part| Piece {
            offset: part.offset,
            contents: Contents::File {
                path: part.path(),
                sha256: part.sha256.clone(),
            },
        });
        let parts: Vec<Piece> = parts.collect();
        self.begin_writing(parts.len());
        self.stage = Stage::Flashing;
        CableCommand::Write {
            parts,
            erase: self.erase,
        }
        .into()
    }

    fn keep(&mut self) -> Outcome {
        let Some(place) = self.build().map(|build| build.settings) else {
            return Outcome::default();
        };
        if self.stage != Stage::Flashed {
            return Outcome::default();
        }
        let room = usize::try_from(place.bytes).unwrap_or_default();
        match self.form.partition() {
            Ok(bytes) if PARTITION_BYTES <= room => {
                self.form_fault = None;
                self.begin_writing(1);
                self.stage = Stage::Keeping;
                self.console.say(self.now_ms, text::BOARD_WRITING_SETTINGS);
                let parts = vec![Piece {
                    offset: place.offset,
                    contents: Contents::Bytes(bytes),
                }];
                CableCommand::Write {
                    parts,
                    erase: false,
                }
                .into()
            }
            Ok(_) => {
                self.form_fault = Some(FormFault::TooLong);
                Outcome::default()
            }
            Err(fault) => {
                self.form_fault = Some(fault);
                Outcome::default()
            }
        }
    }

    fn begin_writing(&mut self, parts: usize) {
        self.fault = None;
        self.progress = Progress {
            parts: vec![(0, 0); parts],
            began_ms: self.now_ms,
            now_ms: self.now_ms,
        };
    }

    fn start(&mut self) -> Outcome {
        self.fault = None;
        self.stage = Stage::Starting;
        self.console.begin();
        CableCommand::Run.into()
    }

    fn happened(&mut self, event: CableEvent) -> Outcome {
        let now = self.now_ms;
        match event {
            CableEvent::Browser {
                has_serial,
                is_secure,
            } => {
                self.fault = match (is_secure, has_serial) {
                    (true, true) => None,
                    (false, _) => Some(Fault::NotSecure),
                    (true, false) => Some(Fault::NoSerial),
                };
                self.stage = if self.fault.is_some() {
                    Stage::Unable
                } else {
                    Stage::Waiting
                };
            }
            CableEvent::Firmware(text) => {
                self.firmware = text.as_deref().and_then(Manifest::read);
                if self.firmware.is_none() && self.fault.is_none() {
                    self.fault = Some(Fault::NoFirmware);
                }
            }
            CableEvent::Opened(usb) => {
                self.usb = usb;
                self.console
                    .say(now, Words::of(|language| text::board_opened(language, usb)));
            }
            CableEvent::Said(line) => self.console.quote(now, &line),
            CableEvent::Chip(chip) => self.found(chip),
            CableEvent::Erasing => self.blank = self.chip.as_ref().map(|it| it.mac.clone()),
            CableEvent::Wrote { part, done, total } => {
                self.progress.now_ms = now;
                if let Some(place) = self.progress.parts.get_mut(part) {
                    *place = (done.min(total), total);
                }
            }
            CableEvent::Written => return self.written(),
            CableEvent::Running => {
                self.stage = Stage::Running;
                self.console.say(now, text::BOARD_STARTED);
            }
            CableEvent::Heard(bytes) => {
                return Outcome {
                    frames: self.console.hear(now, &bytes),
                    ..Outcome::default()
                };
            }
            CableEvent::Failed(fault) => self.failed(fault),
        }
        Outcome::default()
    }

    fn found(&mut self, chip: Chip) {
        let family = chip.family.clone();
        let flash = chip.flash.clone();
        self.chip = Some(chip);
        self.stage = Stage::Found;
        if !self.ways().contains(&self.form.way) {
            self.form.way = Way::Page;
        }
        let Some(firmware) = &self.firmware else {
            return self.refuse(Fault::NoFirmware);
        };
        let Some(build) = firmware.build(&family) else {
            let known = firmware.builds.iter().map(|it| it.chip.clone()).collect();
            let found = family;
            return self.refuse(Fault::WrongChip { found, known });
        };
        if self.build().is_none() {
            let (found, needs) = (flash, build.needs());
            self.refuse(Fault::SmallFlash { found, needs });
        }
    }

    /// Where the broker of the board can be: over its cable only if that is heard.
    fn ways(&self) -> Vec<Way> {
        let mut ways = WAYS.to_vec();
        ways.retain(|way| *way != Way::Cable || !self.is_mute());
        ways
    }

    fn refuse(&mut self, fault: Fault) {
        self.console.fault(self.now_ms, &fault);
        self.fault = Some(fault);
    }

    fn written(&mut self) -> Outcome {
        match self.stage {
            Stage::Flashing | Stage::Stopping => {
                self.erase = false;
                self.stage = Stage::Flashed;
                self.console.say(self.now_ms, text::BOARD_WRITTEN);
                Outcome::default()
            }
            Stage::Keeping => {
                self.form.forget();
                self.blank = None;
                self.start()
            }
            _ => Outcome::default(),
        }
    }

    fn failed(&mut self, mut fault: Fault) {
        if fault == Fault::Stopped && self.is_blank() {
            fault = Fault::StoppedBlank;
        }
        self.console.fault(self.now_ms, &fault);
        // Writing can begin again at once if the chip is still there; it asks for the chip again if not.
        let is_there = matches!(
            fault,
            Fault::Stopped
                | Fault::StoppedBlank
                | Fault::NotFetched(_)
                | Fault::Damaged(_)
                | Fault::Mismatch
        );
        self.stage = match self.stage {
            Stage::Flashing | Stage::Stopping if is_there => Stage::Found,
            Stage::Keeping if is_there => Stage::Flashed,
            Stage::Unknown | Stage::Unable => self.stage,
            _ => Stage::Waiting,
        };
        if self.stage == Stage::Waiting {
            self.chip = None;
        }
        // Who closes the list of ports has changed their mind: that is no fault.
        self.fault = (fault != Fault::NoPort).then_some(fault);
    }
}

#[cfg(test)]
mod tests;
