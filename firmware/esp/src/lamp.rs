//! The lamp of the board.

use board::Led;
use esp_hal::Blocking;
use esp_hal::gpio::{AnyPin, Level, Output, OutputConfig};
use esp_hal::peripherals::RMT;
use esp_hal::rmt::{Channel, PulseCode, Rmt, Tx, TxChannelConfig, TxChannelCreator};
use esp_hal::time::Rate;

/// How it is wired.
pub(crate) enum Lamp {
    Plain {
        pin: Output<'static>,
        lit: Level,
    },
    /// The channel is away while it sends, and stays away when that fails.
    Rgb(Option<Channel<'static, Blocking, Tx>>),
}

/// What a WS2812 takes for a bit, in ticks of 12.5 ns: 0.4 and 0.85 microseconds.
const SHORT: u16 = 32;
const LONG: u16 = 68;
/// Bright enough: a WS2812 at its full blinds.
const BRIGHTNESS: u8 = 24;

impl Lamp {
    /// A lamp that is off.
    pub(crate) fn new(led: Led, pin: AnyPin<'static>, rmt: RMT<'static>) -> Self {
        let mut lamp = match led {
            Led::High => plain(pin, Level::High),
            Led::Low => plain(pin, Level::Low),
            Led::Rgb => Self::Rgb(channel(pin, rmt)),
        };
        lamp.set(false);
        lamp
    }

    pub(crate) fn set(&mut self, on: bool) {
        match self {
            Self::Plain { pin, lit } => pin.set_level(if on { *lit } else { !*lit }),
            Self::Rgb(channel) => {
                let brightness = if on { BRIGHTNESS } else { 0 };
                *channel = channel
                    .take()
                    .and_then(|channel| send(channel, [brightness; 3]));
            }
        }
    }
}

fn plain(pin: AnyPin<'static>, lit: Level) -> Lamp {
    let pin = Output::new(pin, !lit, OutputConfig::default());
    Lamp::Plain { pin, lit }
}

fn channel(pin: AnyPin<'static>, rmt: RMT<'static>) -> Option<Channel<'static, Blocking, Tx>> {
    let rmt = Rmt::new(rmt, Rate::from_mhz(80)).ok()?;
    let config = TxChannelConfig::default()
        .with_clk_divider(1)
        .with_idle_output(true)
        .with_idle_output_level(Level::Low);
    let channel = rmt.channel0.configure_tx(&config).ok()?;
    Some(channel.with_pin(pin))
}

/// Sends the three brightnesses: 24 bits and an end, some 30 microseconds.
fn send(
    channel: Channel<'static, Blocking, Tx>,
    colour: [u8; 3],
) -> Option<Channel<'static, Blocking, Tx>> {
    let mut pulses = [PulseCode::end_marker(); 25];
    let bits = colour
        .into_iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    for (pulse, bit) in pulses.iter_mut().zip(bits) {
        let (high, low) = if bit { (LONG, SHORT) } else { (SHORT, LONG) };
        *pulse = PulseCode::new(Level::High, high, Level::Low, low);
    }
    match channel.transmit(&pulses) {
        Ok(sending) => sending.wait().ok(),
        Err((_, channel)) => Some(channel),
    }
}
