//! The cut-point map of the scenario that is open, made in small steps.

use mqtt_proto::{Duration, Text, TopicFilter};
use sim::Scenario;
use sim::cuts::{CutQuestion, Grain, Map};
use std::rc::Rc;

/// The link stays cut for so long.
const SPAN: Duration = Duration::from_secs(2);
/// So many events happen in one step: a few milliseconds.
const STEP_EVENTS: u32 = 600;
/// So many packets of a run are cut at most.
const PACKETS_MAX: usize = 12;
/// A longer packet is not cut at each of its bytes, but at so many of them.
const BYTES_MAX: u32 = 48;

/// What a map is about; it is kept as long as this stays the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) scenario: Rc<Scenario>,
    pub(crate) device: String,
    /// Whether packets are cut at every byte, or at three places each.
    pub(crate) every_byte: bool,
}

/// A map that is being made.
pub(crate) struct CutMap {
    pub(crate) subject: Subject,
    pub(crate) runs: Map,
}

impl CutMap {
    /// A map of which nothing is known yet; none if there is nothing to cut.
    pub(crate) fn new(subject: Subject) -> Option<Self> {
        let question = CutQuestion {
            device: subject.device.clone(),
            filter: TopicFilter::new(Text::try_from("#").ok()?).ok()?,
            span: SPAN,
        };
        let grain = Grain {
            packets_max: PACKETS_MAX,
            parts_max: if subject.every_byte { BYTES_MAX } else { 2 },
        };
        let runs = Map::new(&subject.scenario, question, grain).ok()?;
        Some(Self { subject, runs })
    }

    /// Goes on for a few milliseconds.
    pub(crate) fn advance(&mut self) {
        self.runs.advance(STEP_EVENTS);
    }
}
