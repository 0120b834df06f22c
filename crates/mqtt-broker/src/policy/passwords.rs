//! Password files as `mosquitto_passwd` writes them, with lines for SCRAM among theirs.

use super::scram::{METHOD, Verifier};
use super::{LineFault, shortened};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core::fmt;
use sha2::{Digest, Sha512};

/// Users and the hashes of their passwords. Never plain text: such a file is refused.
///
/// Knows three kinds of line:
///
/// - `user:$7$…`, PBKDF2-HMAC-SHA512, what `mosquitto_passwd` 2.0 writes;
/// - `user:$6$…`, salted SHA-512, what it wrote before;
/// - `user:SCRAM-SHA-256$iterations:salt$stored key:server key` as PostgreSQL has it (base64), or
///   [`Passwords::scram_line`] writes it. Such a user may say the password, or prove to know it by
///   the authentication method `SCRAM-SHA-256` of MQTT 5.0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    users: BTreeMap<String, Secret>,
    /// Of the first user who has a verifier; `None`: nobody has.
    scram_iterations: Option<u32>,
}

/// What is known of a user's password.
#[derive(Clone, PartialEq, Eq)]
enum Secret {
    Hash(Hash),
    Scram(Verifier),
}

#[derive(Clone, PartialEq, Eq)]
struct Hash {
    /// 0: plain SHA-512.
    iterations: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    fn check(&self, password: &[u8]) -> bool {
        match self {
            Self::Hash(hash) => hash.check(password),
            Self::Scram(verifier) => verifier.check(password),
        }
    }
}

impl Hash {
    fn check(&self, password: &[u8]) -> bool {
        let mut found = [0; SHA512_BYTES];
        if self.iterations == 0 {
            let mut digest = Sha512::new();
            digest.update(password);
            digest.update(&self.salt);
            found.copy_from_slice(&digest.finalize());
        } else {
            pbkdf2::pbkdf2_hmac::<Sha512>(password, &self.salt, self.iterations, &mut found);
        }
        is_same(&self.hash, &found)
    }
}

/// Without a branch per byte: the time must not tell how much was right.
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && difference == 0
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
                 `mosquitto_passwd -H sha512-pbkdf2`, or as SCRAM-SHA-256"
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

/// A connection attempt must not stop the others for long: a tenth of a second or more at this number,
/// and anybody can attempt it. [`Passwords::check`] runs within a call of the broker.
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
            let (user, secret) = parse_line(line).map_err(|fault| LineFault {
                line: index + 1,
                fault,
            })?;
            users.insert(user, secret);
        }
        let scram_iterations = users.values().find_map(|secret| match secret {
            Secret::Scram(verifier) => Some(verifier.iterations),
            Secret::Hash(_) => None,
        });
        Ok(Self {
            users,
            scram_iterations,
        })
    }

    /// Whether this is the user's password. Takes as long for a user that does not exist: all the
    /// rounds of the hash, without a pause.
    #[must_use]
    pub fn check(&self, user: &str, password: &[u8]) -> bool {
        match (self.users.get(user), self.users.values().next()) {
            (Some(secret), _) => secret.check(password),
            (None, Some(decoy)) => {
                let _ = decoy.check(password);
                false
            }
            (None, None) => false,
        }
    }

    /// Whether somebody can prove to know a password without saying it.
    #[must_use]
    pub const fn has_scram(&self) -> bool {
        self.scram_iterations.is_some()
    }

    pub(super) const fn scram_iterations(&self) -> Option<u32> {
        self.scram_iterations
    }

    pub(super) fn verifier(&self, user: &str) -> Option<&Verifier> {
        match self.users.get(user)? {
            Secret::Scram(verifier) => Some(verifier),
            Secret::Hash(_) => None,
        }
    }

    /// The line of a user for `SCRAM-SHA-256`. The salt is random, 16 bytes say; RFC 7677 wants at
    /// least 4,096 iterations.
    #[must_use]
    pub fn scram_line(user: &str, password: &[u8], salt: &[u8], iterations: u32) -> String {
        let verifier = Verifier::new(password, salt, iterations);
        format!(
            "{user}:{METHOD}${iterations}:{}${}:{}",
            to_base64(salt),
            to_base64(&verifier.stored_key),
            to_base64(&verifier.server_key),
        )
    }
}

fn parse_line(line: &str) -> Result<(String, Secret), PasswordFault> {
    let (user, rest) = line.split_once(':').ok_or(PasswordFault::NoUser)?;
    if user.is_empty() {
        return Err(PasswordFault::NoUser);
    }
    let shown = || shortened(user);
    let mut parts = rest.split('$');
    let kind = parts.next();
    if kind == Some(METHOD) {
        let verifier = parse_verifier(parts).ok_or_else(|| PasswordFault::Garbled(shown()))?;
        return match verifier.iterations {
            ..=ITERATIONS_MAX => Ok((user.to_string(), Secret::Scram(verifier))),
            _ => Err(PasswordFault::TooManyIterations),
        };
    }
    if kind != Some("") {
        return Err(PasswordFault::PlainText(shown()));
    }
    let iterations = match parts.next() {
        Some("6") => 0,
        Some("7") => parts
            .next()
            .and_then(number)
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
            Secret::Hash(Hash {
                iterations,
                salt,
                hash,
            }),
        )),
        _ => Err(PasswordFault::Garbled(shown())),
    }
}

/// `iterations:salt$stored key:server key`.
fn parse_verifier<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Verifier> {
    let (iterations, salt) = parts.next()?.split_once(':')?;
    let (stored_key, server_key) = parts.next()?.split_once(':')?;
    let key = |text| from_base64(text)?.try_into().ok();
    Some(Verifier {
        iterations: number(iterations)?,
        salt: from_base64(salt).filter(|salt| !salt.is_empty())?,
        stored_key: key(stored_key)?,
        server_key: key(server_key)?,
    })
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

/// The usual alphabet; padding may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
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

    #[test]
    fn a_verifier_that_is_damaged_is_named() {
        let line = Passwords::scram_line("a", b"x", b"salt", 1);
        assert!(Passwords::parse(&line).unwrap().has_scram());
        let fault = |from, to| {
            let text = line.replacen(from, to, 1);
            assert_ne!(text, line);
            Passwords::parse(&text).unwrap_err().fault
        };
        let garbled = PasswordFault::Garbled("a".into());
        for (from, to) in [
            ("$1:", "$0:"),
            ("$1:", "$x:"),
            ("$1:", "$"),
            ("c2FsdA", ""),
            ("c2FsdA", "c2*sdA"),
            ("==$", "==$AA"),
            ("==$", ""),
        ] {
            assert_eq!(fault(from, to), garbled, "{from} {to}");
        }
        assert_eq!(fault("$1:", "$100001:"), PasswordFault::TooManyIterations);
        assert_eq!(
            fault("SCRAM-SHA-256", "SCRAM-SHA-1"),
            PasswordFault::PlainText("a".into())
        );
    }
}
