//! Asks the linker to say what in the page refers to what, for the build to tell the parts apart that are fetched later.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_ARCH")
        .is_some_and(|architecture| architecture == "wasm32")
    {
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
