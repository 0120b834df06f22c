//! The broker's state in a file.
//!
//! A file is written under another name, forced to the disk and then given its name, so whenever
//! the process or the machine ends, there is the old file or the new one, whole.

use crate::Advice;
use mqtt_broker::Durable;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a file says, and how long ago it was written.
pub(crate) struct Loaded {
    pub(crate) durable: Durable,
    pub(crate) downtime: mqtt_proto::Duration,
}

/// Reads the state; `None` if there is no such file yet.
pub(crate) fn load(path: &Path) -> std::result::Result<Option<Loaded>, Advice> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // The folder of a bare name is "", which is here.
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            return match folder.filter(|folder| !folder.is_dir()) {
                None => Ok(None),
                Some(folder) => Err(format!(
                    "cannot write {}: there is no folder {}; make it, or give --persist another file",
                    path.display(),
                    folder.display()
                )),
            };
        }
        Err(error) => {
            let path = path.display();
            return Err(format!(
                "cannot read {path}: {error}; give --persist another file"
            ));
        }
    };
    let (durable, saved_at) = Durable::decode(&bytes).map_err(|fault| {
        let path = path.display();
        format!("cannot use {path}: {fault}; move it away, or give --persist another file")
    })?;
    let downtime = unix_secs().saturating_sub(saved_at);
    Ok(Some(Loaded {
        durable,
        downtime: mqtt_proto::Duration::from_secs(downtime),
    }))
}

/// Writes the state, one file at a time.
pub(crate) struct Saver {
    path: PathBuf,
    states: Mutex<States>,
}

#[derive(Default)]
struct States {
    /// What the file says, as far as this process has written it.
    written: Option<Durable>,
    /// What it should say: writing it has failed.
    owed: Option<Durable>,
}

impl Saver {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            states: Mutex::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what `take` gives, unless the file says it already; if it gives nothing new, what could
    /// not be written the last time. `take` is asked once it is this call's turn, so that an older
    /// state never replaces a newer one.
    pub(crate) fn save(&self, take: impl FnOnce() -> Option<Durable>) -> Result<()> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = states.owed.take();
        match take().or(owed) {
            Some(durable) if states.written.as_ref() != Some(&durable) => {
                let result = write(&self.path, &durable.encode(unix_secs()));
                *match result {
                    Ok(()) => &mut states.written,
                    Err(_) => &mut states.owed,
                } = Some(durable);
                result
            }
            _ => Ok(()),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path
        .file_name()
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "it has no file name"))?;
    let mut draft_name = name.to_owned();
    draft_name.push(".new");
    let draft = folder.join(draft_name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // It holds other people's messages.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&draft, path)?;
    // The new name itself has to reach the disk as well; not every system can do that.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// By the wall clock: time passes while the hub is not running.
fn unix_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later/state");
        let saver = Saver::new(path.clone());
        assert!(saver.save(|| Some(Durable::default())).is_err());
        assert!(saver.save(|| None).is_err());
        std::fs::create_dir(folder.path().join("later")).unwrap();
        saver.save(|| None).unwrap();
        assert!(load(&path).unwrap_or_default().is_some());
        // Once is enough.
        std::fs::remove_file(&path).unwrap();
        saver.save(|| None).unwrap();
        assert!(!path.exists());
    }
}
