//! A run that goes on by the clock on the wall.

use super::Dialled;
use crate::bridge::Bridged;
use crate::going::Going;
use crate::guests::Guests;

/// A run that goes on, and who is outside of it.
pub(crate) struct Session {
    pub(crate) going: Going,
    pub(crate) far: Far,
    /// The bridge between the run's broker and a real one, where there is one.
    pub(crate) bridge: Option<Box<Bridged>>,
}

/// Who is outside.
pub(crate) enum Far {
    /// A real broker.
    Broker(Box<Dialled>),
    /// Real devices.
    Guests(Box<Guests>),
    /// Nobody but a bridge: the devices are simulated, and so is their broker.
    Bridge,
}

impl Session {
    /// One whose run is shown.
    pub(crate) fn new(far: Far) -> Self {
        let mut going = Going::default();
        going.is_shown = true;
        Self {
            going,
            far,
            bridge: None,
        }
    }

    /// The real broker, if it is one.
    pub(crate) fn dialled(&self) -> Option<&Dialled> {
        match &self.far {
            Far::Broker(dialled) => Some(dialled),
            Far::Guests(_) | Far::Bridge => None,
        }
    }

    /// The real devices, if it is they.
    pub(crate) fn guests(&self) -> Option<&Guests> {
        match &self.far {
            Far::Guests(guests) => Some(guests),
            Far::Broker(_) | Far::Bridge => None,
        }
    }
}
