//! The broker of a hub with `--broker page`, without a browser: for tests that are not in Rust.
//!
//! `broker_page ADDRESS` opens the hub's page there, says `ready`, and is the broker until its input ends.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it is a part of the tests"
)]

#[path = "../tests/support/page.rs"]
mod page;

use page::{BrokerPage, hello};
use relay::Role;
use std::io::Read;

fn main() {
    let address = std::env::args().nth(1).unwrap();
    let page = BrokerPage::open(address.parse().unwrap(), hello(Role::Broker));
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    page.close();
}
