//! The node on ESP32-C3 and ESP32-C6.
//!
//! Its config partition is found in the partition table, its console and log are the chip's own USB port, where frames with
//! MQTT go as well. ../README.md says what was run and what was only built.
#![no_std]
#![no_main]
// A router is a type as deep as it has routes.
#![recursion_limit = "256"]

extern crate alloc;

mod crash;
mod flash;
mod lamp;
mod usb;
mod wifi;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use board::serial::{Heard, Reader};
use board::{Kept, Slot};
use core::cell::RefCell;
use core::fmt;
use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::{Duration, Timer};
use embedded_io_async::Read;
use esp_hal::Async;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, InputConfig, Pull};
use esp_hal::ram;
use esp_hal::rng::Rng;
use esp_hal::rtc_cntl::{Rtc, RwdtStage};
use esp_hal::timer::timg::TimerGroup;
use esp_hal::tsens::{self, TemperatureSensor};
use esp_hal::usb::usb_serial_jtag::{UsbSerialJtag, UsbSerialJtagRx, UsbSerialJtagTx};
use node::serial::{self, Line};
use node::{Board, Effect, Node, tcp, web};
use static_cell::StaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

/// Memory for whatever asks, beside what the bootloader leaves. Wi-Fi takes some 50 KB of both.
const HEAP_BYTES: usize = 96 * 1024;
/// The bootloader's memory, which is free when the program runs.
const RECLAIMED_BYTES: usize = 64 * 1024;

/// The chip starts again when its tasks have not come round for so long.
const WATCHDOG: esp_hal::time::Duration = esp_hal::time::Duration::from_secs(10);
const WATCHDOG_FED_EVERY: Duration = Duration::from_secs(2);

/// What has been said goes out before the chip starts again.
const RESTART_AFTER: Duration = Duration::from_millis(500);

/// The chip around the node.
struct Chip {
    lamp: lamp::Lamp,
    flash: Rc<RefCell<flash::Config>>,
    log: &'static usb::Log,
    spawner: Spawner,
}

impl Board for Chip {
    const CHIP: &'static str = if cfg!(feature = "esp32c6") {
        "ESP32-C6"
    } else {
        "ESP32-C3"
    };

    fn show(&mut self, effect: &Effect) {
        if let Effect::Lamp { on } = effect {
            self.lamp.set(*on);
        }
        self.log(format_args!("effect: {effect}"));
    }

    fn log(&mut self, line: fmt::Arguments<'_>) {
        self.log.line(line);
    }

    fn keep(&mut self, slot: Slot, blob: &[u8]) -> Result<(), &'static str> {
        self.flash.borrow_mut().write(slot, blob)
    }

    fn restart(&mut self) {
        // It cannot be spawned twice, and need not be.
        if let Ok(task) = restart() {
            self.spawner.spawn(task);
        }
    }

    fn heap_free(&self) -> Option<usize> {
        Some(esp_alloc::HEAP.free())
    }
}

type Shared = &'static Node<Chip>;

#[esp_rtos::main]
async fn main(spawner: Spawner) -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: RECLAIMED_BYTES);
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let timers = TimerGroup::new(chip.TIMG0);
    esp_rtos::start(timers.timer0, chip.FROM_CPU_INTR0);

    let mut rtc = Rtc::new(chip.RTC_TIMER);
    rtc.rwdt.set_timeout(RwdtStage::Stage0, WATCHDOG);
    rtc.rwdt.enable();
    spawn(spawner, guard(rtc));

    static LOG: StaticCell<usb::Log> = StaticCell::new();
    static LINE: StaticCell<Line> = StaticCell::new();
    let log: &'static usb::Log = LOG.init(usb::Log::new());
    let line: &'static Line = LINE.init(Line::new());
    let (from, to) = UsbSerialJtag::new(chip.USB_DEVICE).into_async().split();
    spawn(spawner, speak(to, log, line));

    let why = esp_hal::system::reset_reason();
    log.line(format_args!("esp: started, because of {why:?}"));
    if let Some(message) = crash::take() {
        log.line(format_args!(
            "esp: the last run ended in a panic: {message}"
        ));
    }

    let mut flash = flash::Config::find(chip.FLASH);
    let kept = flash.read().unwrap_or_else(|why| {
        log.line(format_args!("esp: {why}; this is a lamp for now"));
        Kept::default()
    });
    let wifi = kept.settings().wifi.clone();
    let radio = wifi.and_then(|wifi| match wifi::start(chip.WIFI, &wifi) {
        Ok(radio) => Some(radio),
        Err(why) => {
            log.line(format_args!("wifi: {why}"));
            None
        }
    });
    // The chip's random numbers are good while its radio is on; without a radio nobody asks for the code.
    let random = Rng::new();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let lamp = lamp::Lamp::new(kept.settings().led, chip.GPIO8.into(), chip.RMT);
    let board = Chip {
        lamp,
        flash: Rc::new(RefCell::new(flash)),
        log,
        spawner,
    };
    static NODE: StaticCell<Node<Chip>> = StaticCell::new();
    let node: Shared = match Node::new(kept, board, seed) {
        Ok(node) => NODE.init(node),
        Err(fault) => {
            log.line(format_args!("esp: {fault}"));
            loop {
                Timer::after(Duration::from_secs(60)).await;
            }
        }
    };
    spawn(spawner, keep_time(node));
    spawn(spawner, listen(node, from, line));
    spawn(spawner, attend(node, line));
    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    spawn(spawner, watch(node, button));
    if let Ok(sensor) = TemperatureSensor::new(chip.TSENS, tsens::Config::default()) {
        spawn(spawner, measure(node, sensor));
    }
    if let Some(radio) = radio {
        static RESOURCES: StaticCell<StackResources<6>> = StaticCell::new();
        let resources = RESOURCES.init(StackResources::new());
        let config = embassy_net::Config::dhcpv4(Default::default());
        let (stack, runner) = embassy_net::new(radio.interface, config, resources, seed);
        spawn(spawner, network(runner));
        spawn(spawner, stay_joined(node, radio.controller, line));
        spawn(spawner, watch_network(node, stack, line));
        for _ in 0..WEB_CONNECTIONS {
            spawn(spawner, offer(node, stack));
        }
        spawn(spawner, dial(node, stack));
    }
    node.start();
    core::future::pending().await
}

/// Spawns a task. There is room for each of them exactly once, and each is spawned once.
fn spawn<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    if let Ok(task) = task {
        spawner.spawn(task);
    }
}

/// So many web connections at once: a page that is the broker, and one that looks.
const WEB_CONNECTIONS: usize = 2;

#[embassy_executor::task]
async fn guard(mut rtc: Rtc<'static>) {
    loop {
        rtc.rwdt.feed();
        Timer::after(WATCHDOG_FED_EVERY).await;
    }
}

#[embassy_executor::task]
async fn restart() {
    Timer::after(RESTART_AFTER).await;
    esp_hal::system::software_reset();
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, wifi::Interface>) {
    runner.run().await
}

#[embassy_executor::task]
async fn stay_joined(node: Shared, controller: wifi::Controller, line: &'static Line) {
    wifi::stay_joined(node, controller, line).await;
}

/// Tells the device when there is a network.
#[embassy_executor::task]
async fn watch_network(node: Shared, stack: Stack<'static>, line: &'static Line) {
    loop {
        stack.wait_config_up().await;
        let address = stack.config_v4().map(|it| it.address.address());
        node.log(format_args!(
            "wifi: network is up, {address:?}; web: listening on port {}",
            web::PORT
        ));
        node.is_at(address);
        node.network(true);
        line.joined(node).await;
        stack.wait_config_down().await;
        node.is_at(None);
        node.log(format_args!("wifi: network is down"));
        node.network(false);
    }
}

#[embassy_executor::task]
async fn keep_time(node: Shared) {
    node::clock(node).await
}

#[embassy_executor::task]
async fn dial(node: Shared, stack: Stack<'static>) {
    static BUFFERS: StaticCell<tcp::Buffers> = StaticCell::new();
    tcp::dial(node, stack, BUFFERS.init(tcp::Buffers::new())).await;
}

#[embassy_executor::task(pool_size = WEB_CONNECTIONS)]
async fn offer(node: Shared, stack: Stack<'static>) {
    let mut buffers = Box::new(web::Buffers::new());
    web::serve(node, stack, &mut buffers).await;
}

#[embassy_executor::task]
async fn attend(node: Shared, line: &'static Line) {
    serial::attend(node, line).await;
}

#[embassy_executor::task]
async fn speak(to: UsbSerialJtagTx<'static, Async>, log: &'static usb::Log, line: &'static Line) {
    usb::speak(to, log, line).await
}

/// Reads the console: lines that somebody types, and frames of a page.
#[embassy_executor::task]
async fn listen(node: Shared, mut from: UsbSerialJtagRx<'static, Async>, line: &'static Line) {
    let mut reader = Reader::default();
    let mut buffer = [0; 64];
    loop {
        // It cannot fail: its errors are those of nobody.
        let length = from.read(&mut buffer).await.unwrap_or_default();
        for byte in buffer.get(..length).unwrap_or_default() {
            match reader.push(*byte) {
                Some(Heard::Line(text)) => match String::from_utf8(text) {
                    Ok(text) => node.command(&text),
                    Err(_) => node.log(format_args!("console: this is no UTF-8")),
                },
                Some(Heard::Frame(frame)) => line.hear(node, frame).await,
                Some(Heard::Improv(asked)) => line.improve(node, asked).await,
                None => {}
            }
        }
    }
}

/// A button bounces for so long.
const BOUNCE: Duration = Duration::from_millis(30);

/// Watches the button that starts the bootloader when it is held at power on.
#[embassy_executor::task]
async fn watch(node: Shared, mut button: Input<'static>) {
    loop {
        button.wait_for_falling_edge().await;
        Timer::after(BOUNCE).await;
        if button.is_low() {
            node.press();
            button.wait_for_high().await;
            Timer::after(BOUNCE).await;
        }
    }
}

const MEASURED_EVERY: Duration = Duration::from_secs(5);
/// Smaller changes are noise.
const NOTEWORTHY_MILLIDEGREES: u32 = 500;

/// Reads the thermometer inside the chip, which is warmer than the room.
#[embassy_executor::task]
async fn measure(node: Shared, sensor: TemperatureSensor<'static>) {
    let mut said: Option<i32> = None;
    loop {
        Timer::after(MEASURED_EVERY).await;
        let celsius = sensor.get_temperature().to_celsius();
        // Rounded to tenths: the sensor knows no better. Between -40 and 125 degrees nothing is cut off.
        #[allow(
            clippy::cast_possible_truncation,
            reason = "within the range of the sensor"
        )]
        let millidegrees = (celsius * 10.0) as i32 * 100;
        if said.is_none_or(|said| said.abs_diff(millidegrees) >= NOTEWORTHY_MILLIDEGREES) {
            said = Some(millidegrees);
            node.measured(millidegrees);
        }
    }
}
