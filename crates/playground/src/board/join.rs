//! A board at this page's broker: frames come in and go out, and between them is a run like any other, whose broker is in it
//! and whose device is outside. It goes on by the clock on the wall, whether it is shown or not.

use super::wire::Wire;
use super::world::World;
use crate::going::Going;
use crate::run::Run;
use board::serial::{Frame, Pieces};
use bytes::Bytes;
use sim::scenario::{Action, NodeAction, Outside};
use sim::{Cursor, remote::What};

/// So many bytes go into one frame; a board takes up to 2,048.
const PIECE_BYTES: usize = 1024;
/// The first byte of a CONNECT (3.1.1 and 5.0, section 3.1.1).
const CONNECT: u8 = 0x10;
/// A board that has not said what it is after so long is one that cannot: microseconds.
const PATIENCE_MICROS: u64 = 3_000_000;

/// How frames come and go.
pub(crate) enum Line {
    /// Over a serial port.
    Cable,
    /// Over a WebSocket that the page opens.
    Network(Wire),
}

/// A board that is, was or will be at this page's broker.
pub(crate) struct Join {
    pub(crate) line: Line,
    /// The run, as soon as there is one.
    pub(crate) going: Going,
    world: Option<World>,
    pieces: Pieces,
    /// What the board says it is, once it is known or given up.
    about: Option<Option<String>>,
    /// Since when the board is asked what it is.
    asked: Option<u64>,
    /// The board wants a connection, and gets it when it has said what it is.
    wants: bool,
    /// It has wanted one, or has spoken: there has to be a run.
    is_due: bool,
    /// The board that is there now says that it is something else.
    other: Option<String>,
    /// What has been handed to the board.
    handed: Cursor,
    /// The connection that is open.
    connection: Option<u32>,
    /// The page has offered itself: a board that waits for that speaks at once.
    is_offered: bool,
    /// Frames with MQTT that came, and that went.
    pub(crate) counts: (usize, usize),
    /// How often it has connected.
    pub(crate) times: usize,
}

impl Join {
    pub(crate) fn new(line: Line) -> Self {
        Self {
            line,
            going: Going::default(),
            world: None,
            pieces: Pieces::default(),
            about: None,
            asked: None,
            wants: false,
            is_due: false,
            other: None,
            handed: Cursor::START,
            connection: None,
            is_offered: false,
            counts: (0, 0),
            times: 0,
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether there is a run.
    pub(crate) const fn has_begun(&self) -> bool {
        self.world.is_some()
    }

    /// What the board is called.
    pub(crate) fn board_name(&self) -> &str {
        self.world.as_ref().map_or("", |it| &it.board)
    }

    /// The board and its twin, by name.
    #[cfg(test)]
    pub(crate) fn pair(&self) -> Option<(&str, &str)> {
        let world = self.world.as_ref()?;
        Some((&world.board, world.twin.as_deref()?))
    }

    /// The same line with another board at its end, if there is one.
    pub(crate) fn turned(&mut self) -> Option<Self> {
        let about = Some(self.other.take()?);
        Some(Self {
            about: Some(about),
            wants: self.wants,
            is_due: self.wants,
            is_offered: self.is_offered,
            asked: self.asked,
            ..Self::new(std::mem::replace(&mut self.line, Line::Cable))
        })
    }

    /// The run of a board that wants a connection, unless there is one.
    pub(crate) fn begin(&mut self) -> Option<Run> {
        if self.world.is_some() || !self.is_due {
            return None;
        }
        let world = World::of(self.about.as_ref()?.as_deref())?;
        let run = Run::live(world.work.clone(), &device::script::Interpreter::default())?;
        self.world = Some(world);
        Some(run)
    }

    /// Asks the board what it is, and offers to be its broker: it may be waiting for that.
    pub(crate) fn offer(&mut self, now: u64) -> [Frame; 2] {
        self.is_offered = true;
        self.asked = Some(now);
        [Frame::Ask, Frame::Open]
    }

    /// A frame came from the board. What is for the run comes back, and what goes back to the board is in `back`.
    pub(crate) fn listen(
        &mut self,
        now: u64,
        frame: Frame,
        back: &mut Vec<Frame>,
    ) -> Option<Frame> {
        match frame {
            Frame::Device { at, of, piece } => {
                if let Some(text) = self.pieces.take(at, of, &piece) {
                    self.told(String::from_utf8(text).ok());
                }
                None
            }
            Frame::Open => {
                self.wants = true;
                self.is_due = true;
                if self.about.is_none() {
                    self.asked = Some(now);
                    back.push(Frame::Ask);
                }
                None
            }
            Frame::Data(bytes) => {
                if self.is_offered && bytes.first() == Some(&CONNECT) {
                    self.is_due = true;
                    // It speaks, and has not said before what it is: it will not.
                    self.about.get_or_insert(None);
                }
                Some(Frame::Data(bytes))
            }
            Frame::Close => Some(Frame::Close),
            Frame::Ask => None,
        }
    }

    /// The board has said what it is, or cannot.
    pub(crate) fn told(&mut self, text: Option<String>) {
        match &self.about {
            None => self.about = Some(text),
            // A board that has just got its connection is what it was.
            Some(known) if *known != text && self.connection.is_none() => self.other = text,
            Some(_) => {}
        }
    }

    /// Whether it is known what the board is.
    pub(crate) const fn is_told(&self) -> bool {
        self.about.is_some()
    }

    /// A board that was asked and has been silent for too long cannot say what it is.
    pub(crate) fn give_up_asking(&mut self, now: u64) {
        let is_late = |asked: u64| now.saturating_sub(asked) > PATIENCE_MICROS;
        if self.wants && self.asked.is_some_and(is_late) {
            self.about.get_or_insert(None);
        }
    }

    /// A board that wants a connection gets it. Who asks again has lost the one before.
    pub(crate) fn admit(&mut self, run: &mut Run, back: &mut Vec<Frame>) {
        if std::mem::take(&mut self.wants) {
            self.close(run, "the board began again", back);
            back.push(Frame::Open);
            self.open(run, back);
        }
    }

    /// A frame came from the board; what goes back.
    pub(crate) fn hear(&mut self, run: &mut Run, frame: Frame, back: &mut Vec<Frame>) {
        match frame {
            Frame::Data(bytes) => {
                // What comes before the board has asked, and does not begin with a CONNECT, belongs to a connection that is gone.
                let is_new = bytes.first() == Some(&CONNECT);
                if self.connection.is_none() && self.is_offered && is_new {
                    self.open(run, back);
                }
                if let Some(connection) = self.connection {
                    self.counts.0 += 1;
                    let bytes = Bytes::from(bytes);
                    self.tell(run, Outside::Received { connection, bytes }, back);
                }
            }
            Frame::Close => self.close(run, "closed by the board", back),
            Frame::Open | Frame::Ask | Frame::Device { .. } => {}
        }
    }

    /// Time has passed.
    pub(crate) fn go_on(&mut self, run: &mut Run, back: &mut Vec<Frame>) {
        self.step(run, None, back);
    }

    /// Somebody does something in the world.
    pub(crate) fn act(&mut self, run: &mut Run, act: Action, back: &mut Vec<Frame>) {
        self.step(run, Some(act), back);
    }

    /// The line is gone, and the connection with it. Nobody can be told any more.
    pub(crate) fn lose(&mut self, run: Option<&mut Run>) {
        self.is_offered = false;
        self.wants = false;
        if let Some(run) = run {
            self.close(run, "the line is gone", &mut Vec::new());
        }
    }

    fn open(&mut self, run: &mut Run, back: &mut Vec<Frame>) {
        let connection = run.head().next_connection();
        self.connection = Some(connection);
        self.is_offered = false;
        self.times += 1;
        self.tell(run, Outside::Opened { connection }, back);
        self.twin_line(run, back, |a, b| Action::Restore { a, b });
    }

    fn close(&mut self, run: &mut Run, why: &str, back: &mut Vec<Frame>) {
        if let Some(connection) = self.connection.take() {
            let why = why.to_owned();
            self.tell(run, Outside::Closed { connection, why }, back);
            self.twin_line(run, back, |a, b| Action::Cut {
                a,
                b,
                after_bytes: 0,
                span: None,
            });
        }
    }

    fn tell(&mut self, run: &mut Run, what: Outside, back: &mut Vec<Frame>) {
        let Some(node) = self.world.as_ref().map(|it| it.board.clone()) else {
            return;
        };
        let act = NodeAction::Outside(what);
        self.step(run, Some(Action::Node { node, act }), back);
    }

    /// What happens to the board's line happens to its twin's.
    fn twin_line(
        &mut self,
        run: &mut Run,
        back: &mut Vec<Frame>,
        what: impl FnOnce(String, String) -> Action,
    ) {
        let ends = self
            .world
            .as_ref()
            .and_then(|it| Some((it.twin.clone()?, it.broker.clone())));
        if let Some((twin, broker)) = ends {
            self.step(run, Some(what(twin, broker)), back);
        }
    }

    fn step(&mut self, run: &mut Run, act: Option<Action>, back: &mut Vec<Frame>) {
        let now = self.going.now;
        run.live_on(now, act);
        // What follows at once is part of it: no latency, no waiting.
        run.live_on(now, None);
        let handed = run.handouts(self.handed);
        self.handed = run.log().end();
        for handout in handed {
            match handout.what {
                What::Bytes(bytes) if Some(handout.connection) == self.connection => {
                    self.counts.1 += 1;
                    let pieces = bytes.chunks(PIECE_BYTES);
                    back.extend(pieces.map(|piece| Frame::Data(piece.to_vec())));
                }
                What::Close if Some(handout.connection) == self.connection => {
                    self.connection = None;
                    back.push(Frame::Close);
                }
                What::Bytes(_) | What::Close | What::Dial { .. } | What::Opened => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    /// CONNECT of 3.1.1 with a kept session, SUBSCRIBE to `t`, then PUBLISH of `a` to it at QoS 1.
    const HELLO: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03abc";
    const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x01";
    const PUBLISH: &[u8] = b"\x32\x06\x00\x01t\x00\x07a";
    const LAMP: &str = "scenario \"x\"\nnode b broker\nnode abc lamp\n  session kept\n  subscribe \"t\" qos 1\nlink abc to b\n";

    fn data(bytes: &[u8]) -> Frame {
        Frame::Data(bytes.to_vec())
    }

    /// A board and its run, as the page holds them.
    struct Desk {
        join: Join,
        run: Option<Run>,
    }

    impl Desk {
        fn new() -> Self {
            let join = Join::new(Line::Cable);
            Self { join, run: None }
        }

        fn hear(&mut self, now_ms: u64, frame: Frame) -> Vec<Frame> {
            self.join.going.clock(now_ms * 1000);
            let mut back = Vec::new();
            let frame = self.join.listen(now_ms * 1000, frame, &mut back);
            self.join.give_up_asking(now_ms * 1000);
            if let Some(run) = self.join.begin() {
                self.run = Some(run);
            }
            if let Some(run) = &mut self.run {
                self.join.go_on(run, &mut back);
                self.join.admit(run, &mut back);
                if let Some(frame) = frame {
                    self.join.hear(run, frame, &mut back);
                }
            }
            back
        }

        fn told(&mut self, text: &str) {
            self.join.told(Some(text.to_owned()));
        }
    }

    #[test]
    fn a_board_joins_publishes_is_cut_and_resumes() {
        let mut desk = Desk::new();
        assert_eq!(desk.hear(1000, data(PUBLISH)), [], "nobody has asked yet");
        assert_eq!(desk.hear(1100, Frame::Open), [Frame::Ask]);
        assert!(!desk.join.is_open(), "it has not said what it is");
        let pieces: Vec<Frame> = Frame::pieces(LAMP).collect();
        assert_eq!(desk.hear(1150, pieces[0].clone()), [Frame::Open]);
        assert_eq!(desk.join.pair(), Some(("abc", "abc-twin")));
        assert_eq!(desk.hear(1200, data(HELLO)), [data(b"\x20\x02\x00\x00")]);
        assert_eq!(
            desk.hear(1300, data(SUBSCRIBE)),
            [data(b"\x90\x03\x00\x01\x01")]
        );
        let answers = desk.hear(1400, data(PUBLISH));
        assert!(answers.contains(&data(b"\x40\x02\x00\x07")), "{answers:?}");
        assert!(desk.join.is_open());
        desk.join.lose(desk.run.as_mut());
        assert!(!desk.join.is_open());
        assert_eq!(desk.hear(3000, Frame::Open), [Frame::Open]);
        // Session present, and what was not acknowledged comes again.
        let answers = desk.hear(3100, data(HELLO));
        assert_eq!(answers[0], data(b"\x20\x02\x01\x00"));
        let Frame::Data(again) = &answers[1] else {
            panic!("{answers:?}");
        };
        assert_eq!(again[0] & 0xf8, 0x38, "PUBLISH with DUP");
        assert_eq!(desk.join.times, 2);
        // All of it can be replayed.
        let settled = desk.run.unwrap().settled();
        assert!(
            Run::of(settled, &device::script::Interpreter::default())
                .unwrap()
                .log()
                .end()
                .0
                > 10
        );
    }

    #[test]
    fn a_board_that_cannot_say_what_it_is_joins_without_a_twin() {
        for offered in [true, false] {
            let mut desk = Desk::new();
            if offered {
                assert_eq!(desk.join.offer(0), [Frame::Ask, Frame::Open]);
                assert_eq!(desk.hear(10, data(HELLO)), [data(b"\x20\x02\x00\x00")]);
            } else {
                assert_eq!(desk.hear(0, Frame::Open), [Frame::Ask]);
                assert_eq!(desk.hear(4000, Frame::Ask), [Frame::Open]);
            }
            assert!(desk.join.is_open() && desk.join.pair().is_none());
        }
    }

    #[test]
    fn another_board_on_the_same_line_is_another_world() {
        let mut desk = Desk::new();
        desk.told(LAMP);
        desk.hear(0, Frame::Open);
        desk.told(&LAMP.replace("abc", "xyz"));
        assert!(desk.join.turned().is_none(), "it is connected");
        desk.join.lose(desk.run.as_mut());
        desk.told(LAMP);
        assert!(desk.join.turned().is_none(), "it is the same");
        desk.told(&LAMP.replace("abc", "xyz"));
        desk.join.wants = true;
        let mut next = desk.join.turned().unwrap();
        assert!(next.begin().is_some());
        assert_eq!(next.pair(), Some(("xyz", "xyz-twin")));
    }

    #[test]
    fn what_is_left_of_an_old_connection_is_not_taken_for_a_new_one() {
        let mut desk = Desk::new();
        desk.told(LAMP);
        desk.join.offer(0);
        assert_eq!(desk.hear(10, data(PUBLISH)), []);
        assert!(!desk.join.is_open());
        assert_eq!(desk.hear(20, data(HELLO)), [data(b"\x20\x02\x00\x00")]);
    }

    #[test]
    fn a_broker_that_hangs_up_says_so() {
        let mut desk = Desk::new();
        desk.told(LAMP);
        assert_eq!(desk.hear(0, Frame::Open), [Frame::Open]);
        let answers = desk.hear(10, data(PUBLISH));
        assert_eq!(
            answers,
            [Frame::Close],
            "the first packet has to be CONNECT"
        );
        assert!(!desk.join.is_open());
        // It is not opened again before the board asks.
        assert_eq!(desk.hear(20, data(PUBLISH)), []);
    }
}
