//! What the user of the page is looking at.
//!
//! No web types, no clock, no I/O: actions in, commands and views out, so that all of it is tested without a browser. It
//! decides what is shown and in which words; it does not decide what MQTT does (that is the simulator's work) and it does
//! not draw (that is the page's).

pub mod action;
mod anatomy;
pub mod board;
pub mod bridge;
mod capture;
pub mod class;
pub mod commands;
pub mod explain;
pub mod export;
pub mod filter;
#[cfg(test)]
mod fixture;
pub mod futures;
mod going;
pub mod guests;
pub mod import;
mod index;
pub mod ladder;
pub mod lanes;
pub mod lesson;
pub mod level;
mod library;
pub mod live;
pub mod lobby;
pub mod look;
pub mod map;
pub mod measure;
mod memo;
pub mod menu;
mod model;
pub mod packet;
pub mod payload;
pub mod probe;
mod read;
pub mod route;
mod run;
pub mod sandbox;
pub mod script;
pub mod state;
pub mod step;
pub mod story;
pub mod study;
pub mod text;
pub mod timeline;
pub mod vote;
pub mod why;
mod work;

pub use action::{Action, Command};
pub use memo::Shared;
pub use model::{
    CoverView, FilesAction, Marker, PALETTE_ENTRY_ID, PALETTE_ID, PaletteAction, PaletteEntry,
    PaletteView, RunningView, STOP_ID, StopRow, StopsAction, StopsView, Turn,
};
pub use model::{EDGES, Edge, EdgeView, LanesView, LayoutAction};
pub use model::{
    FILTER_ID, FILTER_OFFER_ID, FilterAction, FilterView, FrameView, LIST_ROW, LessonPane,
    ListBlock, ListView, Notice, Onward, PacketList, PacketRow, Playground,
};
pub use work::{Bookmark, Refusal};
