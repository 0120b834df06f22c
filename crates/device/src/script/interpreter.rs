//! The interpreter of a host, and what it is known to have done.
//!
//! What a program does is a function of the program and of what it was told. A world is copied, run again and run
//! differently; an interpreter goes only forward. So what was told and done is kept as a tree: a turn that is in it is
//! looked up, and one that is not is run, from the beginning if the interpreter has gone another way since.

use super::turn::{BoardSpec, Doings, Ended, Turn};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

/// So many turns are kept for all boards together. A board that would make one more ends.
pub const TURNS_MAX: usize = 400_000;
/// A run that begins when more turns are kept begins with none.
const TURNS_KEPT_MAX: usize = 100_000;

/// A board of the host: it goes only forward.
pub trait Vm {
    /// Begins anew with this program, as if nothing had ever been told.
    fn reset(&mut self, spec: &BoardSpec);
    /// Goes on. The same turns after a reset give the same doings.
    fn turn(&mut self, turn: &Turn) -> Doings;
}

/// Where a board has got to: a place in the tree of what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

struct Told {
    /// `None` is the beginning.
    after: Option<Place>,
    turn: Turn,
    did: Rc<Doings>,
}

/// A machine, and how far which board has got on it.
struct Running {
    /// Of the boards that come so far along in their worlds ([`BoardSpec::order`]).
    order: u16,
    /// In which tree; none has this number yet if it has not begun.
    tree: u32,
    at: Option<Place>,
    vm: Box<dyn Vm>,
}

/// The machines of a host: all trees share them.
#[derive(Default)]
struct Pool {
    trees: u32,
    running: Vec<Running>,
    spare: Vec<Box<dyn Vm>>,
}

#[derive(Default)]
struct Tree {
    id: u32,
    begun: BTreeMap<(BoardSpec, Turn), Place>,
    next: BTreeMap<(Place, Turn), Place>,
    told: Vec<Told>,
}

/// The interpreter that the boards of a world share. Copies are the same one.
#[derive(Clone, Default)]
pub struct Interpreter {
    tree: Rc<RefCell<Tree>>,
    pool: Rc<RefCell<Pool>>,
}

impl fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interpreter")
    }
}

impl PartialEq for Interpreter {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.pool, &other.pool)
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

    /// Gives it more machines, and all that share its machines.
    pub fn add(&self, machines: Vec<Box<dyn Vm>>) {
        // Only a machine that called back in here could be in the way.
        if let Ok(mut pool) = self.pool.try_borrow_mut() {
            pool.spare.extend(machines);
        }
    }

    /// How many machines it has.
    #[must_use]
    pub fn machines(&self) -> usize {
        let pool = self.pool.try_borrow();
        pool.map_or(0, |pool| pool.running.len() + pool.spare.len())
    }

    /// For another run: itself, so that what both have in common is run once, or one with the same machines and nothing
    /// known as soon as it knows much. Runs that were made with it keep what they need.
    #[must_use]
    pub fn for_another_run(&self) -> Self {
        let is_full = self.tree.borrow().told.len() > TURNS_KEPT_MAX;
        if !is_full {
            return self.clone();
        }
        let mut id = 0;
        if let Ok(mut pool) = self.pool.try_borrow_mut() {
            pool.trees = pool.trees.wrapping_add(1);
            id = pool.trees;
        }
        Self {
            tree: Rc::new(RefCell::new(Tree {
                id,
                ..Tree::default()
            })),
            pool: Rc::clone(&self.pool),
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
        match (self.tree.try_borrow_mut(), self.pool.try_borrow_mut()) {
            (Ok(mut tree), Ok(mut pool)) => tree.turn(&mut pool, spec, at, turn),
            _ => (at, Rc::new(ended(Ended::NoInterpreter))),
        }
    }
}

fn ended(how: Ended) -> Doings {
    Doings {
        ended: Some(how),
        ..Doings::default()
    }
}

impl Tree {
    fn known(&self, spec: &BoardSpec, at: Option<Place>, turn: &Turn) -> Option<Place> {
        // The keys are compared as they are: copying one costs less than running a turn.
        match at {
            None => self.begun.get(&(spec.clone(), turn.clone())).copied(),
            Some(at) => self.next.get(&(at, turn.clone())).copied(),
        }
    }

    fn did(&self, place: Place) -> Option<Rc<Doings>> {
        Some(Rc::clone(&self.told.get(place.0 as usize)?.did))
    }

    fn turn(
        &mut self,
        pool: &mut Pool,
        spec: &BoardSpec,
        at: Option<Place>,
        turn: Turn,
    ) -> (Option<Place>, Rc<Doings>) {
        if let Some(place) = self.known(spec, at, &turn)
            && let Some(did) = self.did(place)
        {
            return (Some(place), did);
        }
        let Ok(place) = u32::try_from(self.told.len()).map(Place) else {
            return (at, Rc::new(ended(Ended::OutOfMemory)));
        };
        if self.told.len() >= TURNS_MAX {
            return (at, Rc::new(ended(Ended::TooLong)));
        }
        let machines = pool.running.len() + pool.spare.len();
        let Some(running) = pool.claim(spec.order) else {
            let how = match machines {
                0 => Ended::NoInterpreter,
                _ => Ended::TooMany,
            };
            return (at, Rc::new(ended(how)));
        };
        let goes_on = at.is_some() && (running.tree, running.at) == (self.id, at);
        if !goes_on {
            running.vm.reset(spec);
            for turn in self.past(at) {
                running.vm.turn(turn);
            }
        }
        let did = Rc::new(running.vm.turn(&turn));
        (running.tree, running.at) = (self.id, Some(place));
        match at {
            None => self.begun.insert((spec.clone(), turn.clone()), place),
            Some(at) => self.next.insert((at, turn.clone()), place),
        };
        self.told.push(Told {
            after: at,
            turn,
            did: Rc::clone(&did),
        });
        (Some(place), did)
    }

    /// The turns that led to a place, oldest first.
    fn past(&self, at: Option<Place>) -> Vec<&Turn> {
        let mut turns = Vec::new();
        let mut place = at;
        while let Some(told) = place.and_then(|it| self.told.get(it.0 as usize)) {
            turns.push(&told.turn);
            place = told.after;
        }
        turns.reverse();
        turns
    }
}

impl Pool {
    /// The machine of the boards that come so far along in their worlds, whichever of these it ran last: a past is run again.
    fn claim(&mut self, order: u16) -> Option<&mut Running> {
        if let Some(index) = self.running.iter().position(|it| it.order == order) {
            return self.running.get_mut(index);
        }
        let vm = self.spare.pop()?;
        self.running.push(Running {
            order,
            tree: 0,
            at: None,
            vm,
        });
        self.running.last_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::super::turn::{Deed, Event};
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
            number: 1,
            order: 0,
            seed: 1,
            server: "broker".into(),
            wakes: false,
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
        let (second, _) = go(first, 2);
        assert_eq!(
            did.deeds,
            [Deed::Print {
                line: "1 at 1".into()
            }]
        );
        assert_eq!(*resets.borrow(), 1);
        // The same again: nothing is run.
        assert_eq!(go(None, 1).0, first);
        assert_eq!(go(first, 2).0, second);
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
    fn a_run_that_begins_late_begins_with_nothing_known_and_the_same_machines() {
        let resets = Rc::default();
        let first = Interpreter::new(vec![counter(&resets)]);
        let mut at = None;
        for time in 0..=u64::try_from(TURNS_KEPT_MAX).unwrap() {
            at = first.turn(&spec(), at, turn(time)).0;
        }
        let second = first.for_another_run();
        assert_eq!(second, first);
        let other = BoardSpec {
            number: 7,
            ..spec()
        };
        let (begun, did) = second.turn(&other, None, turn(0));
        let line = |did: &Doings| format!("{:?}", did.deeds);
        assert!(line(&did).contains("1 at 0"), "{did:?}");
        assert_eq!(*resets.borrow(), 2);
        // The first run goes on where it was; its machine was taken meanwhile.
        let (_, did) = first.turn(&spec(), at, turn(u64::MAX));
        let expected = format!("{} at", TURNS_KEPT_MAX + 2);
        assert!(line(&did).contains(&expected), "{did:?}");
        // And so does the second.
        let (_, did) = second.turn(&other, begun, turn(1));
        assert!(line(&did).contains("2 at 1"), "{did:?}");
    }
}
