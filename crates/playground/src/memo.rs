//! Views that are computed once per key and shared.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

/// A view behind a reference count. Two are equal if they are the very same computation, so that a component can tell in
/// one comparison that it has nothing to redraw.
#[derive(Debug, Default)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Shares `value`.
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Shares some values, and takes over those of `old` that are at the same place and equal.
pub(crate) fn share_all<T: PartialEq>(
    values: impl IntoIterator<Item = T>,
    old: &[Shared<T>],
) -> Vec<Shared<T>> {
    let places = values.into_iter().enumerate();
    let shared = places.map(|(place, value)| match old.get(place) {
        Some(old) if **old == value => old.clone(),
        _ => Shared::new(value),
    });
    shared.collect()
}

/// The last value, with the key that it was computed from.
#[derive(Debug)]
pub(crate) struct Memo<K, T>(RefCell<Option<(K, Shared<T>)>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<K: PartialEq, T: PartialEq> Memo<K, T> {
    /// The value for `key`: computed unless the key is the last one, and the old one if nothing has changed.
    pub(crate) fn get(&self, key: K, compute: impl FnOnce() -> T) -> Shared<T> {
        self.get_from(key, |_| compute())
    }

    /// The same; what was there last is given to `compute`, which can take over what has not changed.
    pub(crate) fn get_from(&self, key: K, compute: impl FnOnce(Option<&T>) -> T) -> Shared<T> {
        let mut slot = self.0.borrow_mut();
        if let Some((last, value)) = slot.as_ref()
            && *last == key
        {
            return value.clone();
        }
        let fresh = compute(slot.as_ref().map(|(_, old)| &**old));
        let value = match slot.take() {
            Some((_, old)) if *old == fresh => old,
            _ => Shared::new(fresh),
        };
        *slot = Some((key, value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_changed_is_taken_over() {
        let old = share_all([1, 2, 3], &[]);
        let new = share_all([1, 5, 3, 4], &old);
        let same: Vec<bool> = new.iter().zip(&old).map(|(new, old)| new == old).collect();
        assert_eq!(same, [true, false, true]);
        assert_eq!(new.iter().map(|it| **it).collect::<Vec<_>>(), [1, 5, 3, 4]);
    }
}
