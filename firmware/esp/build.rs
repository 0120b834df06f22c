//! Gives the linker the chip's memory.

fn main() {
    // esp-hal makes it; it has to be the last.
    println!("cargo:rustc-link-arg=-Tlinkall.x");
}
