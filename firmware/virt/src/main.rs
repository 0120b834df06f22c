//! The node on QEMU's RISC-V machine `virt`: the very code of the chips, with real TCP, in the tests.
//!
//! Its config partition is the second flash of the machine, its console the serial port, its network a virtual card.
//! ../README.md says how to start it.
#![no_std]
#![no_main]
// A router is a type as deep as it has routes.
#![recursion_limit = "256"]

extern crate alloc;

mod clock;
mod flash;
mod machine;
mod nic;
mod uart;

use alloc::string::String;
use board::serial::{Heard, Reader};
use board::{Kept, Slot};
use core::fmt::{self, Write};
use embassy_executor::{Spawner, raw};
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::Instant;
use embedded_alloc::LlffHeap;
use node::serial::{self, Line};
use node::{Board, Effect, Node, tcp, web};
use portable_atomic::{AtomicBool, Ordering};
use static_cell::StaticCell;

const HEAP_BYTES: usize = 256 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();
static mut ARENA: [u8; HEAP_BYTES] = [0; HEAP_BYTES];

/// Some task can go on.
static WORK: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(uart::Uart, "panic: {info}");
    machine::exit(1)
}

/// Called by the executor when a task can go on.
#[unsafe(export_name = "__pender")]
fn pender(_: *mut ()) {
    WORK.store(true, Ordering::Release);
}

#[riscv_rt::entry]
fn start() -> ! {
    // SAFETY: called once, before anything allocates; nothing else uses the arena.
    unsafe { HEAP.init(&raw mut ARENA as usize, HEAP_BYTES) };
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();
    let executor = EXECUTOR.init(raw::Executor::new(core::ptr::null_mut()));
    let spawner = executor.spawner();
    spawn(spawner, run(spawner));
    loop {
        WORK.store(false, Ordering::Release);
        // SAFETY: called by this loop only, never from within itself.
        unsafe { executor.poll() };
        machine::idle(&WORK);
    }
}

/// Spawns a task. There is room for each of them exactly once, and each is spawned once.
fn spawn<S>(
    spawner: Spawner,
    task: Result<embassy_executor::SpawnToken<S>, embassy_executor::SpawnError>,
) {
    match task {
        Ok(task) => spawner.spawn(task),
        Err(error) => {
            let _ = writeln!(uart::Uart, "virt: a task does not start: {error:?}");
            machine::exit(1)
        }
    }
}

/// The machine around the node.
struct Virt;

impl Board for Virt {
    const CHIP: &'static str = "RV32 (QEMU)";

    fn show(&mut self, effect: &Effect) {
        self.log(format_args!("effect: {effect}"));
    }

    fn log(&mut self, line: fmt::Arguments<'_>) {
        let at = Instant::now().as_millis();
        let _ = writeln!(uart::Uart, "[{at}] {line}");
    }

    fn keep(&mut self, slot: Slot, blob: &[u8]) -> Result<(), &'static str> {
        flash::write(slot, blob)
    }

    /// Ends the machine with this status; whoever started it starts it again.
    fn restart(&mut self) {
        machine::exit_soon(RESTART);
    }

    fn heap_free(&self) -> Option<usize> {
        Some(HEAP.free())
    }
}

/// The machine ends with this status when the node wants to start again.
const RESTART: u16 = 75;

type Shared = &'static Node<Virt>;

#[embassy_executor::task]
async fn run(spawner: Spawner) {
    let (first, second) = (flash::contents(Slot::First), flash::contents(Slot::Second));
    let kept = Kept::read(first, second).unwrap_or_else(|fault| {
        Virt.log(format_args!("virt: {fault}; this is a lamp for now"));
        Kept::default()
    });
    // Nothing here is random: the clock differs a little from start to start.
    let seed = clock::ticks();
    static NODE: StaticCell<Node<Virt>> = StaticCell::new();
    let node: Shared = match Node::new(kept, Virt, seed) {
        Ok(node) => NODE.init(node),
        Err(fault) => {
            Virt.log(format_args!("virt: {fault}"));
            machine::exit(1)
        }
    };
    static LINE: StaticCell<Line> = StaticCell::new();
    let line: &'static Line = LINE.init(Line::new());
    spawn(spawner, keep_time(node));
    spawn(spawner, listen(node, line));
    spawn(spawner, speak(line));
    spawn(spawner, attend(node, line));
    // As on the chips: the node begins, and the network comes later.
    node.start();
    if let Some(card) = nic::find() {
        static RESOURCES: StaticCell<StackResources<6>> = StaticCell::new();
        let resources = RESOURCES.init(StackResources::new());
        let config = embassy_net::Config::dhcpv4(Default::default());
        let (stack, runner) = embassy_net::new(card, config, resources, seed);
        spawn(spawner, network(runner));
        stack.wait_config_up().await;
        let address = stack.config_v4().map(|it| it.address.address());
        node.log(format_args!("virt: network is up, {address:?}"));
        node.is_at(address);
        line.joined(node).await;
        for _ in 0..WEB_CONNECTIONS {
            spawn(spawner, offer(node, stack));
        }
        spawn(spawner, dial(node, stack));
        node.log(format_args!("web: listening on port {}", web::PORT));
        node.network(true);
    }
}

/// So many web connections at once: a page that is the broker, and two that look.
const WEB_CONNECTIONS: usize = 3;

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, nic::Card>) {
    runner.run().await
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
    let mut buffers = alloc::boxed::Box::new(web::Buffers::new());
    web::serve(node, stack, &mut buffers).await;
}

#[embassy_executor::task]
async fn attend(node: Shared, line: &'static Line) {
    serial::attend(node, line).await;
}

/// Writes frames between the lines of the log.
#[embassy_executor::task]
async fn speak(line: &'static Line) {
    loop {
        uart::write(&line.outbox.receive().await);
    }
}

/// Reads the console: lines that somebody types, and frames of a page.
#[embassy_executor::task]
async fn listen(node: Shared, line: &'static Line) {
    let mut reader = Reader::default();
    loop {
        match reader.push(uart::read().await) {
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
