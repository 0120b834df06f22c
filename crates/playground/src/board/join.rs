//! A board at this page's broker, over the cable: frames come in and go out, and between them is a run like any other, whose
//! broker is in it and whose device is outside.

use crate::run::Run;
use crate::work::Work;
use board::serial::Frame;
use bytes::Bytes;
use mqtt_proto::Instant;
use sim::scenario::{Action, NodeAction, Outside};
use sim::{Cursor, remote::What};

/// The name of the run in addresses.
pub(crate) const FILE: &str = "board";
/// The world: the cable takes no time that the page could tell. The board says itself what it speaks.
const WORLD: &str = "scenario \"A board on a cable\"\nuntil 20 s\nnode broker broker\nremote device board\nlink board to broker\n  latency 0 ms\n";
const BOARD: &str = "board";
/// So many bytes go into one frame; a board takes up to 2,048.
const PIECE_BYTES: usize = 1024;

/// A run with a board that goes on.
pub(crate) struct Join {
    run: Run,
    /// The page's clock when it began, in milliseconds.
    began_ms: u64,
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
    pub(crate) fn new(now_ms: u64) -> Option<Self> {
        let work = Work::own(FILE.into(), WORLD).ok()?;
        Some(Self {
            run: Run::live(work)?,
            began_ms: now_ms,
            handed: Cursor::START,
            connection: None,
            is_offered: false,
            counts: (0, 0),
            times: 0,
        })
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// What has happened, as a run that can be replayed.
    pub(crate) fn work(&self) -> Work {
        self.run.settled()
    }

    /// A frame came from the board; what goes back.
    pub(crate) fn hear(&mut self, now_ms: u64, frame: Frame) -> Vec<Frame> {
        let mut frames = Vec::new();
        match frame {
            // Who asks again has lost the connection before.
            Frame::Open => {
                self.close(now_ms, "the board began again", &mut frames);
                frames.push(Frame::Open);
                self.open(now_ms, &mut frames);
            }
            Frame::Data(bytes) => {
                // What comes before the board has asked belongs to a connection that is gone.
                if self.connection.is_none() && self.is_offered {
                    self.open(now_ms, &mut frames);
                }
                if let Some(connection) = self.connection {
                    self.counts.0 += 1;
                    let bytes = Bytes::from(bytes);
                    self.tell(now_ms, Outside::Received { connection, bytes }, &mut frames);
                }
            }
            Frame::Close => self.close(now_ms, "closed by the board", &mut frames),
        }
        frames
    }

    /// The page offers itself to a board that may be waiting for that.
    pub(crate) fn offer(&mut self) -> Frame {
        self.is_offered = true;
        Frame::Open
    }

    /// Time has passed.
    pub(crate) fn go_on(&mut self, now_ms: u64) -> Vec<Frame> {
        let mut frames = Vec::new();
        self.step(now_ms, None, &mut frames);
        frames
    }

    /// The cable is gone, and the connection with it.
    pub(crate) fn unplugged(&mut self, now_ms: u64) {
        self.is_offered = false;
        self.close(now_ms, "the cable came loose", &mut Vec::new());
    }

    fn open(&mut self, now_ms: u64, frames: &mut Vec<Frame>) {
        let connection = self.run.head().next_connection();
        self.connection = Some(connection);
        self.is_offered = false;
        self.times += 1;
        self.tell(now_ms, Outside::Opened { connection }, frames);
    }

    fn close(&mut self, now_ms: u64, why: &str, frames: &mut Vec<Frame>) {
        if let Some(connection) = self.connection.take() {
            let why = why.to_owned();
            self.tell(now_ms, Outside::Closed { connection, why }, frames);
        }
    }

    fn tell(&mut self, now_ms: u64, what: Outside, frames: &mut Vec<Frame>) {
        let act = Action::Node {
            node: BOARD.to_owned(),
            act: NodeAction::Outside(what),
        };
        self.step(now_ms, Some(act), frames);
    }

    fn step(&mut self, now_ms: u64, act: Option<Action>, frames: &mut Vec<Frame>) {
        let micros = now_ms.saturating_sub(self.began_ms).saturating_mul(1000);
        let now = Instant::from_micros(micros);
        self.run.live_on(now, act);
        // What follows at once is part of it: no latency, no waiting.
        self.run.live_on(now, None);
        let handed = self.run.handouts(self.handed);
        self.handed = self.run.log().end();
        for handout in handed {
            match handout.what {
                What::Bytes(bytes) if Some(handout.connection) == self.connection => {
                    self.counts.1 += 1;
                    let pieces = bytes.chunks(PIECE_BYTES);
                    frames.extend(pieces.map(|piece| Frame::Data(piece.to_vec())));
                }
                What::Close if Some(handout.connection) == self.connection => {
                    self.connection = None;
                    frames.push(Frame::Close);
                }
                What::Bytes(_) | What::Close | What::Dial { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CONNECT of 3.1.1 with a kept session, then PUBLISH of `a` to `t` at QoS 1.
    const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03abc";
    const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x01";
    const PUBLISH: &[u8] = b"\x32\x06\x00\x01t\x00\x07a";

    fn data(bytes: &[u8]) -> Frame {
        Frame::Data(bytes.to_vec())
    }

    #[test]
    fn a_board_joins_publishes_is_cut_and_resumes() {
        let mut join = Join::new(1000).unwrap();
        assert_eq!(join.hear(1000, data(PUBLISH)), [], "nobody has asked yet");
        assert_eq!(join.hear(1100, Frame::Open), [Frame::Open]);
        assert_eq!(join.hear(1200, data(CONNECT)), [data(b"\x20\x02\x00\x00")]);
        assert_eq!(
            join.hear(1300, data(SUBSCRIBE)),
            [data(b"\x90\x03\x00\x01\x01")]
        );
        let answers = join.hear(1400, data(PUBLISH));
        assert!(answers.contains(&data(b"\x40\x02\x00\x07")), "{answers:?}");
        assert!(join.is_open());
        join.unplugged(2000);
        assert!(!join.is_open());
        assert_eq!(join.hear(3000, Frame::Open), [Frame::Open]);
        // Session present, and what was not acknowledged comes again.
        let answers = join.hear(3100, data(CONNECT));
        assert_eq!(answers[0], data(b"\x20\x02\x01\x00"));
        let Frame::Data(again) = &answers[1] else {
            panic!("{answers:?}");
        };
        assert_eq!(again[0] & 0xf8, 0x38, "PUBLISH with DUP");
        assert_eq!(join.times, 2);
        // All of it can be replayed.
        let run = Run::of(join.work()).unwrap();
        assert!(run.log().end().0 > 10);
    }

    #[test]
    fn a_broker_that_hangs_up_says_so() {
        let mut join = Join::new(0).unwrap();
        join.hear(0, Frame::Open);
        let answers = join.hear(10, data(PUBLISH));
        assert_eq!(
            answers,
            [Frame::Close],
            "the first packet has to be CONNECT"
        );
        assert!(!join.is_open());
    }
}
