//! The virtual network card.

use crate::machine;
use core::cell::{RefCell, UnsafeCell};
use core::ptr::NonNull;
use core::task::{Context, Waker};
use critical_section::Mutex;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use portable_atomic::{AtomicUsize, Ordering};
use virtio_drivers::device::net::{RxBuffer, VirtIONet};
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Virtual devices are in eight places, one interrupt each.
const SLOTS: core::ops::Range<usize> = 0..8;
const SLOT_BASE: usize = 0x1000_1000;
const SLOT_BYTES: usize = 0x1000;
const FIRST_INTERRUPT: usize = 1;

const MTU: usize = 1514;
const RECEIVE_BUFFER_BYTES: usize = 2048;
const QUEUE: usize = 16;
const DMA_PAGES: usize = 64;

#[repr(align(4096))]
struct Dma(UnsafeCell<[u8; DMA_PAGES * PAGE_SIZE]>);
// SAFETY: pages are given away once each, by a counter.
unsafe impl Sync for Dma {}
static DMA: Dma = Dma(UnsafeCell::new([0; DMA_PAGES * PAGE_SIZE]));
static DMA_NEXT: AtomicUsize = AtomicUsize::new(0);

struct Memory;

// SAFETY: pages are in memory that nothing else uses, physical addresses are virtual ones on this machine, and nothing
// is given back because the card is never taken out.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let first = DMA_NEXT.fetch_add(pages, Ordering::Relaxed);
        if first + pages > DMA_PAGES {
            machine::exit(1);
        }
        let start = DMA.0.get() as usize + first * PAGE_SIZE;
        let page = NonNull::new(start as *mut u8).unwrap_or(NonNull::dangling());
        (start as PhysAddr, page)
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(at: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(at as usize as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as usize as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}

struct Nic {
    device: VirtIONet<Memory, MmioTransport<'static>, QUEUE>,
    waker: Option<Waker>,
}

// SAFETY: the machine has one hart.
unsafe impl Send for Nic {}

static NIC: Mutex<RefCell<Option<Nic>>> = Mutex::new(RefCell::new(None));

/// The card, for embassy-net.
#[derive(Clone, Copy)]
pub(crate) struct Card([u8; 6]);

/// Finds the card, if the machine has one.
pub(crate) fn find() -> Option<Card> {
    SLOTS.into_iter().find_map(|slot| {
        let header = NonNull::new((SLOT_BASE + slot * SLOT_BYTES) as *mut VirtIOHeader)?;
        // SAFETY: there is a virtual device, or an empty place that says so.
        let transport = unsafe { MmioTransport::new(header, SLOT_BYTES) }.ok()?;
        if transport.device_type() != DeviceType::Network {
            return None;
        }
        let mut device = VirtIONet::new(transport, RECEIVE_BUFFER_BYTES).ok()?;
        device.enable_interrupts();
        let address = device.mac_address();
        machine::listen_to(FIRST_INTERRUPT + slot);
        let nic = Nic {
            device,
            waker: None,
        };
        critical_section::with(|cs| *NIC.borrow_ref_mut(cs) = Some(nic));
        Some(Card(address))
    })
}

/// Something has come.
pub(crate) fn wake() {
    with(|nic| {
        nic.device.ack_interrupt();
        if let Some(waker) = nic.waker.take() {
            waker.wake();
        }
    });
}

fn with<R>(work: impl FnOnce(&mut Nic) -> R) -> Option<R> {
    critical_section::with(|cs| NIC.borrow_ref_mut(cs).as_mut().map(work))
}

impl Driver for Card {
    type RxToken<'a> = Received;
    type TxToken<'a> = Room;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received, Room)> {
        with(|nic| match nic.device.receive() {
            Ok(buffer) => Some((Received(buffer), Room)),
            Err(_) => {
                nic.waker = Some(context.waker().clone());
                None
            }
        })?
    }

    /// There is always room: the card's `send` waits until the host has taken the frame.
    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Room> {
        Some(Room)
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.0)
    }
}

pub(crate) struct Received(RxBuffer);

impl embassy_net_driver::RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
        let result = read(self.0.packet_mut());
        with(|nic| nic.device.recycle_rx_buffer(self.0));
        result
    }
}

pub(crate) struct Room;

impl embassy_net_driver::TxToken for Room {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = alloc::vec![0; length];
        let result = write(&mut frame);
        with(|nic| {
            let mut buffer = nic.device.new_tx_buffer(length);
            buffer.packet_mut().copy_from_slice(&frame);
            nic.device.send(buffer)
        });
        result
    }
}
