//! What every codec does in a round, and how it is timed.

use crate::alloc;
use crate::cases::Case;
use std::hint::black_box;
use std::time::Instant;

/// A codec behind its own best documented way of use.
///
/// Outside the timed region: filling the receive buffer (`fill`), making the packets that are
/// encoded (`take` on the case's own bytes), the copies that an encoder taking packets by value
/// consumes (`item`), and making the output buffer (`output`), which has room for the packet.
/// Inside: `take` with the drop of the packet, and `write` into the emptied output buffer.
pub trait Codec {
    const NAME: &'static str;
    /// A receive buffer.
    type Input;
    /// What the decoder returns, with its `Result` and `Option`: taking a packet out of them moves it
    /// once more, which is not the decoder's doing.
    type Taken<'a>;
    type Packet<'a>;
    /// What `write` consumes; `()` for encoders that take a reference.
    type Item;
    type Output;

    fn supports(case: &Case) -> bool;
    fn fill(bytes: Vec<u8>, case: &Case) -> Self::Input;
    /// Takes the first packet out of the buffer.
    fn take(input: &mut Self::Input) -> Self::Taken<'_>;
    /// Panics if there is none.
    fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_>;
    fn item(packet: &Self::Packet<'_>) -> Self::Item;
    fn output(case: &Case) -> Self::Output;
    fn write(packet: &Self::Packet<'_>, item: Self::Item, out: &mut Self::Output);
    /// What the last `write` wrote.
    fn written(out: &mut Self::Output) -> Vec<u8>;
}

#[derive(Clone, Copy, Default)]
pub struct Sample {
    pub nanos: f64,
    pub calls: f64,
    pub bytes: f64,
}

#[derive(Default)]
struct Meter {
    nanos: u64,
    calls: u64,
    bytes: u64,
    packets: u64,
}

impl Meter {
    fn time(&mut self, packets: usize, run: impl FnOnce()) {
        let (calls, bytes) = alloc::counts();
        let start = Instant::now();
        run();
        self.nanos += start.elapsed().as_nanos() as u64;
        let (calls_after, bytes_after) = alloc::counts();
        self.calls += calls_after - calls;
        self.bytes += bytes_after - bytes;
        self.packets += packets as u64;
    }

    fn per_packet(&self) -> Sample {
        let per = |total: u64| total as f64 / self.packets as f64;
        Sample {
            nanos: per(self.nanos),
            calls: per(self.calls),
            bytes: per(self.bytes),
        }
    }
}

/// A [`Codec`] as an object.
pub struct Contender {
    pub name: &'static str,
    pub supports: fn(&Case) -> bool,
    pub decode: fn(&Case, nanos: u64) -> Sample,
    pub encode: fn(&Case, nanos: u64, shift: usize) -> Sample,
    /// Decodes the case and encodes what came out.
    pub round_trip: fn(&Case) -> Vec<u8>,
}

pub fn contender<C: Codec>() -> Contender {
    Contender {
        name: C::NAME,
        supports: C::supports,
        decode: decode::<C>,
        encode: encode::<C>,
        round_trip: round_trip::<C>,
    }
}

fn decode<C: Codec>(case: &Case, nanos: u64) -> Sample {
    let mut meter = Meter::default();
    let packets = case.per_buffer();
    let filled = case.filled();
    while meter.nanos < nanos {
        let mut input = C::fill(filled.clone(), case);
        meter.time(packets, || {
            for _ in 0..packets {
                black_box(&C::take(&mut input));
            }
        });
    }
    meter.per_packet()
}

/// So many output buffers are made, and one of them is used: small ones lie side by side.
const OUTPUTS: usize = 16;

/// A large output buffer begins `shift` bytes into a page, and what it is filled from with a page; of small ones, a
/// different one is used for each shift. All codecs go through the same places.
fn encode<C: Codec>(case: &Case, nanos: u64, shift: usize) -> Sample {
    let mut meter = Meter::default();
    let packets = case.per_buffer();
    let mut input = C::fill(case.bytes.clone(), case);
    let packet = C::unwrap(C::take(&mut input));
    alloc::place_large(shift);
    let mut outputs: Vec<_> = (0..OUTPUTS).map(|_| C::output(case)).collect();
    alloc::place_large(0);
    let mut out = outputs.swap_remove(shift / 16 % OUTPUTS);
    while meter.nanos < nanos {
        let items: Vec<_> = (0..packets).map(|_| C::item(&packet)).collect();
        meter.time(packets, || {
            for item in items {
                C::write(black_box(&packet), item, &mut out);
                black_box(&out);
            }
        });
    }
    meter.per_packet()
}

fn round_trip<C: Codec>(case: &Case) -> Vec<u8> {
    // Two packets in the buffer, so that a codec that takes too much is seen.
    let mut input = C::fill(case.bytes.repeat(2), case);
    drop(C::unwrap(C::take(&mut input)));
    let packet = C::unwrap(C::take(&mut input));
    let mut out = C::output(case);
    C::write(&packet, C::item(&packet), &mut out);
    C::written(&mut out)
}
