//! `image CHIP PROGRAM PARTITIONS FOLDER`: makes what a chip's flash holds out of a program, and prints as JSON what it is.
//!
//! The bootloader comes with espflash. Nothing that it writes depends on when or where it runs.

use espflash::flasher::{FlashData, FlashFrequency, FlashMode, FlashSettings, FlashSize};
use espflash::image_format::idf::IdfBootloaderFormat;
use espflash::target::{Chip, XtalFrequency};
use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use serde_json::{Value, json};
use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The crates of the playground that a program of a board is made of, as they are called in the names of functions.
const OURS: [&str; 5] = ["mqtt_proto", "device", "sim", "board", "node"];

/// The images are made for so much flash. The bootloader starts nothing on a board with less, and uses no more.
const FLASH: FlashSize = FlashSize::_4Mb;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [chip, program, partitions, folder] = arguments.as_slice() else {
        return Err("usage: image CHIP PROGRAM PARTITIONS FOLDER".into());
    };
    let target = match chip.as_str() {
        "esp32c3" => Chip::Esp32c3,
        "esp32c6" => Chip::Esp32c6,
        _ => return Err(format!("there is no firmware for {chip}").into()),
    };
    let elf = fs::read(program)?;
    let settings = FlashSettings::new(
        Some(FlashMode::Dio),
        Some(FLASH),
        Some(FlashFrequency::_40Mhz),
    );
    let data = FlashData::new(settings, 0, None, target, XtalFrequency::_40Mhz);
    let format =
        IdfBootloaderFormat::new(&elf, &data, Some(Path::new(partitions)), None, None, None)?;
    let settings = format.partition_table();
    let settings = settings
        .find("settings")
        .ok_or("the table has no settings")?;
    let settings = json!({ "offset": settings.offset(), "bytes": settings.size() });
    let mut parts = Vec::new();
    for (segment, name) in format
        .flash_segments()
        .zip(["bootloader", "partitions", "application"])
    {
        let file = format!("{chip}-{name}.bin");
        fs::write(Path::new(folder).join(&file), segment.data())?;
        parts.push(json!({ "name": name, "file": file, "offset": segment.addr }));
    }
    let summary = json!({
        "flash": FLASH.size(),
        "parts": parts,
        "settings": settings,
        "memory": memory(&elf)?,
    });
    println!("{summary}");
    Ok(())
}

/// What of the chip's memory is spoken for, and how much of the program is whose.
fn memory(elf: &[u8]) -> Result<Value, Box<dyn Error>> {
    let elf = ElfFile32::<object::Endianness>::parse(elf)?;
    let mut sections = serde_json::Map::new();
    for section in elf.sections() {
        let is_loaded = section.kind() != SectionKind::Unknown && section.address() != 0;
        if is_loaded && section.size() > 0 {
            sections.insert(section.name()?.to_owned(), json!(section.size()));
        }
    }
    let mut shares = serde_json::Map::new();
    for symbol in elf.symbols().filter(|symbol| symbol.size() > 0) {
        let owner = symbol.name().ok().and_then(owner);
        if let Some(owner) = owner {
            let bytes = shares.entry(owner).or_insert_with(|| json!(0));
            *bytes = json!(bytes.as_u64().unwrap_or_default() + symbol.size());
        }
    }
    Ok(json!({ "sections": sections, "shares": shares }))
}

/// Whose function this is: the first of our crates that its mangled name has, with its length before it as in paths, or
/// with its path after a bracket as in implementations.
fn owner(symbol: &str) -> Option<&'static str> {
    let place = |name: &str| {
        let in_path = format!("{}{name}", name.len());
        let found = symbol.match_indices(&in_path).find(|(at, _)| {
            let before = symbol.get(..*at).and_then(|it| it.chars().last());
            let after = symbol
                .get(at + in_path.len()..)
                .and_then(|it| it.chars().next());
            !before.is_some_and(|it| it.is_ascii_digit())
                && after.is_some_and(|it| it.is_ascii_digit())
        });
        let in_bracket = symbol.find(&format!("$LT${name}.."));
        [found.map(|(at, _)| at), in_bracket]
            .into_iter()
            .flatten()
            .min()
    };
    OURS.into_iter()
        .filter_map(|name| Some((place(name)?, name)))
        .min()
        .map(|(_, name)| name)
}
