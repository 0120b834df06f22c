//! What stands for passwords in a broker that is built without them: types without a value, so that all that would be
//! done with one is no code.

use core::convert::Infallible;

/// Users and the hashes of their passwords; in this build there are none (feature `passwords`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passwords(Infallible);

impl Passwords {
    /// Whether this is the user's password.
    #[must_use]
    pub const fn check(&self, _: &str, _: &[u8]) -> bool {
        match self.0 {}
    }

    /// Whether somebody can prove to know a password without saying it.
    #[must_use]
    pub const fn has_scram(&self) -> bool {
        match self.0 {}
    }
}

/// The server's side of one authentication, which needs [`Passwords`].
#[derive(Clone, Debug)]
pub struct ScramExchange(Infallible);

/// Who a client has proven to be.
#[derive(Clone, Debug)]
pub struct ScramSuccess {
    /// Who it is.
    pub user: alloc::string::String,
    /// The server's last message, which proves it to the client.
    pub server_final: alloc::vec::Vec<u8>,
}

impl ScramExchange {
    /// Reads the client's first message.
    ///
    /// # Errors
    /// Never, because it is never called.
    pub const fn begin(
        passwords: &Passwords,
        _: &[u8],
        _: &str,
        _: &[u8; 32],
    ) -> Result<(Self, &'static [u8]), Infallible> {
        match passwords.0 {}
    }

    /// Reads the client's last message.
    ///
    /// # Errors
    /// Never, because it is never called.
    pub const fn finish(&self, _: &[u8]) -> Result<ScramSuccess, Infallible> {
        match self.0 {}
    }
}

/// The mechanism that needs passwords.
pub mod scram {
    /// The name of the mechanism, as MQTT 5.0's Authentication Method has it.
    pub const METHOD: &str = "SCRAM-SHA-256";

    /// A name for the client with this number: in this build, which has no hashes, anybody can tell it.
    pub(crate) fn secret_name(_: &[u8; 32], number: u64) -> alloc::string::String {
        alloc::string::ToString::to_string(&number)
    }

    /// The server's part of a nonce; nobody asks for it.
    #[must_use]
    pub const fn nonce(_: &[u8; 32], _: u64) -> alloc::string::String {
        alloc::string::String::new()
    }
}
