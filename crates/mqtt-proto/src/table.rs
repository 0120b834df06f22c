//! State machines as tables that run.
//!
//! The rows drive the code: there is no second description of what happens when. Every state has a
//! row for every input, in the order of both; a missing, misplaced or repeated row does not compile.

use mqtt_spec::{Rule, Version};

/// One row: in this state, on this input, do this and go to that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<S, I, A> {
    /// Before.
    pub state: S,
    /// What happens.
    pub input: I,
    /// What is done about it.
    pub action: A,
    /// After.
    pub next: S,
    /// What makes it so; `None` where the standard leaves it open.
    pub rule: Option<Rule>,
    /// What it has to do with the version.
    pub versions: Versions<S>,
}

/// What a row has to do with the version of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions<S> {
    /// It is the same in both, but for what the packets can say.
    Both,
    /// 3.1.1 has no such state or input.
    OnlyV5,
    /// Under 3.1.1 the state after it is this one.
    ThenInV311(S),
    /// 5.0 forbids it. It is in the table because senders are known that do it.
    ForbiddenInV5,
}

impl<S: Copy, I, A> Row<S, I, A> {
    /// Whether a version has it.
    #[must_use]
    pub fn is_in(&self, version: Version) -> bool {
        version == Version::V5 || !matches!(self.versions, Versions::OnlyV5)
    }

    /// The state after it in a version.
    #[must_use]
    pub fn next_in(&self, version: Version) -> S {
        match self.versions {
            Versions::ThenInV311(next) if version == Version::V311 => next,
            _ => self.next,
        }
    }

    /// Whether whoever follows it breaks a rule of the version.
    #[must_use]
    pub fn is_violation(&self, version: Version) -> bool {
        version == Version::V5 && matches!(self.versions, Versions::ForbiddenInV5)
    }
}

/// What a row leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<A, S> {
    /// What is done.
    pub action: A,
    /// The state after it.
    pub next: S,
}

/// A set with its texts. Where the versions differ there are three: of both, of 3.1.1, and of 5.0.
macro_rules! closed_set {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $variant:ident = $text:literal $(/ $v311:literal / $v5:literal)?,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// A few words for a table or a diagram.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The same for one version.
            #[must_use]
            pub fn text_in(self, version: mqtt_spec::Version) -> &'static str {
                match (self, version) {
                    $($(
                        (Self::$variant, mqtt_spec::Version::V311) => $v311,
                        (Self::$variant, mqtt_spec::Version::V5) => $v5,
                    )?)*
                    (it, _) => it.text(),
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.text())
            }
        }
    };
}

/// A table of rows, and the step that a state takes on an input.
macro_rules! machine {
    (
        $(#[$meta:meta])*
        $name:ident($State:ident, $Input:ident, $Action:ident) {
            $($state:ident + $input:ident => $action:ident, $next:ident $(, $rule:expr)? $(=> $versions:ident $(($then:ident))?)?;)*
        }
    ) => {
        $(#[$meta])*
        pub static $name: [$crate::table::Row<$State, $Input, $Action>;
            $State::ALL.len() * $Input::ALL.len()] = [$($crate::table::Row {
                state: $State::$state,
                input: $Input::$input,
                action: $Action::$action,
                next: $State::$next,
                rule: $crate::table::machine!(@rule $($rule)?),
                versions: $crate::table::machine!(@versions $State $($versions $($then)?)?),
            },)*];

        const _: () = {
            let mut at = 0;
            $(
                assert!(at == $State::$state as usize * $Input::ALL.len() + $Input::$input as usize);
                at += 1;
            )*
            assert!(at == $name.len());
        };

        impl $State {
            #[doc = concat!("What is done on `input`, by [`", stringify!($name), "`].")]
            #[must_use]
            pub fn on(self, input: $Input) -> $crate::table::Step<$Action, Self> {
                // Two bytes a row: a chip has no use for the rules.
                static STEPS: [$crate::table::Step<$Action, $State>; $name.len()] =
                    [$($crate::table::Step {
                        action: $Action::$action,
                        next: $State::$next,
                    },)*];
                let at = self as usize * $Input::ALL.len() + input as usize;
                *STEPS.get(at).unwrap_or(&STEPS[0])
            }

            #[doc = concat!("The rule of the row for `input` in [`", stringify!($name), "`]; none where notes are not built in.")]
            #[must_use]
            pub fn rule(self, input: $Input) -> Option<mqtt_spec::Rule> {
                // So that a chip does not link the table.
                if !cfg!(feature = "notes") {
                    return None;
                }
                $name.get(self as usize * $Input::ALL.len() + input as usize)?.rule
            }
        }
    };
    (@versions $State:ident) => { $crate::table::Versions::Both };
    (@versions $State:ident $versions:ident) => { $crate::table::Versions::$versions };
    (@versions $State:ident $versions:ident $then:ident) => {
        $crate::table::Versions::$versions($State::$then)
    };
    (@rule) => { None };
    (@rule $rule:expr) => { Some($rule) };
}

pub(crate) use {closed_set, machine};
