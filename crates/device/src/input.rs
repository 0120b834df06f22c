//! What somebody can do to a device.

/// Something that somebody does to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Presses its button.
    Press,
    /// Makes it warmer or colder.
    Heat {
        /// The temperature from now on, in thousandths of a degree Celsius.
        millidegrees: i32,
    },
    /// Breaks its window.
    Break,
    /// Puts a new window in.
    Mend,
    /// Works its switch.
    Switch {
        /// On, or off.
        on: bool,
    },
}

/// What kind of thing an [`Input`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the inputs")]
pub enum InputKind {
    Press,
    Heat,
    Break,
    Mend,
    Switch,
}

impl Input {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> InputKind {
        match self {
            Self::Press => InputKind::Press,
            Self::Heat { .. } => InputKind::Heat,
            Self::Break => InputKind::Break,
            Self::Mend => InputKind::Mend,
            Self::Switch { .. } => InputKind::Switch,
        }
    }
}

impl InputKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Press,
        Self::Heat,
        Self::Break,
        Self::Mend,
        Self::Switch,
    ];

    /// Its word in scenario files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Heat => "heat",
            Self::Break => "break",
            Self::Mend => "mend",
            Self::Switch => "switch",
        }
    }
}
