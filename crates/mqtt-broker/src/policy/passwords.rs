//! Password files as `mosquitto_passwd` writes them.

use super::{LineFault, shortened};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use sha2::{Digest, Sha512};

/// Users and the hashes of their passwords. Never plain text: such a file is refused.
///
/// Knows `$7$` (PBKDF2-HMAC-SHA512, what `mosquitto_passwd` 2.0 writes) and the older `$6$`
/// (salted SHA-512).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    users: BTreeMap<String, Hash>,
}

#[derive(Clone, PartialEq, Eq)]
struct Hash {
    /// 0: plain SHA-512.
    iterations: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash").finish_non_exhaustive()
    }
}

/// What is wrong with a line of a password file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// No `:` behind the user name, or no user name.
    NoUser,
    /// The password stands there as it is.
    PlainText(String),
    /// A kind of hash that is not known here.
    UnknownHash(String),
    /// The hash is not written as it should be.
    Garbled(String),
    /// More rounds than a broker can spend on one connection.
    TooManyIterations,
}

impl fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUser => f.write_str("a user name and `:` are missing"),
            Self::PlainText(user) => write!(
                f,
                "the password of `{user}` is in plain text; run `mosquitto_passwd -U FILE` on the file first"
            ),
            Self::UnknownHash(user) => write!(
                f,
                "the password of `{user}` is hashed in a way that is not known here; write it anew with \
                 `mosquitto_passwd -H sha512-pbkdf2`"
            ),
            Self::Garbled(user) => write!(
                f,
                "the hash of `{user}` is damaged; write it anew with `mosquitto_passwd`"
            ),
            Self::TooManyIterations => {
                write!(f, "more than {ITERATIONS_MAX} iterations are not accepted")
            }
        }
    }
}

/// A connection attempt must not stop the others for long.
const ITERATIONS_MAX: u32 = 100_000;
const SHA512_BYTES: usize = 64;

impl Passwords {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, LineFault<PasswordFault>> {
        let mut users = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = parse_line(line).map_err(|fault| LineFault {
                line: index + 1,
                fault,
            })?;
            users.insert(user, hash);
        }
        Ok(Self { users })
    }

    /// Whether this is the user's password. Takes as long for a user that does not exist.
    #[must_use]
    pub fn check(&self, user: &str, password: &[u8]) -> bool {
        let hash = self.users.get(user);
        let decoy = Hash {
            iterations: self.users.values().next().map_or(0, |hash| hash.iterations),
            salt: Vec::new(),
            hash: alloc::vec![0; SHA512_BYTES],
        };
        let tried = hash.unwrap_or(&decoy);
        let mut found = [0; SHA512_BYTES];
        if tried.iterations == 0 {
            let mut digest = Sha512::new();
            digest.update(password);
            digest.update(&tried.salt);
            found.copy_from_slice(&digest.finalize());
        } else {
            pbkdf2::pbkdf2_hmac::<Sha512>(password, &tried.salt, tried.iterations, &mut found);
        }
        // Without a branch per byte: the time must not tell how much was right.
        let difference = tried
            .hash
            .iter()
            .zip(found)
            .fold(0, |all, (a, b)| all | (a ^ b));
        hash.is_some() && tried.hash.len() == SHA512_BYTES && difference == 0
    }
}

fn parse_line(line: &str) -> Result<(String, Hash), PasswordFault> {
    let (user, rest) = line.split_once(':').ok_or(PasswordFault::NoUser)?;
    if user.is_empty() {
        return Err(PasswordFault::NoUser);
    }
    let shown = || shortened(user);
    let mut parts = rest.split('$');
    if parts.next() != Some("") {
        return Err(PasswordFault::PlainText(shown()));
    }
    let kind = parts.next();
    let iterations = match kind {
        Some("6") => 0,
        Some("7") => parts
            .next()
            .and_then(|number| number.parse().ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| PasswordFault::Garbled(shown()))?,
        _ => return Err(PasswordFault::UnknownHash(shown())),
    };
    if iterations > ITERATIONS_MAX {
        return Err(PasswordFault::TooManyIterations);
    }
    let mut bytes = || parts.next().and_then(from_base64);
    match (bytes(), bytes()) {
        (Some(salt), Some(hash)) if hash.len() == SHA512_BYTES => Ok((
            user.to_string(),
            Hash {
                iterations,
                salt,
                hash,
            },
        )),
        _ => Err(PasswordFault::Garbled(shown())),
    }
}

/// Base64 with the usual alphabet; padding may be left out.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../tests/data/passwords");

    #[test]
    fn the_file_of_mosquitto_passwd_is_understood() {
        let passwords = Passwords::parse(FILE).unwrap();
        assert!(passwords.check("alice", b"wonderland"));
        assert!(!passwords.check("alice", b"wonderlan"));
        assert!(!passwords.check("alice", b""));
        assert!(!passwords.check("bob", b"wonderland"));
        assert!(passwords.check("bob", b"builder"));
        assert!(!passwords.check("nobody", b"wonderland"));
    }

    #[test]
    fn a_bad_line_is_named() {
        let fault = |text| Passwords::parse(text).unwrap_err();
        assert_eq!(fault("a\n").fault, PasswordFault::NoUser);
        assert_eq!(fault("\n# x\n:x").line, 3);
        assert_eq!(
            fault("a:secret").fault,
            PasswordFault::PlainText("a".into())
        );
        assert_eq!(
            fault("a:$argon2id$x").fault,
            PasswordFault::UnknownHash("a".into())
        );
        assert_eq!(
            fault("a:$7$101$AAAA$AAAA").fault,
            PasswordFault::Garbled("a".into())
        );
        assert_eq!(
            fault("a:$7$x$AAAA$AAAA").fault,
            PasswordFault::Garbled("a".into())
        );
        assert_eq!(
            fault("a:$7$100001$AAAA$AAAA").fault,
            PasswordFault::TooManyIterations
        );
    }
}
