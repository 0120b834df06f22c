//! Codec speed, all codecs in one run.
//!
//! On a shared machine the same code takes twice as long from one minute to the next. So every
//! codec gets a short turn in each of many rounds, in an order that rotates; a figure is the median
//! over the rounds, and a ratio is the median of the rounds' ratios. Compare ratios between runs,
//! never nanoseconds.

mod alloc;
mod borrowed;
mod cases;
mod contender;
mod ours;
#[cfg(feature = "peers")]
mod peers;

use cases::{Case, Kind, Version};
use contender::{Contender, Sample};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const OURS: &str = "mqtt-proto";
/// Not codecs: what they are measured against.
const LIMITS: [&str; 2] = ["memcpy (limit)", "borrowed parse (limit)"];

const DEFAULT_ROUNDS: usize = 101;
/// One turn: short against the scheduler's slice, so that most turns are not interrupted, and long
/// against reading the clock.
const TURN_NANOS: u64 = 100_000;

const ABOUT: &str = "\
Timed for decode: taking one packet out of a filled receive buffer (16 KiB of equal packets, at least
16) and dropping it. Not timed: filling that buffer. Timed for encode: writing one packet into an
emptied output buffer with room for it; codecs that consume the packet get one made before the clock
starts. Each cell: median ns per packet, allocations per packet (where not 0).
What the peers leave out, and ours does not: rumqttc (5.0) and mqttbytes do not check strings for
U+0000 or topics for wildcards, rumqttc (5.0) not even for UTF-8; mqttrs checks UTF-8 only and borrows;
mqtt-protocol-core makes a new vector for each packet it reads or writes; ntex-mqtt hands a large
payload on without copying it.
";

fn main() {
    alloc::keep_freed_memory();
    let mut rounds = DEFAULT_ROUNDS;
    let mut only = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.next()) {
            ("--rounds", Some(count)) => rounds = count.parse().expect("--rounds N"),
            ("--case", Some(name)) => only = Some(name),
            _ => {
                eprintln!("usage: bench-codec [--rounds N] [--case PART-OF-NAME]");
                std::process::exit(2);
            }
        }
    }

    #[cfg_attr(not(feature = "peers"), expect(unused_mut))]
    let mut contenders = ours::all();
    #[cfg(feature = "peers")]
    contenders.extend(peers::all());
    let mut measured = Vec::new();
    for case in cases::all() {
        if only
            .as_ref()
            .is_some_and(|part| !case.kind.name().contains(part))
        {
            continue;
        }
        measured.push(measure(case, &contenders, rounds));
    }

    print!("{ABOUT}");
    println!("{rounds} rounds, turns of {} us.", TURN_NANOS / 1000);
    for version in Version::BOTH {
        let of_version: Vec<_> = measured
            .iter()
            .filter(|one| one.case.version == version)
            .collect();
        if of_version.is_empty() {
            continue;
        }
        for direction in [Direction::Decode, Direction::Encode] {
            table(version, direction, &of_version, &contenders);
        }
    }
    goals(&measured);
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Decode,
    Encode,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
        }
    }
}

/// One case: for each codec that supports it, its samples of all rounds.
struct Measured {
    case: Case,
    codecs: Vec<Rounds>,
}

struct Rounds {
    name: &'static str,
    decode: Vec<Sample>,
    encode: Vec<Sample>,
}

impl Rounds {
    fn of(&self, direction: Direction) -> &[Sample] {
        match direction {
            Direction::Decode => &self.decode,
            Direction::Encode => &self.encode,
        }
    }

    fn median(&self, direction: Direction) -> Sample {
        let samples = self.of(direction);
        let pick = |value: fn(&Sample) -> f64| median(samples.iter().map(value).collect());
        Sample {
            nanos: pick(|sample| sample.nanos),
            calls: pick(|sample| sample.calls),
            bytes: pick(|sample| sample.bytes),
        }
    }
}

impl Measured {
    fn codec(&self, name: &str) -> Option<&Rounds> {
        self.codecs.iter().find(|codec| codec.name == name)
    }

    /// The median of the ratios, round by round: what slows both down in a round cancels.
    fn ratio(&self, direction: Direction, ours: &str, theirs: &str) -> Option<f64> {
        let ours = self.codec(ours)?.of(direction);
        let theirs = self.codec(theirs)?.of(direction);
        Some(median(
            ours.iter()
                .zip(theirs)
                .map(|(ours, theirs)| ours.nanos / theirs.nanos)
                .collect(),
        ))
    }

    fn best_peer(&self, direction: Direction) -> Option<&'static str> {
        self.codecs
            .iter()
            .filter(|codec| codec.name != OURS && !LIMITS.contains(&codec.name))
            .min_by(|a, b| {
                let nanos = |codec: &Rounds| codec.median(direction).nanos;
                nanos(a).total_cmp(&nanos(b))
            })
            .map(|codec| codec.name)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(case: Case, contenders: &[Contender], rounds: usize) -> Measured {
    let able: Vec<_> = contenders
        .iter()
        .filter(|contender| (contender.supports)(&case))
        .collect();
    for contender in &able {
        // The codecs write properties in their own order, so the bytes are compared as a bag.
        let mut round_trip = (contender.round_trip)(&case);
        let mut expected = case.bytes.clone();
        round_trip.sort_unstable();
        expected.sort_unstable();
        assert_eq!(
            round_trip,
            expected,
            "{} {} {}: decoding and encoding gives other bytes",
            contender.name,
            case.version.name(),
            case.kind.name()
        );
    }
    let mut codecs: Vec<_> = able
        .iter()
        .map(|contender| Rounds {
            name: contender.name,
            decode: Vec::with_capacity(rounds),
            encode: Vec::with_capacity(rounds),
        })
        .collect();
    for round in 0..rounds {
        let shift = 16 * (round * 97 % 256);
        for turn in 0..able.len() {
            let at = (round + turn) % able.len();
            let decode = (able[at].decode)(&case, TURN_NANOS);
            let encode = (able[at].encode)(&case, TURN_NANOS, shift);
            codecs[at].decode.push(decode);
            codecs[at].encode.push(encode);
        }
    }
    Measured { case, codecs }
}

fn table(version: Version, direction: Direction, measured: &[&Measured], contenders: &[Contender]) {
    print!(
        "\n{:<24}",
        format!("{} {}", version.name(), direction.name())
    );
    for one in measured {
        print!("{:>18}", one.case.kind.name());
    }
    println!();
    for contender in contenders {
        if !measured
            .iter()
            .all(|one| one.codec(contender.name).is_some())
            || measured.iter().any(|one| !(contender.supports)(&one.case))
        {
            continue;
        }
        print!("{:<24}", contender.name);
        for one in measured {
            let sample = one
                .codec(contender.name)
                .map(|codec| codec.median(direction))
                .unwrap_or_default();
            let calls = if sample.calls < 0.005 {
                String::new()
            } else {
                format!(" {:.2}a", sample.calls)
            };
            print!("{:>18}", format!("{:.1}{calls}", sample.nanos));
        }
        println!();
    }
}

/// The goals, each with what it is measured against.
fn goals(measured: &[Measured]) {
    println!("\ngoals, as ratios in this run");
    let mut missed = 0;
    let mut all = 0;
    let mut goal = |one: &Measured, direction: Direction, what: &str, found: f64, most: f64| {
        let met = found <= most;
        all += 1;
        missed += usize::from(!met);
        println!(
            "{:<5} {} {:<15} {:<36} {:>6.2}  at most {:.2}  {}",
            one.case.version.name(),
            direction.name(),
            one.case.kind.name(),
            what,
            found,
            most,
            if met { "met" } else { "NOT MET" }
        );
    };
    for one in measured {
        let Some(ours) = one.codec(OURS) else {
            continue;
        };
        let kind = one.case.kind;
        let direction = Direction::Decode;
        let against = |theirs: &str, direction| one.ratio(direction, OURS, theirs);
        match kind {
            Kind::Publish40 | Kind::Publish303 | Kind::Publish64K | Kind::Connect => {
                let most = if kind == Kind::Connect { 0.35 } else { 0.4 };
                if let Some(ratio) = against("rumqttc", direction) {
                    goal(one, direction, "of rumqttc", ratio, most);
                }
            }
            Kind::Subscribe10 | Kind::PublishProperties => {
                if let Some(best) = one.best_peer(direction) {
                    let ratio = against(best, direction).unwrap_or(f64::NAN);
                    goal(
                        one,
                        direction,
                        &format!("of the best peer, {best}"),
                        ratio,
                        0.5,
                    );
                }
            }
        }
        let decode = ours.median(direction);
        // The receive buffer becomes shared once; its packets share the cost. CONNECT, which is large and
        // comes once, is in a box: every other packet would have to be moved in its size.
        let boxed = if kind == Kind::Connect { 1.0 } else { 0.0 };
        let most = boxed + 1.0 / one.case.per_buffer() as f64;
        goal(one, direction, "allocations per packet", decode.calls, most);
        if kind == Kind::Publish64K {
            goal(
                one,
                direction,
                "bytes allocated per packet",
                decode.bytes,
                64.0,
            );
        }

        let direction = Direction::Encode;
        if let Some(ratio) = against("mqttbytes", direction) {
            goal(one, direction, "of mqttbytes", ratio, 1.25);
        }
        if kind == Kind::Publish64K
            && let Some(ratio) = against(LIMITS[0], direction)
        {
            goal(one, direction, "of memcpy", ratio, 1.1);
        }
        let encode = ours.median(direction);
        goal(one, direction, "allocations per packet", encode.calls, 0.0);
    }
    println!("{} of {all} goals met", all - missed);
}
