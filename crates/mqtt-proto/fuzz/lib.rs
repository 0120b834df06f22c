//! The fuzz targets' bodies, which the crate's tests share.
#![allow(dead_code)]

#[path = "../tests/drive/mod.rs"]
pub mod drive;
#[path = "../tests/common/examine.rs"]
mod examine;
#[path = "../tests/common/vectors.rs"]
pub mod vectors;

pub use examine::{anatomy, chunked, decode, selector};
