//! Reads an expression, or says where that ended and what could stand there.

use super::field::{Field, FieldInfo, Kind, Value, packet_type, reason_named};
use super::{Comparison, Filter};
use std::cell::{Cell, RefCell};
use winnow::Parser;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, eof, opt, preceded, repeat, separated, terminated};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{any, none_of, take_while};

/// A longer expression is refused.
pub const TEXT_MAX_BYTES: usize = 1000;
/// Deeper nesting is refused.
const DEPTH_MAX: u32 = 64;

/// What could stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The name of a field.
    Field,
    /// An operator that suits this kind of field.
    Operator(Kind),
    /// A value of this kind.
    Value(Kind),
    /// `and` or `or`.
    Join,
    /// `)`.
    Close,
    /// `}` or another value.
    CloseSet,
    /// The end.
    End,
}

/// Why an expression cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes from its start; never inside a character.
    pub at: usize,
    /// What could stand there.
    pub expected: Vec<Expected>,
    /// What stands there, if it is a word.
    pub found: String,
    /// The field, or the test, that may be meant.
    pub meant: Option<String>,
}

#[derive(Default)]
pub(super) struct Furthest {
    at: Cell<usize>,
    expected: RefCell<Vec<Expected>>,
    depth: Cell<u32>,
}

// The state is shared and written through cells: what failed further on counts even after going back.
type Input<'i> = Stateful<LocatingSlice<&'i str>, State<'i>>;
type Parsed<O> = Result<O, EmptyError>;

#[derive(Clone, Copy)]
struct State<'i>(&'i Furthest);

impl std::fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.at.get())
    }
}

pub(super) fn parse(text: &str) -> Result<Filter, Fault> {
    let furthest = Furthest::default();
    if text.len() > TEXT_MAX_BYTES {
        return Err(Fault {
            at: text.floor_char_boundary(TEXT_MAX_BYTES),
            expected: vec![Expected::End],
            found: String::new(),
            meant: None,
        });
    }
    read(text, &furthest).map_err(|_| fault(text, &furthest))
}

fn read(text: &str, furthest: &Furthest) -> Parsed<Filter> {
    let mut input = Stateful {
        input: LocatingSlice::new(text),
        state: State(furthest),
    };
    terminated(either, expecting(Expected::End, eof)).parse_next(&mut input)
}

fn fault(text: &str, furthest: &Furthest) -> Fault {
    let at = furthest.at.get();
    let rest = text.get(at..).unwrap_or_default();
    let found: String = rest.chars().take_while(|it| is_word(*it)).collect();
    let expected = furthest.expected.take();
    let meant = if expected.contains(&Expected::Field) {
        let field = super::complete::nearest(&found).map(str::to_owned);
        field.or_else(|| Some(super::complete::plain(&found).into_iter().next()?.0))
    } else {
        None
    };
    Fault {
        at,
        expected,
        found,
        meant,
    }
}

/// The furthest place that can be read to, and what can stand there.
pub(super) fn open_at(text: &str) -> (usize, Vec<Expected>) {
    let furthest = Furthest::default();
    // Whether it is whole or not: what failed furthest on says how it could go on.
    let _ = read(text, &furthest);
    (furthest.at.get(), furthest.expected.take())
}

fn expecting<'i, O>(
    what: Expected,
    mut parser: impl Parser<Input<'i>, O, EmptyError>,
) -> impl Parser<Input<'i>, O, EmptyError> {
    move |input: &mut Input<'i>| {
        multispace0.parse_next(input)?;
        let at = input.current_token_start();
        let furthest = input.state.0;
        parser.parse_next(input).inspect_err(|_| {
            let mut expected = furthest.expected.borrow_mut();
            if at > furthest.at.get() {
                expected.clear();
                furthest.at.set(at);
            }
            if at == furthest.at.get() && !expected.contains(&what) {
                expected.push(what);
            }
        })
    }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(character, '.' | '_' | '-' | '/' | '+' | '#' | '$' | ':')
}

fn word<'i>(input: &mut Input<'i>) -> Parsed<&'i str> {
    take_while(1.., is_word).parse_next(input)
}

/// One of two ways to write something: a word, or signs.
fn said<'i>(word_: &'static str, signs: &'static str) -> impl Parser<Input<'i>, (), EmptyError> {
    alt((
        word.verify(move |it: &str| it.eq_ignore_ascii_case(word_))
            .void(),
        signs.void(),
    ))
}

fn either(input: &mut Input<'_>) -> Parsed<Filter> {
    let first = both.parse_next(input)?;
    let or = expecting(Expected::Join, said("or", "||"));
    let others: Vec<Filter> = repeat(0.., preceded(or, both)).parse_next(input)?;
    Ok(others.into_iter().fold(first, |one, other| {
        Filter::Or(Box::new(one), Box::new(other))
    }))
}

fn both(input: &mut Input<'_>) -> Parsed<Filter> {
    let first = one.parse_next(input)?;
    let and = expecting(Expected::Join, said("and", "&&"));
    let others: Vec<Filter> = repeat(0.., preceded(and, one)).parse_next(input)?;
    Ok(others.into_iter().fold(first, |one, other| {
        Filter::And(Box::new(one), Box::new(other))
    }))
}

fn one(input: &mut Input<'_>) -> Parsed<Filter> {
    let depth = &input.state.0.depth;
    if depth.get() >= DEPTH_MAX {
        return Err(EmptyError);
    }
    depth.set(depth.get() + 1);
    multispace0.parse_next(input)?;
    let result = alt((
        preceded(said("not", "!"), one).map(|it| Filter::Not(Box::new(it))),
        preceded('(', terminated(either, expecting(Expected::Close, ')'))),
        test,
    ))
    .parse_next(input);
    let depth = &input.state.0.depth;
    depth.set(depth.get() - 1);
    result
}

fn test(input: &mut Input<'_>) -> Parsed<Filter> {
    let FieldInfo { field, kind, .. } =
        *expecting(Expected::Field, word.verify_map(Field::named)).parse_next(input)?;
    let is_in = expecting(
        Expected::Operator(kind),
        (word.verify(|it: &str| it == "in"), multispace0, '{'),
    );
    if opt(is_in).parse_next(input)?.is_some() {
        let range = (value(kind), opt(preceded((multispace0, ".."), value(kind))))
            .map(|(low, high)| (low.clone(), high.unwrap_or(low)));
        let comma = expecting(Expected::CloseSet, ',');
        let ranges = separated(1.., range, comma).parse_next(input)?;
        expecting(Expected::CloseSet, '}').parse_next(input)?;
        return Ok(Filter::In(field, ranges));
    }
    let operator = expecting(Expected::Operator(kind), move |input: &mut Input<'_>| {
        operator(kind, input)
    });
    match opt(operator).parse_next(input)? {
        // What has an operator needs a value: what was read of it is no field alone.
        Some(comparison) => value(kind)
            .map(|it| Filter::Is(field, comparison, it))
            .parse_next(input),
        None => Ok(Filter::Has(field)),
    }
}

fn operator(kind: Kind, input: &mut Input<'_>) -> Parsed<Comparison> {
    let has_order = !matches!(kind, Kind::Flag);
    let has_parts = matches!(kind, Kind::Text | Kind::Data);
    alt((
        said("eq", "==").value(Comparison::Equal),
        said("ne", "!=").value(Comparison::Unequal),
        said("ge", ">=").value(Comparison::GreaterOrEqual),
        said("le", "<=").value(Comparison::LessOrEqual),
        said("gt", ">").value(Comparison::Greater),
        said("lt", "<").value(Comparison::Less),
        word.verify(|it: &str| it == "contains")
            .value(Comparison::Contains),
    ))
    .verify(move |comparison| match comparison {
        Comparison::Equal | Comparison::Unequal => true,
        Comparison::Contains => has_parts,
        _ => has_order,
    })
    .parse_next(input)
}

fn value<'i>(kind: Kind) -> impl Parser<Input<'i>, Value, EmptyError> {
    expecting(Expected::Value(kind), move |input: &mut Input<'i>| {
        let start = *input;
        if let Ok(quoted) = quoted.parse_next(input) {
            return from_text(kind, &quoted).ok_or(EmptyError);
        }
        *input = start;
        // Two dots are a range, and no part of a number.
        let bare = match kind {
            Kind::Number(_) | Kind::PacketType | Kind::Reason | Kind::Flag => {
                take_while(1.., |it: char| it.is_ascii_alphanumeric() || it == '_')
                    .parse_next(input)?
            }
            Kind::Text | Kind::Data => word.parse_next(input)?,
        };
        from_word(kind, bare).ok_or(EmptyError)
    })
}

fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    let character = alt((preceded('\\', any), none_of(['"', '\\'])));
    let inside = repeat(0.., character).fold(String::new, |mut text: String, it: char| {
        text.push(it);
        text
    });
    preceded('"', terminated(inside, '"')).parse_next(input)
}

/// A value in quotes: a text, bytes, or the name of a number.
fn from_text(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::Text(text.to_owned())),
        Kind::Data => Some(Value::Data(text.as_bytes().to_vec())),
        Kind::PacketType => packet_type(text).map(|it| Value::Number(it as u64)),
        Kind::Reason => reason_named(text).map(|it| Value::Number(u64::from(it.as_u8()))),
        Kind::Number(_) | Kind::Flag => None,
    }
}

/// Whether a word is a pair of hexadecimal digits.
fn is_byte(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|it| it.is_ascii_hexdigit())
}

/// A value without quotes.
fn from_word(kind: Kind, word: &str) -> Option<Value> {
    let number = |most: u64| {
        let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        };
        number.filter(|it| *it <= most).map(Value::Number)
    };
    match kind {
        Kind::Number(most) => number(most),
        Kind::PacketType => number(15).or_else(|| from_text(kind, word)),
        Kind::Reason => number(0xff).or_else(|| from_text(kind, word)),
        Kind::Flag => match word.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Number(1)),
            "false" => Some(Value::Number(0)),
            _ => number(1),
        },
        // As Wireshark has it: bytes are pairs of digits with colons between them, and a pair alone is a byte.
        Kind::Data if word.contains(':') || is_byte(word) => {
            let bytes = word.split(':').map(|it| u8::from_str_radix(it, 16).ok());
            bytes.collect::<Option<Vec<u8>>>().map(Value::Data)
        }
        Kind::Text | Kind::Data => from_text(kind, word),
    }
}
