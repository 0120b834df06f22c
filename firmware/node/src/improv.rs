//! Brings the board into a network when a program on the serial line says which ([`board::improv`]).
//!
//! The board keeps what it is told and starts again. Whoever has told it waits for an answer: so each start says, once, what has become of
//! the network that the settings name.

use crate::board::Board;
use crate::node::Node;
use crate::serial::Line;
use ::board::improv::{Answer, Refusal, Request};
use ::board::{Settings, Wifi};
use alloc::format;
use alloc::string::String;
use core::net::Ipv4Addr;

/// What a board is flashed with.
const FIRMWARE: &str = "MQTT Playground";

impl Line {
    /// Does what a packet asks for.
    pub async fn improve<B: Board>(&self, node: &Node<B>, asked: Result<Request, Refusal>) {
        match asked {
            Err(why) => self.answer(&Answer::Refused(why)).await,
            Ok(Request::State) => self.tell_state(node).await,
            Ok(Request::About) => {
                let name = node.status().client_id;
                let about = Answer::About {
                    firmware: FIRMWARE,
                    version: env!("CARGO_PKG_VERSION"),
                    chip: B::CHIP,
                    name: &name,
                };
                self.answer(&about).await;
            }
            Ok(Request::Networks) => self.answer(&Answer::NoMore).await,
            Ok(Request::Wifi { ssid, password }) => self.join(node, ssid, password).await,
        }
    }

    async fn tell_state<B: Board>(&self, node: &Node<B>) {
        match node.address() {
            Some(address) => {
                self.answer(&Answer::Joined).await;
                self.answer(&Answer::Here(&url(address))).await;
            }
            None if node.settings().wifi.is_some() => self.answer(&Answer::Joining).await,
            None => self.answer(&Answer::Ready).await,
        }
    }

    async fn join<B: Board>(&self, node: &Node<B>, ssid: String, password: Option<String>) {
        let wifi = Wifi { ssid, password };
        if let Err(fault) = wifi.check() {
            node.log(format_args!("wifi: {fault}"));
            return self.answer(&Answer::Refused(Refusal::Packet)).await;
        }
        node.log(format_args!(
            "wifi: told over the serial line to join \"{}\", starting again",
            wifi.ssid
        ));
        self.answer(&Answer::Joining).await;
        let settings = Settings {
            wifi: Some(wifi),
            ..node.settings().clone()
        };
        if let Err(why) = node.change(settings) {
            node.log(format_args!("wifi: {why}"));
            self.answer(&Answer::Refused(Refusal::Other)).await;
            self.tell_state(node).await;
        }
    }

    /// Says, if the settings name a network, that it is joined, and where the board is there now.
    pub async fn joined<B: Board>(&self, node: &Node<B>) {
        if let Some(address) = node.address()
            && self.is_awaited(node)
        {
            self.answer(&Answer::Joined).await;
            self.answer(&Answer::Address(&url(address))).await;
        }
    }

    /// Says that the network of the settings was not joined at the first attempt. There are others.
    pub async fn not_joined<B: Board>(&self, node: &Node<B>) {
        if self.is_awaited(node) {
            self.answer(&Answer::Refused(Refusal::Unreachable)).await;
        }
    }

    /// Whether it has not been said yet what became of the network.
    fn is_awaited<B: Board>(&self, node: &Node<B>) -> bool {
        node.settings().wifi.is_some() && !self.has_announced.replace(true)
    }

    async fn answer(&self, answer: &Answer<'_>) {
        self.outbox.send(answer.to_bytes()).await;
    }
}

fn url(address: Ipv4Addr) -> String {
    format!("http://{address}/")
}
