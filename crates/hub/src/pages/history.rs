//! What watchers that come later are told first.

use relay::{Line, Opened, Record, Text};
use std::collections::VecDeque;

/// The most bytes of records that are kept.
const HISTORY_MAX_BYTES: usize = 4 << 20;
/// What a record takes beside the bytes that it carries.
const RECORD_BYTES: usize = 64;

/// The last records.
#[derive(Debug, Default)]
pub(super) struct History {
    records: VecDeque<(u64, Record)>,
    bytes: usize,
    /// So many older ones are gone.
    gone: u64,
    /// The last of these that says whether a page is the broker.
    broker: Option<Record>,
}

fn size(record: &Record) -> usize {
    let carried = match record {
        Record::FromDevice { bytes, .. } | Record::ToDevice { bytes, .. } => bytes.len(),
        _ => 0,
    };
    RECORD_BYTES + carried
}

impl History {
    pub(super) fn push(&mut self, at_micros: u64, record: Record) {
        self.bytes += size(&record);
        self.records.push_back((at_micros, record));
        while self.bytes > HISTORY_MAX_BYTES
            && let Some((_, old)) = self.records.pop_front()
        {
            self.bytes -= size(&old);
            self.gone += 1;
            if is_about_broker(&old) {
                self.broker = Some(old);
            }
        }
    }

    /// Everything to tell a new watcher. `open` are the connections that are open now.
    pub(super) fn tell<'h>(
        &'h self,
        now_micros: u64,
        open: impl Iterator<Item = &'h Opened>,
    ) -> impl Iterator<Item = (u64, Record)> + 'h {
        let first = self.records.front().map_or(now_micros, |(at, _)| *at);
        let begins_here = |line: Line| {
            let is_its =
                |record: &Record| matches!(record, Record::Opened(opened) if opened.line == line);
            self.records.iter().any(|(_, record)| is_its(record))
        };
        // Only if something is gone can a beginning be.
        let lost: Vec<Opened> = match self.gone {
            0 => Vec::new(),
            _ => open
                .filter(|opened| !begins_here(opened.line))
                .map(without_address)
                .collect(),
        };
        let joined = lost
            .into_iter()
            .map(move |opened| (first, Record::Joined(opened)));
        let missed = (self.gone > 0).then_some((first, Record::Missed { records: self.gone }));
        // Who the broker is stays true however long ago it came, and the time does not run backwards.
        let broker = self.broker.iter().map(move |it| (first, it.clone()));
        broker
            .chain(joined)
            .chain(missed)
            .chain(self.records.iter().cloned())
    }
}

/// Whether a record says that a page is the broker, or that none is.
pub(super) fn is_about_broker(record: &Record) -> bool {
    matches!(
        record,
        Record::BrokerCame { .. } | Record::BrokerLeft { .. }
    )
}

/// Watchers need not know where a device is.
pub(super) fn without_address(opened: &Opened) -> Opened {
    Opened {
        peer: Text::default(),
        ..opened.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use relay::{CHUNK_MAX_BYTES, Chunk, Transport};

    fn opened(line: u64) -> Opened {
        Opened {
            line: Line(line),
            peer: Text::cut("192.0.2.1:5"),
            transport: Transport::Tcp,
            tls: false,
        }
    }

    #[test]
    fn what_no_longer_fits_is_counted_and_beginnings_are_told() {
        let mut history = History::default();
        let came = Record::BrokerCame { took_over: false };
        history.push(0, came.clone());
        history.push(1, Record::Opened(without_address(&opened(1))));
        let open = [opened(1), opened(2)];
        let told = |history: &History| history.tell(9, open.iter()).collect::<Vec<_>>();
        assert_eq!(told(&history).len(), 2, "all of it");
        let chunk =
            || Chunk::take(&mut Bytes::from(vec![0; CHUNK_MAX_BYTES]), CHUNK_MAX_BYTES).unwrap();
        let count = HISTORY_MAX_BYTES / CHUNK_MAX_BYTES;
        for at in 0..count as u64 {
            history.push(
                at,
                Record::FromDevice {
                    line: Line(1),
                    bytes: chunk(),
                },
            );
        }
        history.push(100, Record::Opened(without_address(&opened(2))));
        assert!(history.bytes <= HISTORY_MAX_BYTES);
        let told = told(&history);
        assert_eq!(told[0].1, came, "it is still there");
        assert_eq!(
            told[1].1,
            Record::Joined(without_address(&opened(1))),
            "it began before"
        );
        assert!(matches!(told[2].1, Record::Missed { records: 2.. }));
        assert_eq!(told.len(), 3 + history.records.len());
        assert!(told.is_sorted_by_key(|(at, _)| *at), "time goes on");
    }
}
