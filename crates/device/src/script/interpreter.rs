//! The interpreter of a host, and what it is known to have done.
//!
//! What a program does is a function of the program and of what it was told. A world is copied, run again and run
//! differently; an interpreter goes only forward. So what was told and done is kept as a tree, by the worlds that have come
//! along there: a turn that is in it is looked up, and one that is not is run, from the beginning if the interpreter has gone
//! another way since.

use super::turn::{BoardSpec, Doings, Ended, Turn};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

/// A board that has gone on for so many turns since its start ends at the next.
pub const TURNS_MAX: u32 = 150_000;
/// So many of the turns that were run last are kept even if no world needs them any more.
const RECENT_MAX: usize = 20_000;

/// A board of the host: it goes only forward.
pub trait Vm {
    /// Begins anew with this program, as if nothing had ever been told.
    fn reset(&mut self, spec: &BoardSpec);
    /// Goes on. The same turns after a reset give the same doings.
    fn turn(&mut self, turn: &Turn) -> Doings;
}

/// Where a board has got to: what it was told, back to its start. As long as somebody has the place it is known.
#[derive(Clone)]
pub struct Place(Rc<Told>);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.0.depth)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Place {}

struct Told {
    /// `None` is the beginning.
    after: Option<Place>,
    /// How many turns led here.
    depth: u32,
    turn: Turn,
    did: Rc<Doings>,
    /// What is known to come next, one way or another.
    next: RefCell<Vec<Weak<Told>>>,
}

impl Drop for Told {
    // A way is long: it is taken down from its end, one by one.
    fn drop(&mut self) {
        let mut after = self.after.take();
        while let Some(mut told) = after.and_then(|place| Rc::into_inner(place.0)) {
            after = told.after.take();
        }
    }
}

/// A machine, and how far which board has got on it.
struct Running {
    /// Of the boards that come so far along in their worlds ([`BoardSpec::order`]).
    order: u16,
    at: Option<Place>,
    vm: Box<dyn Vm>,
}

/// The machines of a host.
#[derive(Default)]
struct Pool {
    running: Vec<Running>,
    spare: Vec<Box<dyn Vm>>,
}

/// What is known of all boards.
#[derive(Default)]
struct Known {
    begun: BTreeMap<(BoardSpec, Turn), Weak<Told>>,
    recent: VecDeque<Place>,
    pool: Pool,
    /// Nothing is looked up.
    is_forgetful: bool,
}

/// The interpreter that the boards of a world share. Copies are the same one, and what two worlds have in common is run once.
#[derive(Clone, Default)]
pub struct Interpreter(Rc<RefCell<Known>>);

impl fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interpreter")
    }
}

impl PartialEq for Interpreter {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Interpreter {
    /// An interpreter for as many boards at once as there are machines.
    #[must_use]
    pub fn new(machines: Vec<Box<dyn Vm>>) -> Self {
        let interpreter = Self::default();
        interpreter.add(machines);
        interpreter
    }

    /// Gives it more machines.
    pub fn add(&self, machines: Vec<Box<dyn Vm>>) {
        // Only a machine that called back in here could be in the way.
        if let Ok(mut known) = self.0.try_borrow_mut() {
            known.pool.spare.extend(machines);
        }
    }

    /// How many machines it has.
    #[must_use]
    pub fn machines(&self) -> usize {
        let known = self.0.try_borrow();
        known.map_or(0, |it| it.pool.running.len() + it.pool.spare.len())
    }

    /// Looks nothing up from now on: whatever is told again is run again, and so it comes out whether a machine does the same.
    pub fn forget(&self) {
        if let Ok(mut known) = self.0.try_borrow_mut() {
            known.is_forgetful = true;
        }
    }

    /// What a board does in a turn after those that led to `at`, and where it is then.
    pub(crate) fn turn(
        &self,
        spec: &BoardSpec,
        at: Option<Place>,
        turn: Turn,
    ) -> (Option<Place>, Rc<Doings>) {
        // A machine that called back in here would be a fault of the host.
        let Ok(mut known) = self.0.try_borrow_mut() else {
            return (at, Rc::new(ended(Ended::NoInterpreter)));
        };
        match known.turn(spec, at.clone(), turn) {
            Ok(place) => {
                let did = Rc::clone(&place.0.did);
                (Some(place), did)
            }
            Err(how) => (at, Rc::new(ended(how))),
        }
    }
}

fn ended(how: Ended) -> Doings {
    Doings {
        ended: Some(how),
        ..Doings::default()
    }
}

impl Known {
    fn find(&self, spec: &BoardSpec, at: Option<&Place>, turn: &Turn) -> Option<Place> {
        let Some(at) = at else {
            // The keys are compared as they are: copying one costs less than running a turn.
            let told = self.begun.get(&(spec.clone(), turn.clone()))?;
            return told.upgrade().map(Place);
        };
        let next = at.0.next.try_borrow().ok()?;
        let mut next = next.iter().filter_map(Weak::upgrade);
        next.find(|it| it.turn == *turn).map(Place)
    }

    fn turn(&mut self, spec: &BoardSpec, at: Option<Place>, turn: Turn) -> Result<Place, Ended> {
        if !self.is_forgetful
            && let Some(place) = self.find(spec, at.as_ref(), &turn)
        {
            return Ok(place);
        }
        let depth = at.as_ref().map_or(0, |it| it.0.depth);
        if depth >= TURNS_MAX {
            return Err(Ended::TooLong);
        }
        let running = self.pool.claim(spec.order)?;
        if at.is_none() || running.at != at {
            running.at = None;
            running.vm.reset(spec);
            for told in past(at.as_ref()) {
                if running.vm.turn(&told.turn) != *told.did {
                    return Err(Ended::Diverged);
                }
            }
        }
        let place = Place(Rc::new(Told {
            did: Rc::new(running.vm.turn(&turn)),
            after: at.clone(),
            depth: depth + 1,
            turn: turn.clone(),
            next: RefCell::default(),
        }));
        running.at = Some(place.clone());
        self.keep(spec, at.as_ref(), turn, &place);
        Ok(place)
    }

    fn keep(&mut self, spec: &BoardSpec, at: Option<&Place>, turn: Turn, place: &Place) {
        let told = Rc::downgrade(&place.0);
        if let Some(at) = at {
            if let Ok(mut next) = at.0.next.try_borrow_mut() {
                next.retain(|it| it.strong_count() > 0);
                next.push(told);
            }
        } else {
            self.begun.retain(|_, it| it.strong_count() > 0);
            self.begun.insert((spec.clone(), turn), told);
        }
        self.recent.push_back(place.clone());
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }
}

/// The turns that led to a place, oldest first.
fn past(at: Option<&Place>) -> Vec<&Told> {
    let mut turns = Vec::new();
    let mut place = at;
    while let Some(Place(told)) = place {
        turns.push(&**told);
        place = told.after.as_ref();
    }
    turns.reverse();
    turns
}

impl Pool {
    /// The machine of the boards that come so far along in their worlds, whichever of these it ran last: a past is run again.
    fn claim(&mut self, order: u16) -> Result<&mut Running, Ended> {
        let none = match self.running.len() + self.spare.len() {
            0 => Ended::NoInterpreter,
            _ => Ended::TooMany,
        };
        if let Some(index) = self.running.iter().position(|it| it.order == order) {
            return self.running.get_mut(index).ok_or(none);
        }
        let vm = self.spare.pop().ok_or_else(|| none.clone())?;
        let at = None;
        self.running.push(Running { order, at, vm });
        self.running.last_mut().ok_or(none)
    }
}

#[cfg(test)]
mod tests {
    use super::super::turn::{Cause, Deed, Event, Files};
    use super::*;
    use alloc::format;
    use alloc::vec;
    use mqtt_proto::Instant;

    /// Counts what it was told.
    struct Counter {
        told: u32,
        resets: Rc<RefCell<u32>>,
    }

    impl Vm for Counter {
        fn reset(&mut self, _: &BoardSpec) {
            self.told = 0;
            *self.resets.borrow_mut() += 1;
        }

        fn turn(&mut self, turn: &Turn) -> Doings {
            self.told += 1;
            let line = format!("{} at {}", self.told, turn.now.as_micros());
            Doings {
                deeds: vec![Deed::Print { line }],
                ..Doings::default()
            }
        }
    }

    fn turn(at: u64) -> Turn {
        Turn {
            now: Instant::from_micros(at),
            events: vec![Event::Start],
        }
    }

    fn spec() -> BoardSpec {
        BoardSpec {
            source: "pass".into(),
            modules: Rc::default(),
            number: 1,
            order: 0,
            seed: 1,
            server: "broker".into(),
            cause: Cause::Power,
            files: Files::default(),
        }
    }

    #[test]
    fn a_way_that_was_gone_is_looked_up_and_another_is_run_from_the_beginning() {
        let resets = Rc::new(RefCell::new(0));
        let interpreter = Interpreter::new(vec![Box::new(Counter {
            told: 0,
            resets: Rc::clone(&resets),
        })]);
        let go = |at, time| interpreter.turn(&spec(), at, turn(time));
        let (first, did) = go(None, 1);
        let (second, _) = go(first.clone(), 2);
        assert_eq!(
            did.deeds,
            [Deed::Print {
                line: "1 at 1".into()
            }]
        );
        assert_eq!(*resets.borrow(), 1);
        // The same again: nothing is run.
        assert_eq!(go(None, 1).0, first);
        assert_eq!(go(first.clone(), 2).0, second);
        assert_eq!(*resets.borrow(), 1);
        // Another way from the middle: the beginning is run again.
        let (other, did) = go(first, 7);
        assert_ne!(other, second);
        assert_eq!(
            did.deeds,
            [Deed::Print {
                line: "2 at 7".into()
            }]
        );
        assert_eq!(*resets.borrow(), 2);
        // And the first way goes on from where it was.
        let (_, did) = go(second, 3);
        assert_eq!(
            did.deeds,
            [Deed::Print {
                line: "3 at 3".into()
            }]
        );
        assert_eq!(*resets.borrow(), 3);
    }

    fn counter(resets: &Rc<RefCell<u32>>) -> Box<dyn Vm> {
        Box::new(Counter {
            told: 0,
            resets: Rc::clone(resets),
        })
    }

    #[test]
    fn a_board_without_a_machine_ends_and_says_so() {
        let none = Interpreter::default();
        let (_, did) = none.turn(&spec(), None, turn(0));
        assert_eq!(did.ended, Some(Ended::NoInterpreter));
        // Machines can come later, and there can be too few of them.
        none.add(vec![counter(&Rc::default())]);
        assert_eq!(none.machines(), 1);
        assert_eq!(none.turn(&spec(), None, turn(0)).1.ended, None);
        let second = BoardSpec {
            number: 2,
            order: 1,
            ..spec()
        };
        let (_, did) = none.turn(&second, None, turn(0));
        assert_eq!(did.ended, Some(Ended::TooMany));
    }

    #[test]
    fn a_board_of_another_world_gets_the_machine_that_one_of_this_had() {
        let interpreter = Interpreter::new(vec![counter(&Rc::default())]);
        let other = BoardSpec {
            number: 2,
            ..spec()
        };
        let (here, _) = interpreter.turn(&spec(), None, turn(0));
        let (_, did) = interpreter.turn(&other, None, turn(0));
        assert_eq!(did.ended, None);
        // And back: its past is run again.
        let (_, did) = interpreter.turn(&spec(), here, turn(1));
        let line = "2 at 1".into();
        assert_eq!(did.deeds, [Deed::Print { line }]);
    }

    #[test]
    fn a_board_ends_after_the_same_number_of_turns_whatever_ran_before() {
        let interpreter = Interpreter::new(vec![counter(&Rc::default())]);
        let length = |first: u64| {
            let mut at = None;
            for time in first.. {
                let (place, did) = interpreter.turn(&spec(), at, turn(time));
                at = place;
                if did.ended.is_some() {
                    assert_eq!(did.ended, Some(Ended::TooLong));
                    return time - first;
                }
            }
            0
        };
        assert_eq!(length(0), u64::from(TURNS_MAX));
        assert_eq!(length(7), u64::from(TURNS_MAX));
    }

    #[test]
    fn what_no_world_needs_is_forgotten_and_run_again() {
        let resets = Rc::default();
        let interpreter = Interpreter::new(vec![counter(&resets)]);
        let begun = interpreter.turn(&spec(), None, turn(0)).0;
        let mut at = interpreter.turn(&spec(), begun.clone(), turn(1)).0;
        let line = |did: &Doings| format!("{:?}", did.deeds);
        for time in 0..=u64::try_from(RECENT_MAX).unwrap() {
            at = interpreter.turn(&spec(), at, turn(time)).0;
        }
        assert_eq!(*resets.borrow(), 1);
        drop(at);
        for time in 0..=u64::try_from(RECENT_MAX).unwrap() {
            let other = interpreter.turn(&spec(), begun.clone(), turn(time + 9)).1;
            assert!(line(&other).contains("2 at"), "{other:?}");
        }
        let before = *resets.borrow();
        let (_, did) = interpreter.turn(&spec(), begun, turn(1));
        assert!(line(&did).contains("2 at 1"), "{did:?}");
        assert_eq!(*resets.borrow(), before + 1);
    }

    #[test]
    fn a_board_that_does_something_else_the_second_time_ends() {
        /// Does what it never did before.
        struct Fickle(u32);
        impl Vm for Fickle {
            fn reset(&mut self, _: &BoardSpec) {}
            fn turn(&mut self, _: &Turn) -> Doings {
                self.0 += 1;
                Doings {
                    line: self.0.into(),
                    ..Doings::default()
                }
            }
        }
        let interpreter = Interpreter::new(vec![Box::new(Fickle(0))]);
        let first = interpreter.turn(&spec(), None, turn(0)).0;
        assert_eq!(
            interpreter.turn(&spec(), first.clone(), turn(1)).1.ended,
            None
        );
        // Another way from there: its beginning is run again, and is another.
        let (_, did) = interpreter.turn(&spec(), first, turn(2));
        assert_eq!(did.ended, Some(Ended::Diverged));
    }
}
