//! A page, the wire, and a broker at its end: a broker in a second world stands for the real one, and this file for the browser. It
//! opens, moves bytes and closes.

#![allow(dead_code, reason = "not every test does everything")]

use mqtt_proto::Instant;
use playground::action::{Start, Theme};
use playground::live::view::LinkState;
use playground::live::{LinkField, LiveAction, LiveCommand};
use playground::measure::AverageWidths;
use playground::text::{self, Language};
use playground::{Action, Command, FilesAction, Playground};
use sim::remote::What;
use sim::scenario::{Action as Act, NodeAction, Outside};
use sim::{Cursor, Recording, Scenario};
use std::collections::BTreeMap;
use std::rc::Rc;

const FRAME_MICROS: u64 = 10_000;

/// The page, the wire, and a broker at its end.
pub(crate) struct Rig {
    pub(crate) page: Playground,
    pub(crate) broker: Recording,
    handed: Cursor,
    /// The broker's numbers of the page's connections, and who of its clients has it.
    there: BTreeMap<u32, (u32, String)>,
    clients: usize,
    pub(crate) wall: u64,
    pub(crate) answers: bool,
    /// Whether the page takes what has come; otherwise it waits in the browser.
    pub(crate) listens: bool,
    /// Everything that went over the wire.
    pub(crate) sent: Vec<u8>,
    /// How many WebSockets the page has closed.
    pub(crate) closed: usize,
    pub(crate) files: Vec<Vec<u8>>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let mut text = "scenario \"the other side\"\nuntil 1000 h\nnode broker broker\n".to_owned();
        for client in 0..16 {
            text.push_str(&format!("remote device c{client}\n"));
        }
        for client in 0..16 {
            text.push_str(&format!("link c{client} to broker\n  latency 0 s\n"));
        }
        let scenario = Rc::new(Scenario::parse(&text).unwrap());
        let mut rig = Self {
            page: Playground::new(Box::new(AverageWidths), Theme::Light),
            broker: Recording::new(scenario, 1).unwrap(),
            handed: Cursor::START,
            there: BTreeMap::new(),
            clients: 0,
            wall: 5_000_000,
            answers: true,
            listens: true,
            sent: Vec::new(),
            closed: 0,
            files: Vec::new(),
        };
        rig.act(Action::Begin(Start {
            fragment: "#/broker".to_owned(),
            ..Start::default()
        }));
        rig.live(LiveAction::Drawn(0x1234_5678));
        rig
    }

    pub(crate) fn live(&mut self, action: LiveAction) {
        self.act(Action::Live(action));
    }

    pub(crate) fn act(&mut self, action: Action) {
        let turn = self.page.at(self.wall, action);
        self.carry_out(turn.commands);
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_micros(self.wall)
    }

    pub(crate) fn tell(&mut self, client: &str, outside: Outside) {
        let act = Act::Node {
            node: client.to_owned(),
            act: NodeAction::Outside(outside),
        };
        self.broker.act(self.now(), act).unwrap();
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Live(LiveCommand::Open(number, url)) => {
                    assert_eq!(url, "ws://localhost:9001");
                    if !self.answers {
                        let why = String::new();
                        self.live(LiveAction::Closed(number, 1006, why));
                        continue;
                    }
                    let connection = self.broker.head().next_connection();
                    let client = format!("c{}", self.clients);
                    self.clients += 1;
                    self.there.insert(number, (connection, client.clone()));
                    self.tell(&client, Outside::Opened { connection });
                    self.live(LiveAction::Opened(number, "mqtt".to_owned()));
                }
                Command::Live(LiveCommand::Send(number, bytes)) => {
                    self.sent.extend_from_slice(&bytes);
                    let (connection, client) = self.there[&number].clone();
                    self.tell(&client, Outside::Received { connection, bytes });
                }
                Command::Live(LiveCommand::Close(number)) => {
                    self.closed += 1;
                    if let Some((connection, client)) = self.there.remove(&number) {
                        let why = String::new();
                        self.tell(&client, Outside::Closed { connection, why });
                    }
                }
                Command::Download { bytes, .. } => self.files.push(bytes),
                Command::Share { text, .. } => self.files.push(text.into_bytes()),
                Command::KeepWorks(text) => self.files.push(text.into_bytes()),
                _ => {}
            }
        }
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, millis: u64) {
        let until = self.wall + millis * 1000;
        while self.wall < until {
            self.wall += FRAME_MICROS;
            self.live(LiveAction::Clock(self.wall));
            let now = self.now();
            self.broker.run_until(now);
            if !self.listens {
                continue;
            }
            let handed: Vec<_> = self.broker.handouts(self.handed).collect();
            self.handed = self.broker.log().end();
            for it in handed {
                let here = self
                    .there
                    .iter()
                    .find(|(_, there)| there.0 == it.connection);
                let Some((&number, _)) = here else { continue };
                match it.what {
                    What::Bytes(bytes) => self.live(LiveAction::Received(number, bytes)),
                    What::Close => {
                        self.there.remove(&number);
                        self.live(LiveAction::Closed(number, 1005, String::new()));
                    }
                    What::Dial { .. } | What::Opened => panic!("a broker does not dial"),
                }
            }
        }
    }

    /// Opens a file with a scenario, and chooses it to run against the broker.
    pub(crate) fn choose(&mut self, title: &str, text: &str) {
        let (file, name) = (7, "own.mqtt".to_owned());
        let bytes = text.len() as u64;
        self.act(Action::Files(FilesAction::Chosen { file, name, bytes }));
        let piece = Some(text.as_bytes().to_vec());
        self.act(Action::Files(FilesAction::Piece(file, 0, piece)));
        self.act(Action::Navigated("#/broker".to_owned()));
        let worlds = self.page.link().worlds;
        let world = worlds.iter().position(|it| it.contains(title));
        self.live(LiveAction::Choose(world.unwrap()));
    }

    pub(crate) fn fill(&mut self, field: LinkField, text: &str) {
        self.live(LiveAction::Fill(field, text.to_owned()));
    }

    /// What the ladder has, without times and numbers.
    pub(crate) fn steps(&mut self) -> Vec<String> {
        self.act(Action::ShowList(true));
        let (story, last) = (self.page.story(), self.page.position().step);
        let steps = 1..=last.min(story.steps.len());
        let lines = steps.map(|step| text::list_line(Language::English, story, step));
        let lines: Vec<String> = lines.collect();
        self.act(Action::ShowList(false));
        lines
    }

    pub(crate) fn state(&self) -> LinkState {
        self.page.link().state
    }
}
