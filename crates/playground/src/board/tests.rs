use super::*;
use ::board::{Kept, SLOT_BYTES};

const MANIFEST: &str = r#"{ "version": "1.2.3", "builds": [{ "chip": "ESP32-C3", "flash": 4194304,
    "settings": { "offset": 2097152, "bytes": 32768 },
    "parts": [
        { "name": "bootloader", "file": "boot.bin", "offset": 0, "bytes": 20000, "sha256": "aa" },
        { "name": "application", "file": "app.bin", "offset": 65536, "bytes": 800000, "sha256": "bb" }
    ] }] }"#;

fn chip(family: &str) -> CableEvent {
    chip_with(family, "aa:01", "4MB")
}

fn chip_with(family: &str, mac: &str, flash: &str) -> CableEvent {
    CableEvent::Chip(Chip {
        family: family.into(),
        description: String::new(),
        mac: mac.into(),
        flash: flash.into(),
    })
}

/// A wizard at which these things have happened, a second apart.
struct Desk {
    wizard: Wizard,
    now_ms: u64,
}

impl Desk {
    /// A browser with serial ports, and firmware.
    fn new() -> Self {
        let mut desk = Self {
            wizard: Wizard::default(),
            now_ms: 5000,
        };
        assert_eq!(desk.wizard.enter(), Some(CableCommand::Look));
        assert_eq!(desk.wizard.enter(), None, "once is enough");
        desk.hears(CableEvent::Browser {
            has_serial: true,
            is_secure: true,
        });
        desk.hears(CableEvent::Firmware(Some(MANIFEST.into())));
        desk
    }

    /// With a board of this kind on its cable.
    fn with(family: &str) -> Self {
        let mut desk = Self::new();
        assert_eq!(desk.does(BoardAction::Connect), [CableCommand::Connect]);
        desk.hears(CableEvent::Opened(Some((0x303a, 0x1001))));
        desk.hears(chip(family));
        desk
    }

    fn does(&mut self, action: BoardAction) -> Vec<CableCommand> {
        self.wizard.act(action, Language::English).cable
    }

    fn hears(&mut self, event: CableEvent) -> Vec<CableCommand> {
        self.now_ms += 1000;
        self.does(BoardAction::Cable(self.now_ms, event))
    }

    fn view(&self) -> BoardView {
        self.wizard.view(Language::English, None, Vec::new())
    }

    /// The step in hand, and what is wrong with it.
    fn at(&self) -> (&'static str, String) {
        let view = self.view();
        let is_now = |it: &&StepRow| matches!(it.state, StepState::Now | StepState::Failed);
        let step = view.steps.iter().find(is_now).unwrap();
        let fault = view.fault.map(|(what, _)| what).unwrap_or_default();
        assert_eq!(step.state == StepState::Failed, !fault.is_empty());
        (step.name, fault)
    }

    fn flash(&self) -> FlashView {
        match self.view().pane {
            Pane::Flash(view) => view,
            pane => panic!("{pane:?}"),
        }
    }
}

#[test]
fn from_the_cable_to_the_console() {
    let mut desk = Desk::with("ESP32-C3");
    assert_eq!(desk.at(), ("Flash", String::new()));
    let rows = |desk: &Desk| {
        desk.flash()
            .rows
            .into_iter()
            .map(|it| (it.address, it.words))
            .collect::<Vec<_>>()
    };
    let row = |address: &str, words: &str| (address.to_owned(), words.to_owned());
    assert_eq!(
        rows(&desk),
        [
            row("0x000000", "will be written"),
            row("0x010000", "will be written"),
            row("0x200000", "kept"),
        ]
    );
    let write = desk.does(BoardAction::Flash);
    let [
        CableCommand::Write {
            parts,
            erase: false,
        },
    ] = &write[..]
    else {
        panic!("{write:?}");
    };
    assert_eq!(parts.len(), 2, "settings are not among them");
    assert!(parts.contains(&Piece {
        offset: 65536,
        contents: Contents::File {
            path: "firmware/app.bin".into(),
            sha256: "bb".into()
        },
    }));
    desk.hears(CableEvent::Wrote {
        part: 0,
        done: 10_000,
        total: 10_000,
    });
    desk.hears(CableEvent::Wrote {
        part: 1,
        done: 100_000,
        total: 390_000,
    });
    let flash = desk.flash();
    assert_eq!(
        (flash.percent, &*flash.amount),
        (27, "110 of 400 kB, compressed")
    );
    assert_eq!(rows(&desk)[1], row("0x010000", "writing, 25 %"));
    let step = desk.view().steps[3].clone();
    assert_eq!(step.detail, "27 %, about 6 s left");
    desk.hears(CableEvent::Written);
    assert_eq!(desk.at().0, "Wi-Fi and broker");

    desk.does(BoardAction::Fill(FormField::Name, "a b".into()));
    assert_eq!(desk.does(BoardAction::WriteSettings), []);
    assert!(matches!(
        desk.view().pane,
        Pane::Settings(view) if matches!(view.fault, Some((FormFault::Name, _)))
    ));
    desk.does(BoardAction::Fill(FormField::Name, "desk-7".into()));
    let write = desk.does(BoardAction::WriteSettings);
    let [
        CableCommand::Write {
            parts,
            erase: false,
        },
    ] = &write[..]
    else {
        panic!("{write:?}");
    };
    let [
        Piece {
            offset: 0x20_0000,
            contents: Contents::Bytes(bytes),
        },
    ] = &parts[..]
    else {
        panic!("{parts:?}");
    };
    let (first, second) = bytes.split_at(SLOT_BYTES);
    let device = Kept::read(first, second).unwrap().settings().device.clone();
    assert!(device.contains("node desk-7 lamp"), "{device}");
    assert_eq!(desk.hears(CableEvent::Written), [CableCommand::Run]);
    desk.hears(CableEvent::Running);
    assert_eq!(desk.at(), ("Join", String::new()));
    desk.hears(CableEvent::Heard(b"[3] node: lamp\r\n".to_vec()));
    desk.does(BoardAction::Type("switch on".into()));
    assert_eq!(
        desk.does(BoardAction::Send),
        [CableCommand::Send(b"switch on\n".to_vec())]
    );
    let lines = desk.view().console.lines;
    let texts: Vec<&str> = lines.iter().map(|it| &*it.text).collect();
    assert_eq!(texts[0], "port opened, USB 303a:1001");
    assert_eq!(texts[texts.len() - 2..], ["[3] node: lamp", "> switch on"]);
    assert_eq!(desk.does(BoardAction::Leave), [CableCommand::Close]);
    assert_eq!(desk.at().0, "Board");
}

#[test]
fn nothing_is_written_to_another_chip() {
    let mut desk = Desk::with("ESP32-S3");
    let (step, fault) = desk.at();
    assert_eq!(step, "Firmware");
    assert!(fault.contains("ESP32-S3"), "{fault}");
    let advice = desk.view().fault.unwrap().1;
    assert!(advice.contains("ESP32-C3") && advice.contains("Nothing was written"));
    for action in [
        BoardAction::Flash,
        BoardAction::WriteSettings,
        BoardAction::KeepSettings,
    ] {
        assert_eq!(desk.does(action), []);
    }
    // The right one can be plugged in.
    assert_eq!(desk.does(BoardAction::Connect), [CableCommand::Connect]);
    desk.hears(chip("ESP32-C3"));
    assert_eq!(desk.at(), ("Flash", String::new()));
}

#[test]
fn nothing_is_written_to_a_board_with_too_little_flash() {
    for (flash, fits) in [
        ("256KB", false),
        ("2MB", false),
        ("4MB", true),
        ("16MB", true),
        // It does not say, or says something that nobody has heard of.
        ("", true),
        ("4 apples", true),
        ("99999MB", true),
    ] {
        let mut desk = Desk::with("ESP32-C3");
        assert_eq!(desk.does(BoardAction::Connect), [CableCommand::Connect]);
        desk.hears(chip_with("ESP32-C3", "aa:01", flash));
        let (step, fault) = desk.at();
        let write = desk.does(BoardAction::Flash);
        if fits {
            assert_eq!((step, &*fault, write.len()), ("Flash", "", 1), "{flash}");
            continue;
        }
        assert_eq!((step, write), ("Firmware", Vec::new()), "{flash}");
        let needed = format!("{flash} of flash, and its firmware needs 4MB");
        assert!(fault.contains(&needed), "{fault}");
        assert_eq!(desk.does(BoardAction::WriteSettings), []);
    }
    // Whatever a manifest says of itself: where its parts end is the least.
    let without = MANIFEST.replace(", \"flash\": 4194304", "");
    assert_ne!(without, MANIFEST);
    let manifest = Manifest::read(&without).unwrap();
    let build = manifest.build("ESP32-C3").unwrap();
    assert_eq!(build.needs(), 0x20_8000);
}

#[test]
fn a_cable_to_another_usb_chip_says_that_the_program_is_not_heard_on_it() {
    for (usb, is_mute) in [
        (Some((0x10c4, 0xea60)), true),
        (Some((0x1a86, 0x55d3)), true),
        (Some((0x303a, 0x1001)), false),
        (None, false),
    ] {
        let mut desk = Desk::new();
        desk.does(BoardAction::Connect);
        desk.hears(CableEvent::Opened(usb));
        desk.hears(chip("ESP32-C3"));
        assert_eq!(desk.flash().is_mute, is_mute, "{usb:?}");
        let over_cable = desk.view().steps[4].detail.contains("USB");
        desk.does(BoardAction::Skip);
        let settings = |desk: &Desk| match desk.view().pane {
            Pane::Settings(view) => view,
            pane => panic!("{pane:?}"),
        };
        let ways = settings(&desk).ways;
        assert_eq!(
            (ways.contains(&Way::Cable), over_cable),
            (!is_mute, !is_mute),
            "{usb:?}"
        );
        desk.does(BoardAction::ChooseWay(Way::Cable));
        assert_eq!(settings(&desk).form.way == Way::Cable, !is_mute);
        desk.does(BoardAction::KeepSettings);
        desk.hears(CableEvent::Running);
        let pane = desk.view().pane;
        assert!(
            matches!(pane, Pane::Join { is_running: true, is_mute: it } if it == is_mute),
            "{pane:?}"
        );
    }
}

#[test]
fn settings_that_were_erased_are_not_said_to_be_kept() {
    let settings_row = |desk: &Desk| desk.flash().rows.last().unwrap().words.clone();
    let can_keep = |desk: &Desk| match desk.view().pane {
        Pane::Settings(view) => view.can_keep,
        pane => panic!("{pane:?}"),
    };
    let mut desk = Desk::with("ESP32-C3");
    // Stopped before anything was erased, because a file was not there.
    desk.does(BoardAction::Erase(true));
    desk.does(BoardAction::Flash);
    desk.hears(CableEvent::Failed(Fault::NotFetched("app.bin".into())));
    desk.does(BoardAction::Erase(false));
    assert_eq!(settings_row(&desk), "kept");
    // Stopped without erasing.
    desk.does(BoardAction::Flash);
    desk.hears(CableEvent::Failed(Fault::Stopped));
    assert!(desk.view().fault.unwrap().1.contains("settings are kept"));
    // Stopped after erasing; whatever is written then, they stay gone.
    desk.does(BoardAction::Erase(true));
    desk.does(BoardAction::Flash);
    desk.hears(CableEvent::Erasing);
    desk.does(BoardAction::Stop);
    desk.hears(CableEvent::Failed(Fault::Stopped));
    assert!(desk.view().fault.unwrap().1.contains("settings are erased"));
    desk.does(BoardAction::Erase(false));
    assert_eq!(settings_row(&desk), "empty");
    desk.does(BoardAction::Flash);
    desk.hears(CableEvent::Written);
    assert!(!can_keep(&desk));
    // Another board has its own; this one has none until some are written.
    for (mac, keeps) in [("aa:02", true), ("aa:01", false)] {
        desk.does(BoardAction::Connect);
        desk.hears(chip_with("ESP32-C3", mac, "4MB"));
        desk.does(BoardAction::Skip);
        assert_eq!(can_keep(&desk), keeps);
    }
    desk.does(BoardAction::WriteSettings);
    desk.hears(CableEvent::Written);
    desk.hears(CableEvent::Running);
    desk.does(BoardAction::ChangeSettings);
    desk.does(BoardAction::Connect);
    desk.hears(chip("ESP32-C3"));
    desk.does(BoardAction::Skip);
    assert!(can_keep(&desk));
}

#[test]
fn every_fault_is_a_sentence_with_a_way_on() {
    let faults = [
        (Fault::NoPermission, "Board"),
        (Fault::Busy, "Board"),
        (Fault::Silent, "Board"),
        (Fault::Loose, "Board"),
        (Fault::Other("odd".into()), "Board"),
        (Fault::NotFetched("app.bin".into()), "Flash"),
        (Fault::Damaged("app.bin".into()), "Flash"),
        (Fault::Mismatch, "Flash"),
        (Fault::Stopped, "Flash"),
    ];
    for (fault, step) in faults {
        let mut desk = Desk::with("ESP32-C3");
        desk.does(BoardAction::Flash);
        desk.hears(CableEvent::Failed(fault.clone()));
        let (now, said) = desk.at();
        assert_eq!(now, step, "{fault:?}");
        assert!(said.ends_with(['.', 'd']) && said.len() > 7, "{said}");
        for language in text::LANGUAGES {
            let (what, advice) = text::board_fault(language, &fault);
            assert!(!what.is_empty() && advice.ends_with('.'), "{what} {advice}");
        }
        // And on it goes.
        if step == "Board" {
            assert_eq!(desk.does(BoardAction::Connect), [CableCommand::Connect]);
        } else {
            assert!(matches!(
                desk.does(BoardAction::Flash)[..],
                [CableCommand::Write { .. }]
            ));
        }
        assert_eq!(desk.at().1, "");
        let log = desk.view().console.lines;
        assert!(log.iter().any(|line| line.is_fault && line.text == said));
    }
}

#[test]
fn who_chooses_no_port_has_changed_their_mind() {
    let mut desk = Desk::new();
    desk.does(BoardAction::Connect);
    desk.hears(CableEvent::Failed(Fault::NoPort));
    assert_eq!(desk.at(), ("Board", String::new()));
}

#[test]
fn browsers_that_cannot_say_why() {
    for (has_serial, is_secure, says) in [
        (false, true, "no serial"),
        (true, false, "https"),
        (false, false, "https"),
    ] {
        let mut wizard = Wizard::default();
        wizard.enter();
        let event = CableEvent::Browser {
            has_serial,
            is_secure,
        };
        wizard.act(BoardAction::Cable(0, event), Language::English);
        let mut desk = Desk { wizard, now_ms: 0 };
        let (step, fault) = desk.at();
        assert!(step == "Browser" && fault.contains(says), "{fault}");
        assert_eq!(desk.does(BoardAction::Connect), []);
    }
}

#[test]
fn a_page_without_firmware_can_still_listen() {
    let mut desk = Desk::new();
    desk.hears(CableEvent::Firmware(None));
    assert!(desk.at().1.contains("no firmware"));
    desk.does(BoardAction::Connect);
    desk.hears(chip("ESP32-C3"));
    assert_eq!(desk.does(BoardAction::Flash), []);
    assert_eq!(desk.does(BoardAction::Skip), [CableCommand::Run]);
}

#[test]
fn stopping_is_asked_once_and_said_when_it_is_done() {
    let mut desk = Desk::with("ESP32-C3");
    assert_eq!(desk.does(BoardAction::Stop), []);
    desk.does(BoardAction::Erase(true));
    assert!(
        desk.flash()
            .rows
            .iter()
            .all(|row| row.words == "will be erased")
    );
    let write = desk.does(BoardAction::Flash);
    assert!(matches!(
        write[..],
        [CableCommand::Write { erase: true, .. }]
    ));
    assert_eq!(desk.does(BoardAction::Stop), [CableCommand::Stop]);
    assert_eq!(desk.does(BoardAction::Stop), []);
    assert!(desk.flash().is_stopping);
    desk.hears(CableEvent::Erasing);
    desk.hears(CableEvent::Failed(Fault::Stopped));
    assert!(desk.flash().can_write);
    // Too late: it was done already.
    desk.does(BoardAction::Flash);
    desk.hears(CableEvent::Erasing);
    desk.does(BoardAction::Stop);
    desk.hears(CableEvent::Written);
    let Pane::Settings(settings) = desk.view().pane else {
        panic!("it is written");
    };
    assert!(!settings.can_keep, "they were erased");
}

#[test]
fn secrets_are_in_nothing_that_can_be_printed() {
    let mut desk = Desk::with("ESP32-C3");
    desk.does(BoardAction::Skip);
    desk.does(BoardAction::ChooseWay(Way::Page));
    desk.does(BoardAction::Fill(FormField::Ssid, "school".into()));
    desk.does(BoardAction::Fill(
        FormField::WifiPassword,
        "opensesame".into(),
    ));
    let write = desk.does(BoardAction::WriteSettings);
    assert!(!format!("{write:?}").contains("opensesame") && !format!("{write:?}").contains("[1"));
    desk.hears(CableEvent::Written);
    desk.hears(CableEvent::Running);
    let log = desk
        .wizard
        .act(BoardAction::Save, Language::English)
        .saved
        .unwrap();
    assert!(!log.contains("opensesame"), "{log}");
    assert_eq!(desk.wizard.form.wifi_password, "");
}

#[test]
fn what_a_board_says_hides_nothing_and_turns_nothing_round() {
    let mut desk = Desk::with("ESP32-C3");
    let said = "\u{1b}[0;32mboot\u{202e}gpj.exe\u{200b} \u{5d0}\u{1b}[0m";
    desk.hears(CableEvent::Said(said.to_owned()));
    let lines = desk.view().console.lines;
    assert_eq!(
        lines.last().unwrap().text,
        "[0;32mboot⟨U+202E⟩gpj.exe⟨U+200B⟩ \u{2068}\u{5d0}[0m\u{2069}"
    );
}
