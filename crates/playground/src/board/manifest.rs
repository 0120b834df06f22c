//! What firmware the page has: the manifest that `cargo xtask firmware` writes beside the images.

use super::Chip;
use serde::Deserialize;

/// The folder of the images, as seen from the page.
const FOLDER: &str = "firmware";
/// More parts than that is no firmware of ours.
const PARTS_MAX: usize = 8;

/// The firmware that the page has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Manifest {
    /// Its version.
    pub(super) version: String,
    /// For each chip.
    pub(super) builds: Vec<Build>,
}

/// The firmware of one chip.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Build {
    /// As its maker calls it: `ESP32-C3`.
    pub(super) chip: String,
    /// What is written, in this order.
    pub(super) parts: Vec<Part>,
    /// Where settings are kept.
    pub(super) settings: Place,
    /// The size of flash that the images were made for, in bytes: smaller ones do not start.
    #[serde(default)]
    pub(super) flash: u32,
}

/// A file, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Part {
    /// `bootloader`, `partitions` or `application`.
    pub(super) name: String,
    /// The file.
    pub(super) file: String,
    /// Where it goes, in bytes from the start of the flash.
    pub(super) offset: u32,
    /// How long it is.
    pub(super) bytes: u32,
    /// Its check sum, in hexadecimal.
    pub(super) sha256: String,
}

/// A part of the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    /// Where it begins.
    pub(super) offset: u32,
    /// How long it is.
    pub(super) bytes: u32,
}

impl Manifest {
    /// Reads a manifest; none if it is none of ours, or names a file somewhere else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let manifest: Self = serde_json::from_str(text).ok()?;
        let is_plain = |file: &str| {
            let mut bytes = file.bytes();
            bytes.all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
                && !file.starts_with('.')
        };
        let is_ours = |build: &Build| {
            (1..=PARTS_MAX).contains(&build.parts.len())
                && build.parts.iter().all(|part| is_plain(&part.file))
        };
        (!manifest.builds.is_empty() && manifest.builds.iter().all(is_ours)).then_some(manifest)
    }

    /// The firmware for a chip.
    pub(super) fn build(&self, chip: &str) -> Option<&Build> {
        self.builds.iter().find(|build| build.chip == chip)
    }
}

impl Build {
    /// How much flash a board needs for it, in bytes: what the images say, and no less than they take.
    pub(super) fn needs(&self) -> u32 {
        let ends = self.parts.iter().map(|part| (part.offset, part.bytes));
        let settings = (self.settings.offset, self.settings.bytes);
        let ends = ends.chain([settings]).map(|(at, of)| at.saturating_add(of));
        ends.fold(self.flash, u32::max)
    }

    /// Whether a board with this chip has room for it. One that does not say how much it has is taken at the user's word.
    pub(super) fn fits(&self, chip: &Chip) -> bool {
        chip.flash_bytes().is_none_or(|flash| flash >= self.needs())
    }
}

impl Part {
    /// Where the page finds its file.
    pub(super) fn path(&self) -> String {
        format!("{FOLDER}/{}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_beside_the_page_and_nowhere_else() {
        let with = |file: &str| {
            Manifest::read(&format!(
                r#"{{"version":"1","builds":[{{"chip":"ESP32-C3","settings":{{"offset":1,"bytes":2}},"parts":[
                {{"name":"application","file":"{file}","offset":65536,"bytes":3,"sha256":"00"}}]}}]}}"#
            ))
        };
        let manifest = with("esp32c3-application.bin").unwrap();
        assert_eq!(
            manifest.build("ESP32-C3").unwrap().parts[0].path(),
            "firmware/esp32c3-application.bin"
        );
        assert!(manifest.build("ESP32").is_none());
        for file in ["../a.bin", "//elsewhere/a.bin", "a/b.bin", ".hidden", "a b"] {
            assert!(with(file).is_none(), "{file}");
        }
        for text in ["", "{}", r#"{"version":"1","builds":[]}"#] {
            assert!(Manifest::read(text).is_none(), "{text}");
        }
    }
}
