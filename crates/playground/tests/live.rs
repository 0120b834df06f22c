//! A session with a real broker. A broker in a second world stands for it, and this file for the browser: it opens, moves
//! bytes and closes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use mqtt_proto::Instant;
use playground::action::{Start, Theme};
use playground::live::view::LinkState;
use playground::live::{LinkField, LiveAction, LiveCommand, Way};
use playground::measure::AverageWidths;
use playground::{Action, Command, FilesAction, LayoutAction, Playground, StopsAction};
use sim::remote::What;
use sim::scenario::{Action as Act, NodeAction, Outside};
use sim::{Cursor, Recording, Scenario};
use std::collections::BTreeMap;
use std::rc::Rc;

const FRAME_MICROS: u64 = 10_000;

/// The page, the wire, and a broker at its end.
struct Rig {
    page: Playground,
    broker: Recording,
    handed: Cursor,
    /// The broker's numbers of the page's connections, and who of its clients has it.
    there: BTreeMap<u32, (u32, String)>,
    clients: usize,
    wall: u64,
    answers: bool,
    /// Everything that went over the wire.
    sent: Vec<u8>,
    files: Vec<Vec<u8>>,
}

impl Rig {
    fn new() -> Self {
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
            sent: Vec::new(),
            files: Vec::new(),
        };
        rig.act(Action::Begin(Start {
            fragment: "#/broker".to_owned(),
            ..Start::default()
        }));
        rig.live(LiveAction::Drawn(0x1234_5678));
        rig
    }

    fn live(&mut self, action: LiveAction) {
        self.act(Action::Live(action));
    }

    fn act(&mut self, action: Action) {
        if self.page.is_live() {
            let commands = self.page.update(Action::Live(LiveAction::Clock(self.wall)));
            self.carry_out(commands);
        }
        let commands = self.page.update(action);
        self.carry_out(commands);
    }

    fn now(&self) -> Instant {
        Instant::from_micros(self.wall)
    }

    fn tell(&mut self, client: &str, outside: Outside) {
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
    fn pass(&mut self, millis: u64) {
        let until = self.wall + millis * 1000;
        while self.wall < until {
            self.wall += FRAME_MICROS;
            self.live(LiveAction::Clock(self.wall));
            let now = self.now();
            self.broker.run_until(now);
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

    fn fill(&mut self, field: LinkField, text: &str) {
        self.live(LiveAction::Fill(field, text.to_owned()));
    }

    /// What the ladder has, without times and numbers.
    fn steps(&mut self) -> Vec<String> {
        self.act(Action::ShowList(true));
        let list = self.page.list();
        let lines = list.lines().map(|(_, line, _)| line.to_owned());
        let lines: Vec<String> = lines.collect();
        self.act(Action::ShowList(false));
        lines
    }

    fn state(&self) -> LinkState {
        self.page.link().state
    }
}

#[test]
fn a_client_alone_connects_and_is_seen() {
    let mut rig = Rig::new();
    assert_eq!(rig.state(), LinkState::Idle);
    rig.fill(LinkField::User, "ann");
    rig.fill(LinkField::Password, "open-sesame");
    rig.live(LiveAction::Connect);
    rig.pass(200);
    let view = rig.page.link();
    assert_eq!(view.state, LinkState::Connected, "{:?}", view.trouble);
    assert_eq!(view.trouble, None);
    rig.live(LiveAction::Show);
    let steps = rig.steps();
    assert!(steps.iter().any(|it| it.contains("CONNACK")), "{steps:?}");
    // What is secret goes over the wire, and nowhere else.
    let holds = |bytes: &[u8]| bytes.windows(11).any(|it| it == b"open-sesame");
    assert!(holds(&rig.sent));
    rig.act(Action::Files(FilesAction::Save));
    rig.act(Action::Share);
    rig.live(LiveAction::End);
    rig.pass(20);
    rig.act(Action::Files(FilesAction::Save));
    assert!(rig.files.len() >= 3);
    for file in &rig.files {
        assert!(!holds(file), "{}", String::from_utf8_lossy(file));
    }
    // What happened stays, and runs again to the same.
    assert_eq!(rig.state(), LinkState::Idle);
    let kept = rig.steps();
    assert_eq!(kept[..steps.len().min(kept.len())], steps[..]);
}

#[test]
fn what_was_about_another_world_stays_there() {
    let mut rig = Rig::new();
    rig.act(Action::Navigated("#/play/qos1".to_owned()));
    rig.act(Action::StepForward);
    rig.act(Action::Stops(StopsAction::Mark));
    assert_eq!(rig.page.stops().markers.len(), 1);
    rig.act(Action::Navigated("#/broker".to_owned()));
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    assert_eq!(rig.page.stops().markers.len(), 0);
    // Coming back to it is going from one world to the other, too.
    let lanes = rig.page.lanes();
    rig.act(Action::Navigated("#/play/qos1".to_owned()));
    rig.act(Action::Stops(StopsAction::Mark));
    assert_eq!(rig.page.stops().markers.len(), 1);
    rig.act(Action::Layout(LayoutAction::ShowLane(0, false)));
    assert_eq!(rig.page.lanes().hidden, 1);
    rig.live(LiveAction::Show);
    assert_eq!(rig.page.stops().markers.len(), 0);
    assert_eq!(rig.page.lanes(), lanes);
}

#[test]
fn a_gate_is_shut_and_lets_pass_one_by_one() {
    let mut rig = Rig::new();
    rig.live(LiveAction::Connect);
    rig.pass(200);
    rig.live(LiveAction::Gate(Way::In, true));
    // Goodbye and hello again: the answer waits.
    rig.live(LiveAction::Disconnect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Off);
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    let gates = rig.page.link().gates.unwrap();
    assert_eq!(
        (gates.into, gates.next.1.as_deref()),
        ((true, 1), Some("CONNACK"))
    );
    rig.live(LiveAction::Pass(Way::In));
    rig.pass(100);
    assert_eq!(rig.page.link().gates.unwrap().into, (true, 0));
    rig.live(LiveAction::Cut);
    rig.pass(50);
    assert!(rig.page.link().gates.unwrap().is_cut);
    rig.live(LiveAction::Resume);
    rig.live(LiveAction::Gate(Way::In, false));
    rig.pass(3_000);
    assert_eq!(rig.state(), LinkState::Connected);
}

#[test]
fn a_broker_that_is_not_there_is_dialled_again_until_somebody_stops_it() {
    let mut rig = Rig::new();
    rig.answers = false;
    rig.live(LiveAction::Connect);
    rig.pass(100);
    let view = rig.page.link();
    assert_eq!(view.state, LinkState::Waiting);
    let trouble = view.trouble.unwrap();
    assert!(trouble.known.contains("Browsers hide"), "{trouble:?}");
    assert!(trouble.tries.contains("next automatic try"), "{trouble:?}");
    rig.pass(4_000);
    assert!(rig.page.link().trouble.unwrap().tries.contains("tried"));
    rig.live(LiveAction::Disconnect);
    rig.pass(100);
    assert_eq!(rig.state(), LinkState::Off);
    rig.answers = true;
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    assert_eq!(rig.page.link().trouble, None);
}

#[test]
fn a_lesson_runs_against_the_broker_as_it_does_against_the_simulated_one() {
    let mut rig = Rig::new();
    let worlds = rig.page.link().worlds;
    let world = worlds.iter().position(|it| it.contains("QoS 2")).unwrap();
    rig.live(LiveAction::Choose(world));
    rig.live(LiveAction::Connect);
    rig.pass(5_000);
    rig.live(LiveAction::Show);
    let steps = rig.steps().join("\n");
    for packet in ["PUBREC", "PUBREL", "PUBCOMP", "drives 1 m"] {
        assert!(steps.contains(packet), "{steps}");
    }
    let twin = rig.page.link().twin.unwrap();
    assert!(twin.contains("the same so far"), "{twin}");
    assert_eq!(
        rig.page.state().note,
        Some(playground::text::OUTSIDE_KEEPS_UNKNOWN)
    );
}
