//! SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677): the client proves that it knows the
//! password without saying it, and the server proves that it knows the client.
//!
//! Absent: channel binding (`p=`, which needs TLS), acting as another user (`a=`), and `SASLprep`:
//! names and passwords are compared as they are written.

use super::Passwords;
use super::passwords::{from_base64, is_same, to_base64};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use pbkdf2::hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The name of the mechanism, as MQTT 5.0's Authentication Method has it.
pub const METHOD: &str = "SCRAM-SHA-256";

const HASH_BYTES: usize = 32;
type Key = [u8; HASH_BYTES];

/// A nonce of the server's is so many bytes, before they are written as text.
const NONCE_BYTES: usize = 18;
/// The longest nonce taken from a client: it is sent back and hashed several times.
const CLIENT_NONCE_MAX_BYTES: usize = 256;

/// What the server keeps of a password: enough to check it, not enough to pass for the client.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Verifier {
    pub(super) iterations: u32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: Key,
    pub(super) server_key: Key,
}

impl Verifier {
    /// Of a password.
    pub(super) fn new(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let mut salted = [0; HASH_BYTES];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted);
        Self {
            iterations,
            salt: salt.to_vec(),
            stored_key: hash(&hmac(&salted, &[b"Client Key"])),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// Whether this is the password, for clients that say it.
    pub(super) fn check(&self, password: &[u8]) -> bool {
        let tried = Self::new(password, &self.salt, self.iterations);
        is_same(&tried.stored_key, &self.stored_key)
    }

    /// For a user that does not exist: the same salt each time, as a real one has.
    fn decoy(user: &str, iterations: u32, key: &Key) -> Self {
        let of = |what: &[u8]| hmac(key, &[what, user.as_bytes()]);
        Self {
            iterations,
            salt: of(b"salt").iter().take(16).copied().collect(),
            stored_key: of(b"stored key"),
            server_key: of(b"server key"),
        }
    }
}

/// Why an exchange leads to nothing. The client is not told: all of them are "not authorised".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramFault {
    /// A message is not written as RFC 5802 section 7 has it.
    Garbled,
    /// It asks for what is not there: channel binding, another identity, a mandatory extension.
    Unsupported,
    /// The nonce or the channel binding is not that of the first message.
    Mismatch,
    /// The user does not exist, or the proof is wrong.
    WrongProof,
}

impl fmt::Display for ScramFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Garbled => "a SCRAM message is garbled",
            Self::Unsupported => "SCRAM with what is not supported here",
            Self::Mismatch => "SCRAM messages do not belong together",
            Self::WrongProof => "the user name or the password is wrong",
        })
    }
}

impl core::error::Error for ScramFault {}

/// An exchange after the server's first message.
#[derive(Clone)]
pub struct ScramExchange {
    user: String,
    /// Whether there is such a user.
    is_known: bool,
    verifier: Verifier,
    /// `n,,` or `y,,` with what may stand between the commas.
    gs2_header: String,
    nonce: String,
    /// Both first messages, with a comma behind each.
    so_far: String,
}

impl fmt::Debug for ScramExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramExchange")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The end of an exchange that went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramSuccess {
    /// Who it is.
    pub user: String,
    /// The server's last message, which proves it to the client.
    pub server_final: Vec<u8>,
}

/// A nonce for the exchange with this number: nobody can tell it beforehand who does not know the
/// key, and it never comes again as long as no number does.
#[must_use]
pub fn nonce(key: &[u8; 32], number: u64) -> String {
    let bytes = hmac(key, &[b"nonce", &number.to_be_bytes()]);
    to_base64(bytes.get(..NONCE_BYTES).unwrap_or_default())
}

/// A name for the client with this number: nobody can tell it beforehand who does not know the key. Hexadecimal digits,
/// because some characters mean something in topics and access lists.
pub(crate) fn secret_name(key: &[u8; 32], number: u64) -> String {
    let bytes = hmac(key, &[b"client id", &number.to_be_bytes()]);
    let digits = bytes.iter().take(NONCE_BYTES);
    digits.map(|byte| format!("{byte:02x}")).collect()
}

impl ScramExchange {
    /// Takes the client's first message; gives the exchange and the server's first message.
    ///
    /// `nonce` is printable, without a comma, and never used before; `key` is the server's secret.
    ///
    /// # Errors
    /// What is wrong with the message. An unknown user is none: that shows at the end.
    pub fn begin(
        passwords: &Passwords,
        client_first: &[u8],
        nonce: &str,
        key: &[u8; 32],
    ) -> Result<(Self, Vec<u8>), ScramFault> {
        let text = core::str::from_utf8(client_first).map_err(|_| ScramFault::Garbled)?;
        let mut parts = text.splitn(3, ',');
        let (Some(binding), Some(identity), Some(bare)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(ScramFault::Garbled);
        };
        match binding {
            "n" | "y" => {}
            _ if binding.starts_with("p=") => return Err(ScramFault::Unsupported),
            _ => return Err(ScramFault::Garbled),
        }
        let mut attributes = bare.split(',');
        let name = match attributes.next() {
            Some(first) if first.starts_with("m=") => return Err(ScramFault::Unsupported),
            first => first
                .and_then(|first| first.strip_prefix("n="))
                .and_then(unescaped)
                .ok_or(ScramFault::Garbled)?,
        };
        match identity.strip_prefix("a=").map(unescaped) {
            None if identity.is_empty() => {}
            None | Some(None) => return Err(ScramFault::Garbled),
            Some(Some(other)) if other == name => {}
            Some(Some(_)) => return Err(ScramFault::Unsupported),
        }
        let client_nonce = attributes
            .next()
            .and_then(|second| second.strip_prefix("r="))
            .filter(|nonce| !nonce.is_empty() && nonce.len() <= CLIENT_NONCE_MAX_BYTES)
            .filter(|nonce| nonce.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or(ScramFault::Garbled)?;
        let iterations = passwords
            .scram_iterations()
            .ok_or(ScramFault::Unsupported)?;
        let found = passwords.verifier(&name);
        let is_known = found.is_some();
        let verifier = match found {
            Some(verifier) => verifier.clone(),
            None => Verifier::decoy(&name, iterations, key),
        };
        let nonce = format!("{client_nonce}{nonce}");
        let salt = to_base64(&verifier.salt);
        let server_first = format!("r={nonce},s={salt},i={}", verifier.iterations);
        let exchange = Self {
            user: name,
            is_known,
            verifier,
            gs2_header: format!("{binding},{identity},"),
            nonce,
            so_far: format!("{bare},{server_first},"),
        };
        Ok((exchange, server_first.into_bytes()))
    }

    /// Takes the client's last message.
    ///
    /// # Errors
    /// Why the client is not let in.
    pub fn finish(&self, client_final: &[u8]) -> Result<ScramSuccess, ScramFault> {
        let text = core::str::from_utf8(client_final).map_err(|_| ScramFault::Garbled)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(ScramFault::Garbled)?;
        let proof: Key = from_base64(proof)
            .and_then(|proof| proof.try_into().ok())
            .ok_or(ScramFault::Garbled)?;
        let mut attributes = without_proof.split(',');
        let mut next = |name| {
            attributes
                .next()
                .and_then(|attribute| attribute.strip_prefix(name))
                .ok_or(ScramFault::Garbled)
        };
        let binding = from_base64(next("c=")?).ok_or(ScramFault::Garbled)?;
        if binding != self.gs2_header.as_bytes() || next("r=")? != self.nonce {
            return Err(ScramFault::Mismatch);
        }
        let message = [self.so_far.as_bytes(), without_proof.as_bytes()];
        let signature = hmac(&self.verifier.stored_key, &message);
        let mut client_key = proof;
        for (byte, other) in client_key.iter_mut().zip(signature) {
            *byte ^= other;
        }
        let is_right = is_same(&hash(&client_key), &self.verifier.stored_key);
        if !(is_right && self.is_known) {
            return Err(ScramFault::WrongProof);
        }
        let signature = to_base64(&hmac(&self.verifier.server_key, &message));
        Ok(ScramSuccess {
            user: self.user.clone(),
            server_final: format!("v={signature}").into_bytes(),
        })
    }
}

/// A user name with `=2C` for a comma and `=3D` for `=`; any other `=` is an error.
fn unescaped(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let mut parts = name.split('=');
    let mut text = parts.next()?.to_string();
    for part in parts {
        let (character, rest) = match part.split_at_checked(2)? {
            ("2C", rest) => (',', rest),
            ("3D", rest) => ('=', rest),
            _ => return None,
        };
        text.push(character);
        text.push_str(rest);
    }
    Some(text)
}

fn hash(bytes: &[u8]) -> Key {
    Sha256::digest(bytes).into()
}

fn hmac(key: &Key, parts: &[&[u8]]) -> Key {
    // Its keys are never longer than a block, so they are taken as they are.
    let mut block = [0; 64];
    for (byte, from) in block.iter_mut().zip(key) {
        *byte = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; HASH_BYTES];
    const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const SERVER_FIRST: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn passwords() -> Passwords {
        let salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let line = Passwords::scram_line("user", b"pencil", &salt, 4_096);
        Passwords::parse(&line).unwrap()
    }

    fn begin(client_first: &str) -> Result<(ScramExchange, Vec<u8>), ScramFault> {
        ScramExchange::begin(&passwords(), client_first.as_bytes(), NONCE, &KEY)
    }

    #[test]
    fn the_example_of_rfc_7677() {
        let (exchange, server_first) = begin(CLIENT_FIRST).unwrap();
        assert_eq!(server_first, SERVER_FIRST.as_bytes());
        let success = exchange.finish(CLIENT_FINAL.as_bytes()).unwrap();
        assert_eq!(success.user, "user");
        assert_eq!(success.server_final, SERVER_FINAL.as_bytes());
    }

    #[test]
    fn the_password_may_also_be_said() {
        assert!(passwords().check("user", b"pencil"));
        assert!(!passwords().check("user", b"pencils"));
    }

    /// What the client begins with, and what is wrong with it.
    #[test]
    fn a_first_message_is_taken_as_section_7_of_rfc_5802_has_it() {
        use ScramFault::{Garbled, Unsupported};
        for (text, fault) in [
            ("n,,n=user,r=abc", None),
            ("y,,n=user,r=abc,x=extension", None),
            ("n,a=user,n=user,r=abc", None),
            ("n,,n=no=2Cbody=3D,r=abc", None),
            ("n,a=admin,n=user,r=abc", Some(Unsupported)),
            ("p=tls-unique,,n=user,r=abc", Some(Unsupported)),
            ("n,,m=must,n=user,r=abc", Some(Unsupported)),
            ("n,,n=us=er,r=abc", Some(Garbled)),
            ("n,,n=user=,r=abc", Some(Garbled)),
            ("n,,n=user=é,r=abc", Some(Garbled)),
            ("n,,n=,r=abc", Some(Garbled)),
            ("n,,n=user,r=", Some(Garbled)),
            ("n,,n=user,r=a\u{7f}", Some(Garbled)),
            ("n,,n=user", Some(Garbled)),
            ("n,x,n=user,r=abc", Some(Garbled)),
            ("n,a=,n=user,r=abc", Some(Garbled)),
            ("z,,n=user,r=abc", Some(Garbled)),
            ("", Some(Garbled)),
        ] {
            assert_eq!(begin(text).err(), fault, "{text}");
        }
        let long = format!("n,,n=user,r={}", "x".repeat(257));
        assert_eq!(begin(&long).err(), Some(Garbled));
        let none = ScramExchange::begin(&Passwords::default(), b"n,,n=user,r=abc", NONCE, &KEY);
        assert_eq!(none.err(), Some(Unsupported));
    }

    #[test]
    fn a_last_message_with_anything_changed_is_refused() {
        let (exchange, _) = begin(CLIENT_FIRST).unwrap();
        for (from, to, fault) in [
            ("p=dHzb", "p=dHzc", ScramFault::WrongProof),
            ("r=rOpr", "r=rOps", ScramFault::Mismatch),
            ("c=biws", "c=eSws", ScramFault::Mismatch),
            ("c=biws,", "", ScramFault::Garbled),
            (",p=", ",q=", ScramFault::Garbled),
            ("dVQ=", "dQ==", ScramFault::Garbled),
            (",p=", ",x=more,p=", ScramFault::WrongProof),
        ] {
            let text = CLIENT_FINAL.replacen(from, to, 1);
            assert_ne!(text, CLIENT_FINAL);
            assert_eq!(
                exchange.finish(text.as_bytes()).err(),
                Some(fault),
                "{text}"
            );
        }
    }

    #[test]
    fn nobody_learns_from_the_first_answer_who_is_known() {
        let salt = |user: &str, key: Key| {
            let first = format!("n,,n={user},r=abc");
            let (exchange, answer) =
                ScramExchange::begin(&passwords(), first.as_bytes(), NONCE, &key).unwrap();
            let nonce = format!("abc{NONCE}");
            let last = format!("c=biws,r={nonce},p={}", to_base64(&[0; HASH_BYTES]));
            assert_eq!(
                exchange.finish(last.as_bytes()).err(),
                Some(ScramFault::WrongProof)
            );
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.ends_with(",i=4096"), "{answer}");
            answer.split(',').nth(1).unwrap().to_string()
        };
        assert_eq!(salt("nobody", KEY), salt("nobody", KEY));
        assert_ne!(salt("nobody", KEY), salt("nobodi", KEY));
        assert_ne!(salt("nobody", KEY), salt("nobody", [8; HASH_BYTES]));
        assert_eq!(salt("nobody", KEY).len(), salt("user", KEY).len());
    }

    #[test]
    fn nonces_do_not_come_twice() {
        let all: alloc::collections::BTreeSet<String> =
            (0..1_000).map(|number| nonce(&KEY, number)).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.iter().all(|nonce| !nonce.contains(',')));
        assert_ne!(nonce(&KEY, 1), nonce(&[8; HASH_BYTES], 1));
    }
}
