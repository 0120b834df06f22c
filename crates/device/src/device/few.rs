//! The effects of one call on the client.

use alloc::vec::Vec;
use mqtt_proto::Sink;

/// So many are kept in place: most calls have no more.
const IN_PLACE: usize = 4;

/// A list that needs no memory of its own while it is short. What is put in first comes out first.
#[derive(Debug)]
pub(super) struct Few<T> {
    first: [Option<T>; IN_PLACE],
    rest: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            first: [const { None }; IN_PLACE],
            rest: Vec::new(),
        }
    }
}

impl<T> Few<T> {
    /// Takes all out, in order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        let first = self.first.iter_mut().map_while(Option::take);
        first.chain(self.rest.drain(..))
    }
}

impl<T> Sink<T> for Few<T> {
    fn emit(&mut self, event: T) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(event),
            None => self.rest.push(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_stays_however_many_there_are() {
        for count in 0..10 {
            let mut few = Few::default();
            (0..count).for_each(|number| few.emit(number));
            assert!(few.drain().eq(0..count));
            assert_eq!(few.drain().count(), 0);
        }
    }
}
