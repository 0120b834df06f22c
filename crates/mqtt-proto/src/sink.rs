//! Where the effects of a call go.

use alloc::vec::Vec;

/// Takes every effect of a call before that call returns.
///
/// A sink rather than a queue to poll, so that a host can stamp each effect with the event that
/// caused it.
pub trait Sink<E> {
    /// Takes one effect. Effects come in the order in which they must be carried out.
    fn emit(&mut self, event: E);

    /// Takes one effect that the caller goes on to use, for example with another receiver. A sink
    /// that only looks at effects spares the clone.
    fn emit_shared(&mut self, event: &E)
    where
        E: Shared,
    {
        self.emit(event.clone());
    }
}

/// An effect for [`Sink::emit_shared`]. Not every `Clone`: a chip would have to store how each of its
/// effects is cloned.
pub trait Shared: Clone {}

impl<E> Sink<E> for Vec<E> {
    #[cfg_attr(feature = "small", inline(never))]
    fn emit(&mut self, event: E) {
        self.push(event);
    }
}

/// A sink made of a closure.
#[derive(Debug)]
pub struct SinkFn<F>(pub F);

impl<E, F: FnMut(E)> Sink<E> for SinkFn<F> {
    fn emit(&mut self, event: E) {
        (self.0)(event);
    }
}
