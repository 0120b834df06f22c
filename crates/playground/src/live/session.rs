//! A run that goes on by the clock on the wall.

use super::Dialled;
use crate::going::Going;
use crate::guests::Guests;

/// A run that goes on, and who is outside of it.
pub(crate) struct Session {
    pub(crate) going: Going,
    pub(crate) far: Far,
}

/// Who is outside.
pub(crate) enum Far {
    /// A real broker.
    Broker(Box<Dialled>),
    /// Real devices.
    Guests(Box<Guests>),
}

impl Session {
    /// One whose run is shown.
    pub(crate) fn new(far: Far) -> Self {
        let mut going = Going::default();
        going.is_shown = true;
        Self { going, far }
    }

    /// The real broker, if it is one.
    pub(crate) fn dialled(&self) -> Option<&Dialled> {
        match &self.far {
            Far::Broker(dialled) => Some(dialled),
            Far::Guests(_) => None,
        }
    }

    /// The real devices, if it is they.
    pub(crate) fn guests(&self) -> Option<&Guests> {
        match &self.far {
            Far::Guests(guests) => Some(guests),
            Far::Broker(_) => None,
        }
    }
}
