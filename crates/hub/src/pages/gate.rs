//! Who gets in with which code.
//!
//! On a hub that only this machine can reach, whoever can open the page may have any place. Beyond that the hub prints
//! two codes at its start: one to join (watchers, students), one to lead (the broker, the teacher), which also joins.
//! Who leads is told the other one, to show it.

use getrandom::fill;
use relay::{Refusal, Role};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;

/// Wrong codes from one address before it has to wait.
const WRONG_MAX: u32 = 10;
/// How long it then waits.
const WAIT: Duration = Duration::from_secs(60);
/// The most addresses of which wrong codes are counted; should there be more, all wait.
const ADDRESSES_MAX: usize = 4096;
/// What codes are made of: without I and O, which are read as digits, and E and U, so that hardly a word comes out.
const LETTERS: &[u8; 32] = b"A23456789BCDFGHJKLMNPQRSTVWXYZ01";
/// Of a code: 40 bits, and ten tries a minute and address.
const CODE_LETTERS: usize = 8;

/// The codes, and who has tried how often.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    codes: Option<Codes>,
    wrong: HashMap<IpAddr, Wrong>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    /// Of watchers and students.
    pub(crate) join: String,
    /// Of the broker and the teacher.
    pub(crate) lead: String,
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    since: Instant,
}

impl Gate {
    /// With codes, or open to all.
    pub(crate) fn new(codes: Option<Codes>) -> Self {
        Self {
            codes,
            wrong: HashMap::new(),
        }
    }

    /// The code to join with, if one is asked for.
    pub(crate) fn join_code(&self) -> Option<&str> {
        self.codes.as_ref().map(|codes| codes.join.as_str())
    }

    /// Whether somebody may come as `role`.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        from: IpAddr,
        role: Role,
        code: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(codes) = &self.codes else {
            return Ok(());
        };
        let Some(code) = code else {
            return Err(Refusal::CodeMissing);
        };
        let from = network(from);
        self.wrong
            .retain(|_, wrong| now.duration_since(wrong.since) < WAIT);
        let has_too_many = match self.wrong.get(&from) {
            Some(wrong) => wrong.count >= WRONG_MAX,
            None => self.wrong.len() >= ADDRESSES_MAX,
        };
        if has_too_many {
            return Err(Refusal::TooManyAttempts);
        }
        // Both are compared, whatever the first says: how long it takes tells nothing.
        let leads = is_same(code, &codes.lead);
        let joins = is_same(code, &codes.join);
        let is_right = match role {
            Role::Broker | Role::Teacher => leads,
            Role::Watcher | Role::Student => leads | joins,
        };
        if is_right {
            return Ok(());
        }
        let wrong = self.wrong.entry(from).or_insert(Wrong {
            count: 0,
            since: now,
        });
        wrong.count += 1;
        Err(Refusal::CodeWrong)
    }
}

/// What one person has many addresses of: 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !(u128::from(u64::MAX)),
        )),
        address => address,
    }
}

/// In a time that depends on the lengths only. Small letters count as large ones, and what people put in between does not.
fn is_same(said: &str, code: &str) -> bool {
    let plain = |text: &str| -> Vec<u8> {
        let letters = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-'));
        letters.map(|byte| byte.to_ascii_uppercase()).collect()
    };
    plain(said).ct_eq(&plain(code)).into()
}

impl Codes {
    /// Two new ones from the system's random source.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self {
            join: new_code()?,
            lead: new_code()?,
        })
    }

    /// Whether one says the other.
    pub(crate) fn are_one(&self) -> bool {
        is_same(&self.join, &self.lead)
    }
}

fn new_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0; CODE_LETTERS];
    fill(&mut bytes)?;
    let letter = |byte: &u8| {
        LETTERS
            .get(usize::from(byte % 32))
            .map(|&letter| char::from(letter))
    };
    Ok(bytes.iter().filter_map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(Some(Codes {
            join: "JOIN1234".into(),
            lead: "LEAD5678".into(),
        }))
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn codes_open_what_they_are_for() {
        let mut gate = gate();
        let now = Instant::now();
        for (role, code, expected) in [
            (Role::Student, Some("JOIN1234"), Ok(())),
            (Role::Student, Some("join-1234"), Ok(())),
            (Role::Watcher, Some("LEAD5678"), Ok(())),
            (Role::Broker, Some("lead 5678"), Ok(())),
            (Role::Broker, Some("JOIN1234"), Err(Refusal::CodeWrong)),
            (Role::Teacher, Some(""), Err(Refusal::CodeWrong)),
            (Role::Student, Some("JOIN12345"), Err(Refusal::CodeWrong)),
            (Role::Student, None, Err(Refusal::CodeMissing)),
        ] {
            assert_eq!(
                gate.check(now, HERE, role, code),
                expected,
                "{role:?} {code:?}"
            );
        }
        assert_eq!(Gate::new(None).check(now, HERE, Role::Broker, None), Ok(()));
    }

    #[test]
    fn who_guesses_has_to_wait_and_nobody_else() {
        let mut gate = gate();
        let now = Instant::now();
        for _ in 0..WRONG_MAX {
            assert_eq!(
                gate.check(now, HERE, Role::Student, Some("x")),
                Err(Refusal::CodeWrong)
            );
        }
        let right = Some("JOIN1234");
        assert_eq!(
            gate.check(now, HERE, Role::Student, right),
            Err(Refusal::TooManyAttempts)
        );
        assert_eq!(
            gate.check(now, "192.0.2.2".parse().unwrap(), Role::Student, right),
            Ok(())
        );
        assert_eq!(gate.check(now + WAIT, HERE, Role::Student, right), Ok(()));
        // One person, many addresses.
        for host in 0..WRONG_MAX {
            let from = format!("2001:db8::{host:x}").parse().unwrap();
            assert_eq!(
                gate.check(now, from, Role::Student, Some("x")),
                Err(Refusal::CodeWrong)
            );
        }
        let from = "2001:db8::ffff".parse().unwrap();
        assert_eq!(
            gate.check(now, from, Role::Student, right),
            Err(Refusal::TooManyAttempts)
        );
    }

    #[test]
    fn new_codes_are_long_and_never_the_same() {
        let (one, other) = (Codes::new().unwrap(), Codes::new().unwrap());
        assert_eq!(one.join.len(), CODE_LETTERS);
        assert_ne!(one.join, one.lead);
        assert_ne!(one.join, other.join);
    }
}
