//! Futures: what comes of a cut at each place of a run, and two futures of one past side by side.

mod cuts;
mod pair;

pub(crate) use cuts::{CutMap, Subject};
pub use pair::SideView;
pub(crate) use pair::{Look, Pair, foldable};

use crate::text::{self, Language};
use sim::cuts::{Cell, CutPlace, Row};

/// One of the two futures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The left one, or the upper one.
    #[default]
    A,
    /// The other one.
    B,
}

/// Both, left to right.
pub const SIDES: [Side; 2] = [Side::A, Side::B];

impl Side {
    /// Its place.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// What a side shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A future that the user has made; the first is as planned.
    Made(usize),
    /// A cell of the map: row and cell.
    Cell(usize, usize),
    /// A row of the map without a cut.
    Whole(usize),
    /// The run with a real broker, as far as it has come.
    Real,
    /// The same with the simulated broker.
    Simulated,
}

/// How what was delivered compares with a run without a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not known yet.
    Unknown,
    /// Something is missing.
    Less,
    /// The same.
    Same,
    /// Something came more than once.
    More,
}

/// A bar of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellView {
    /// Its place in its row.
    pub cell: usize,
    /// How often it was delivered.
    pub deliveries: u32,
    /// How that compares.
    pub outcome: Outcome,
    /// All of it in words.
    pub sentence: String,
    /// Whether its run is shown below.
    pub is_here: bool,
    /// Whether Tab reaches it.
    pub is_focus: bool,
}

/// Neighbouring bars: before a packet, while it is on the wire, after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Where the link is cut.
    pub name: String,
    /// What comes of it, in a word.
    pub result: String,
    /// Whether that is not what was promised.
    pub is_notable: bool,
    /// The bars.
    pub cells: Vec<CellView>,
    /// How many columns of the map it takes, if the map has columns.
    pub columns: usize,
}

/// A row of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    /// What it is told with.
    pub name: String,
    /// Whether the scenario is written like this.
    pub is_written: bool,
    /// What else there is to say.
    pub note: Option<String>,
    /// The bars.
    pub groups: Vec<GroupView>,
    /// What stands over the columns from this row on: the names of groups.
    pub heads: Vec<(String, usize)>,
    /// What stands in the columns behind the last group, and how many they are.
    pub rest: Option<(String, usize)>,
}

/// The cut-point map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CutMapView {
    /// What is asked.
    pub title: String,
    /// How many runs, and how to use it.
    pub note: String,
    /// The devices that it can be about.
    pub devices: Vec<String>,
    /// Which of them it is about.
    pub device: usize,
    /// Whether packets are cut at every byte.
    pub every_byte: bool,
    /// Runs that are done, and all; none when all are done.
    pub progress: Option<(usize, usize)>,
    /// The rows.
    pub rows: Vec<RowView>,
    /// How many columns the rows have in common; none if each row has its own.
    pub columns: Option<usize>,
}

/// A row of what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffersView {
    /// What.
    pub fact: String,
    /// What it is in each.
    pub is: [String; 2],
}

/// Two futures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairView {
    /// The futures that can be chosen: names and what they are.
    pub choices: Vec<(Choice, String)>,
    /// The two, if both are there.
    pub sides: Option<[SideView; 2]>,
    /// What is not the same at the end.
    pub differs: Vec<DiffersView>,
    /// Until when both are the same, in words.
    pub same_until: String,
    /// Which one is shown where only one has room; none for both.
    pub shown: Option<Side>,
    /// Whether they are a run with a real broker, and the same with the simulated one.
    pub are_twins: bool,
    /// How far they are, in words, as long as they are being made.
    pub making: Option<String>,
}

/// The bars of a row, in groups.
pub(crate) fn row_view(
    language: Language,
    row: &Row,
    device: &str,
    here: &dyn Fn(usize) -> bool,
    focus: Option<usize>,
) -> RowView {
    let mut groups: Vec<(Position, Vec<CellView>)> = Vec::new();
    let name = text::cut_row(language, row.kind);
    for (index, cell) in row.cells.iter().enumerate() {
        let position = Position::of(cell);
        let deliveries = cell.deliveries.unwrap_or(0);
        let view = CellView {
            cell: index,
            deliveries,
            outcome: match (cell.deliveries, row.plain) {
                (Some(it), Some(plain)) if it < plain => Outcome::Less,
                (Some(it), Some(plain)) if it > plain => Outcome::More,
                (Some(_), _) => Outcome::Same,
                (None, _) => Outcome::Unknown,
            },
            sentence: text::cut_cell(
                language,
                &name,
                cell.place,
                cell.arrived_bytes,
                cell.deliveries,
            ),
            is_here: here(index),
            is_focus: focus == Some(index),
        };
        match groups.last_mut() {
            Some((last, cells)) if *last == position => cells.push(view),
            _ => groups.push((position, vec![view])),
        }
    }
    let places: Vec<CutPlace> = row.cells.iter().fold(Vec::new(), |mut places, cell| {
        if places.len() <= cell.packet {
            places.push(cell.place);
        }
        places
    });
    let groups = groups.into_iter().map(|(position, cells)| {
        let name = match position {
            Position::Before(packet) => text::cut_between(
                language,
                packet.checked_sub(1).and_then(|it| places.get(it)),
                places.get(packet),
                device,
            ),
            Position::OnTheWire(packet) => places
                .get(packet)
                .map_or_else(String::new, |place| text::cut_on_the_wire(language, *place)),
        };
        let mut results: Vec<u32> = cells
            .iter()
            .filter(|it| it.outcome != Outcome::Unknown)
            .map(|it| it.deliveries)
            .collect();
        results.sort_unstable();
        results.dedup();
        GroupView {
            name,
            result: text::how_often(language, &results),
            is_notable: cells
                .iter()
                .any(|it| matches!(it.outcome, Outcome::Less | Outcome::More)),
            cells,
            columns: 1,
        }
    });
    RowView {
        heads: Vec::new(),
        rest: None,
        groups: groups.collect(),
        is_written: row.is_written,
        note: match row.plain {
            Some(0) => Some(text::nothing_delivered(language, device)),
            _ if row.is_short => Some(text::CUT_SHORTENED.to(language).to_owned()),
            _ => None,
        },
        name,
    }
}

/// The groups of a message at QoS 0, 1 and 2: before, on the wire and after each of its packets.
const GROUPS: [usize; 3] = [3, 5, 9];

/// Puts equal places below each other, where the rows tell of one message. Returns how many columns there are.
///
/// An acknowledgement is as wide as all that QoS 2 has instead of it.
pub(crate) fn align(language: Language, rows: &mut [RowView]) -> Option<usize> {
    let [at_most_once, at_least_once, exactly_once] = GROUPS;
    let lengths = || rows.iter().map(|row| row.groups.len());
    let all = lengths()
        .max()
        .filter(|_| lengths().all(|it| GROUPS.contains(&it)))?;
    let all = all.max(at_least_once);
    let named = |row: &RowView| -> Vec<(String, usize)> {
        let groups = row.groups.iter();
        groups.map(|it| (it.name.clone(), it.columns)).collect()
    };
    for row in rows.iter_mut() {
        let count = row.groups.len();
        if count == at_least_once
            && let Some(acknowledged) = row.groups.get_mut(at_least_once - 2)
        {
            acknowledged.columns = all - at_least_once + 1;
        }
        if count == at_most_once {
            row.rest = Some((text::CUT_NO_PUBACK.to(language).to_owned(), all - count));
        }
    }
    let over = |count: usize| rows.iter().find(|it| it.groups.len() == count).map(named);
    let (first, own) = (over(at_least_once), over(exactly_once));
    let twice = rows.iter().position(|it| it.groups.len() == exactly_once);
    let begins = rows.first().map(named);
    if let Some(row) = rows.first_mut() {
        row.heads = first.or(begins).unwrap_or_default();
    }
    if let (Some(at), Some(heads)) = (twice.filter(|it| *it > 0), own) {
        // What is called the same stands over it already.
        let heads = heads
            .into_iter()
            .enumerate()
            .map(|(place, (name, columns))| {
                let is_said = place < at_most_once - 1;
                (if is_said { String::new() } else { name }, columns)
            });
        if let Some(row) = rows.get_mut(at) {
            row.heads = heads.collect();
        }
    }
    Some(all)
}

/// Where a cut falls: before the packet with this number and after the one before it, or while it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Before(usize),
    OnTheWire(usize),
}

impl Position {
    const fn of(cell: &Cell) -> Self {
        if cell.arrived_bytes == 0 {
            Self::Before(cell.packet)
        } else if cell.arrived_bytes >= cell.place.len_bytes {
            Self::Before(cell.packet + 1)
        } else {
            Self::OnTheWire(cell.packet)
        }
    }
}
