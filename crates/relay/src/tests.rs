//! Every message there and back, and everything else refused without a panic.

use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt::Debug;
use core::num::NonZeroU32;
use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;

fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    ".{0,40}".prop_map(|text| Text::cut(&text))
}

fn line() -> impl Strategy<Value = Line> {
    any::<u64>().prop_map(Line)
}

fn chunk() -> impl Strategy<Value = Chunk> {
    vec_of(any::<u8>(), 1..80).prop_map(|bytes| Chunk::take(&mut Bytes::from(bytes), 80).unwrap())
}

fn credit() -> impl Strategy<Value = NonZeroU32> {
    (1..u32::MAX).prop_map(|bytes| NonZeroU32::new(bytes).unwrap())
}

fn work() -> impl Strategy<Value = Work> {
    (any::<u32>(), text()).prop_map(|(number, text)| Work { number, text })
}

fn cursor() -> impl Strategy<Value = Cursor> {
    any::<(u32, u32)>().prop_map(|(work, records)| Cursor { work, records })
}

fn question() -> impl Strategy<Value = Question> {
    let of = any::<Option<(u32, u32)>>();
    (any::<u32>(), 2..=ANSWERS_MAX as u8, of, text()).prop_map(|(number, answers, of, text)| {
        Question {
            number,
            answers,
            of: of.map(|(work, place)| Prediction { work, place }),
            text,
        }
    })
}

fn opened() -> impl Strategy<Value = Opened> {
    let transport = proptest::sample::select(Transport::ALL);
    (line(), text(), transport, any::<bool>()).prop_map(|(line, peer, transport, tls)| Opened {
        line,
        peer,
        transport,
        tls,
    })
}

fn from_page() -> impl Strategy<Value = FromPage> {
    let role = || proptest::sample::select(Role::ALL);
    prop_oneof![
        (role(), any::<bool>(), option::of(text())).prop_map(|(role, take_over, code)| {
            FromPage::Hello(Hello {
                role,
                take_over,
                code,
            })
        }),
        (line(), chunk()).prop_map(|(line, bytes)| FromPage::Bytes { line, bytes }),
        (line(), text()).prop_map(|(line, why)| FromPage::Close { line, why }),
        (line(), credit()).prop_map(|(line, bytes)| FromPage::Credit { line, bytes }),
        line().prop_map(|line| FromPage::Ending { line }),
        work().prop_map(FromPage::Work),
        cursor().prop_map(FromPage::Cursor),
        question().prop_map(FromPage::Ask),
        any::<(u32, Option<u8>)>()
            .prop_map(|(question, right)| FromPage::Reveal { question, right }),
        any::<(u32, u8)>()
            .prop_map(|(question, answer)| FromPage::Vote(Answer { question, answer })),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        opened().prop_map(Record::Opened),
        (line(), chunk()).prop_map(|(line, bytes)| Record::FromDevice { line, bytes }),
        (line(), chunk()).prop_map(|(line, bytes)| Record::ToDevice { line, bytes }),
        (line(), text()).prop_map(|(line, why)| Record::Closed { line, why }),
        text().prop_map(|why| Record::Refused { why }),
        opened().prop_map(Record::Joined),
        any::<u64>().prop_map(|records| Record::Missed { records }),
        any::<bool>().prop_map(|took_over| Record::BrokerCame { took_over }),
        text().prop_map(|why| Record::BrokerLeft { why }),
    ]
}

fn from_hub() -> impl Strategy<Value = FromHub> {
    let role = || proptest::sample::select(Role::ALL);
    prop_oneof![
        (role(), any::<(bool, u32, u16, bool)>()).prop_map(|(role, rest)| {
            let (broker_is_page, window_bytes, mqtt_port, tls) = rest;
            FromHub::Welcome(Welcome {
                role,
                broker_is_page,
                window_bytes,
                mqtt_port,
                tls,
            })
        }),
        proptest::sample::select(Refusal::ALL).prop_map(FromHub::Refused),
        opened().prop_map(FromHub::Opened),
        (line(), chunk()).prop_map(|(line, bytes)| FromHub::Bytes { line, bytes }),
        (line(), text()).prop_map(|(line, why)| FromHub::Closed { line, why }),
        (line(), credit()).prop_map(|(line, bytes)| FromHub::Credit { line, bytes }),
        (any::<u64>(), record())
            .prop_map(|(at_micros, record)| FromHub::Record { at_micros, record }),
        work().prop_map(FromHub::Work),
        cursor().prop_map(FromHub::Cursor),
        question().prop_map(FromHub::Ask),
        (
            any::<u32>(),
            vec_of(any::<u32>(), 0..=ANSWERS_MAX),
            any::<bool>(),
            any::<Option<u8>>()
        )
            .prop_map(|(question, counts, is_over, right)| {
                FromHub::Tally(Tally {
                    question,
                    counts,
                    is_over,
                    right,
                })
            }),
        any::<(u32, u32, bool)>().prop_map(|(students, watchers, is_led)| FromHub::Class {
            students,
            watchers,
            is_led
        }),
        (option::of(text()), text())
            .prop_map(|(code, address)| FromHub::Invitation(Invitation { code, address })),
    ]
}

fn there_and_back<M: Message + PartialEq + Debug>(messages: &[M]) {
    let frames = write_frame(messages);
    let mut back = Vec::new();
    for frame in frames {
        back.extend(read_frame::<M>(frame.into()).unwrap());
    }
    assert_eq!(back, messages);
}

/// No prefix of a message is a message, and none panics.
fn cut_off<M: Message + PartialEq + Debug>(message: &M) {
    let mut whole = Vec::new();
    message.write(&mut whole);
    for end in 1..whole.len() {
        assert!(
            read_frame::<M>(Bytes::copy_from_slice(&whole[..end])).is_err(),
            "{message:?} cut at {end}"
        );
    }
}

proptest! {
    #[test]
    fn what_a_page_says_comes_over(messages in vec_of(from_page(), 0..8)) {
        there_and_back(&messages);
        messages.iter().for_each(cut_off);
    }

    #[test]
    fn what_the_hub_says_comes_over(messages in vec_of(from_hub(), 0..8)) {
        there_and_back(&messages);
        messages.iter().for_each(cut_off);
    }

    #[test]
    fn garbage_never_panics(garbage in vec_of(any::<u8>(), 0..300)) {
        let _ = read_frame::<FromPage>(garbage.clone().into());
        let _ = read_frame::<FromHub>(garbage.into());
    }

    #[test]
    fn a_changed_byte_never_panics(message in from_hub(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        let at = at.index(bytes.len());
        bytes[at] = to;
        let _ = read_frame::<FromHub>(bytes.into());
    }

    /// Whatever is sent in whatever pieces and however slowly it is dealt with: it arrives whole, in order, and never is
    /// more than a window on its way.
    #[test]
    fn a_desk_sends_what_the_other_end_takes(
        sends in vec_of((0usize..90_000, 0usize..90_000), 1..40),
        window in 1u32..200_000,
    ) {
        let line = Line(7);
        let mut desk = Desk::default();
        desk.handle(FromHub::Welcome(Welcome { role: Role::Broker, broker_is_page: true, window_bytes: window, mqtt_port: 0, tls: false }));
        let opened = Opened { line, peer: Text::cut(""), transport: Transport::Tcp, tls: false };
        desk.handle(FromHub::Opened(opened));
        let mut meter = Meter::new(window);
        let (mut sent, mut got, mut undone) = (Vec::new(), Vec::new(), 0);
        let mut take = |desk: &mut Desk, undone: &mut usize, meter: &mut Meter| {
            for message in desk.take_messages() {
                let FromPage::Bytes { bytes, .. } = message else { panic!("{message:?}") };
                meter.received(bytes.len()).unwrap();
                *undone += bytes.len();
                got.extend_from_slice(&bytes);
            }
        };
        for (index, (len, done)) in sends.iter().enumerate() {
            let bytes = vec![index as u8; *len];
            sent.extend_from_slice(&bytes);
            assert!(desk.send(line, bytes.into()));
            take(&mut desk, &mut undone, &mut meter);
            assert!(undone <= window as usize);
            let done = undone.min(*done);
            undone -= done;
            if let Some(bytes) = meter.done(done) {
                desk.handle(FromHub::Credit { line, bytes });
            }
        }
        loop {
            take(&mut desk, &mut undone, &mut meter);
            if undone == 0 {
                break;
            }
            if let Some(bytes) = meter.done(core::mem::take(&mut undone)) {
                desk.handle(FromHub::Credit { line, bytes });
            }
        }
        prop_assert_eq!(desk.waiting_bytes(line), 0);
        prop_assert!(got == sent, "other bytes");
    }
}

#[test]
fn bounds_are_kept_by_the_reader() {
    let long = "x".repeat(WORDS_MAX_BYTES + 1);
    assert_eq!(Text::<WORDS_MAX_BYTES>::cut(&long).len(), WORDS_MAX_BYTES);
    assert_eq!(
        Text::<WORDS_MAX_BYTES>::try_from(long),
        Err(TooLong {
            max_bytes: WORDS_MAX_BYTES
        })
    );
    // Close, connection 0, and a reason that claims to be longer than one may be.
    let mut frame = vec![3];
    frame.extend([0; 8]);
    frame.extend((WORDS_MAX_BYTES as u32 + 1).to_be_bytes());
    frame.extend(vec![b'x'; WORDS_MAX_BYTES + 1]);
    assert_eq!(read_frame::<FromPage>(frame.into()), Err(Fault::TooLong));
    assert_eq!(
        read_frame::<FromPage>(vec![0; FRAME_MAX_BYTES + 1].into()),
        Err(Fault::TooLong)
    );
    // Two bytes that are one character: a cut never splits it.
    assert_eq!(&*Text::<1>::cut("ä"), "");
}

/// The bytes on the wire are the agreement: a page and a hub of the same subprotocol must not differ in them.
#[test]
fn the_wire_is_as_agreed() {
    let hello = FromPage::Hello(Hello {
        role: Role::Student,
        take_over: false,
        code: Some(Text::cut("ab")),
    });
    let opened = FromHub::Opened(Opened {
        line: Line(258),
        peer: Text::cut("[::1]:9"),
        transport: Transport::WebSocket,
        tls: true,
    });
    let bytes = Chunk::take(&mut Bytes::from_static(&[0xc0, 0]), 9).unwrap();
    let hex = |frames: Vec<Vec<u8>>| {
        frames
            .concat()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(hex(write_frame([&hello])), "01040001000000026162");
    assert_eq!(
        hex(write_frame([&opened])),
        "030000000000000102000000075b3a3a315d3a390201"
    );
    assert_eq!(
        hex(write_frame([&FromPage::Bytes {
            line: Line(1),
            bytes
        }])),
        "02000000000000000100000002c000"
    );
}

#[test]
fn frames_are_split_before_they_are_too_large() {
    let message = || FromHub::Bytes {
        line: Line(1),
        bytes: Chunk::take(&mut Bytes::from(vec![1; CHUNK_MAX_BYTES]), CHUNK_MAX_BYTES).unwrap(),
    };
    let messages: Vec<FromHub> = (0..40).map(|_| message()).collect();
    let frames = write_frame(&messages);
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| frame.len() <= FRAME_MAX_BYTES));
    there_and_back(&messages);
}

#[test]
fn a_desk_closes_after_the_last_byte_and_tells_its_own_closing_to_nobody() {
    let line = Line(1);
    let mut desk = Desk::default();
    let welcome = Welcome {
        role: Role::Broker,
        broker_is_page: true,
        window_bytes: 4,
        mqtt_port: 1883,
        tls: false,
    };
    desk.handle(FromHub::Welcome(welcome));
    let opened = Opened {
        line,
        peer: Text::cut(""),
        transport: Transport::Tcp,
        tls: false,
    };
    desk.handle(FromHub::Opened(opened));
    assert!(desk.send(line, Bytes::from_static(b"goodbye")));
    desk.close(line, "bye");
    assert!(!desk.send(line, Bytes::from_static(b"more")));
    let kinds = |messages: Vec<FromPage>| -> Vec<&'static str> {
        let kind = |message: &FromPage| match message {
            FromPage::Bytes { .. } => "bytes",
            FromPage::Close { .. } => "close",
            FromPage::Ending { .. } => "ending",
            _ => "other",
        };
        messages.iter().map(kind).collect()
    };
    // A device that takes nothing would never give credit: the hub is told what is to come.
    assert_eq!(kinds(desk.take_messages()), ["bytes", "ending"]);
    desk.close(line, "once");
    assert_eq!(kinds(desk.take_messages()), [""; 0]);
    let credit = NonZeroU32::new(4).unwrap();
    desk.handle(FromHub::Credit {
        line,
        bytes: credit,
    });
    assert_eq!(kinds(desk.take_messages()), ["bytes", "close"]);
    assert_eq!(
        desk.handle(FromHub::Closed {
            line,
            why: Text::cut("")
        }),
        None
    );
    assert_eq!(desk.lines().count(), 0);
}
