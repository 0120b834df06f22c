//! Questions about steps, in the words of Wireshark's display filters: `mqtt.msgtype == 3 && mqtt.topic contains "robot"`.
//!
//! One language for the filter of ladder and list and for breakpoints. The fields named `mqtt.…` mean what Wireshark's
//! dissector means by them, so that what is learnt here can be typed there; those named `sim.…` speak of what no capture
//! shows. Not Wireshark's: regular expressions (`matches`), slices, functions.

mod complete;
mod field;
mod parse;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;

pub use complete::{Completion, complete};
pub use field::{FIELDS, Field, FieldInfo, Kind, Subject, Value};
pub use parse::{Expected, Fault, TEXT_MAX_BYTES};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==` or `eq`: one of the field's values is.
    Equal,
    /// `!=` or `ne`: the field is there, and none of its values is.
    Unequal,
    /// `>` or `gt`.
    Greater,
    /// `<` or `lt`.
    Less,
    /// `>=` or `ge`.
    GreaterOrEqual,
    /// `<=` or `le`.
    LessOrEqual,
    /// `contains`: a text or bytes in it.
    Contains,
}

/// An expression that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The field is there.
    Has(Field),
    /// The field compares like this.
    Is(Field, Comparison, Value),
    /// `in {…}`: one of the field's values lies in one of these ranges, ends included.
    In(Field, Vec<(Value, Value)>),
    /// Not this.
    Not(Box<Self>),
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One of them at least.
    Or(Box<Self>, Box<Self>),
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it cannot be read on, and what could stand there.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        parse::parse(text)
    }

    /// Whether the expression holds for a step.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Has(field) => !field.values(subject).is_empty(),
            Self::Is(field, comparison, value) => {
                let values = field.values(subject);
                match comparison {
                    Comparison::Unequal => {
                        !values.is_empty() && values.iter().all(|it| it != value)
                    }
                    comparison => values.iter().any(|it| compare(it, *comparison, value)),
                }
            }
            Self::In(field, ranges) => field.values(subject).iter().any(|it| {
                ranges
                    .iter()
                    .any(|(low, high)| is_at_least(it, low) && is_at_least(high, it))
            }),
            Self::Not(inner) => !inner.matches(subject),
            Self::And(one, other) => one.matches(subject) && other.matches(subject),
            Self::Or(one, other) => one.matches(subject) || other.matches(subject),
        }
    }
}

fn is_at_least(value: &Value, low: &Value) -> bool {
    compare(value, Comparison::GreaterOrEqual, low)
}

fn compare(value: &Value, comparison: Comparison, with: &Value) -> bool {
    use std::cmp::Ordering;
    let order = match (value, with) {
        (Value::Number(one), Value::Number(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => {
            if comparison == Comparison::Contains {
                return one.contains(other.as_str());
            }
            one.cmp(other)
        }
        (Value::Data(one), Value::Data(other)) => {
            if comparison == Comparison::Contains {
                return other.is_empty() || one.windows(other.len()).any(|it| it == other);
            }
            one.cmp(other)
        }
        // The reader gives every field values of its own kind.
        _ => return false,
    };
    match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::Unequal => order != Ordering::Equal,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::Less => order == Ordering::Less,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Contains => false,
    }
}
