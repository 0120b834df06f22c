//! Keeps what the user has made, beside what other tabs of the page keep in the same place.

use super::{WORKS_KEY, storage};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::{document, window};
use playground::{Action, FilesAction};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::Callback;

/// All works are one text, and writing it takes the longer the more there are: what follows sooner than this, in milliseconds, waits.
const PAUSE: u32 = 300;

/// Writes at once what comes after a pause, and of what comes in a row the last.
pub(super) struct Keeper(Rc<State>);

struct State {
    /// What was kept when this tab last looked: another one may have kept something since.
    known: RefCell<String>,
    /// Whether it could be kept the last time.
    keeps: Cell<Option<bool>>,
    /// What is to be written after the pause.
    waits: RefCell<Option<String>>,
    /// The last pause, which may be over.
    pause: RefCell<Option<Timeout>>,
    is_pause: Cell<bool>,
    dispatch: Callback<Action>,
}

impl Keeper {
    /// Nothing waits when the page goes, and what other tabs keep is told.
    pub(super) fn new(dispatch: &Callback<Action>, listeners: &mut Vec<EventListener>) -> Self {
        let state = Rc::new(State {
            known: RefCell::new(storage::get(WORKS_KEY).unwrap_or_default()),
            keeps: Cell::new(None),
            waits: RefCell::default(),
            pause: RefCell::default(),
            is_pause: Cell::default(),
            dispatch: dispatch.clone(),
        });
        let going = Rc::clone(&state);
        listeners.push(EventListener::new(&window(), "pagehide", move |_| {
            going.write_what_waits();
        }));
        let going = Rc::clone(&state);
        // A telephone ends pages that are out of sight without a word.
        let hidden = move |_: &_| going.write_what_waits();
        listeners.push(EventListener::new(&document(), "visibilitychange", hidden));
        let told = Rc::clone(&state);
        listeners.push(EventListener::new(&window(), "storage", move |_| {
            if let Some(works) = told.newly_kept() {
                // What waits was made without these.
                let again = told.waits.take().is_some();
                told.tell(FilesAction::KeptElsewhere { works, again });
            }
        }));
        Self(state)
    }

    pub(super) fn keep(&self, works: String) {
        State::keep(&self.0, works);
    }
}

impl State {
    fn keep(this: &Rc<Self>, works: String) {
        if this.is_pause.replace(true) {
            this.waits.replace(Some(works));
            return;
        }
        this.write(works);
        let later = Rc::clone(this);
        let pause = Timeout::new(PAUSE, move || {
            later.is_pause.set(false);
            if let Some(works) = later.waits.take() {
                Self::keep(&later, works);
            }
        });
        this.pause.replace(Some(pause));
    }

    fn write_what_waits(&self) {
        if let Some(works) = self.waits.take() {
            // The page may be going: what is asked for again, because another tab has written meanwhile, must not wait once more.
            self.is_pause.set(false);
            self.write(works);
        }
    }

    fn write(&self, works: String) {
        if let Some(works) = self.newly_kept() {
            let again = true;
            return self.tell(FilesAction::KeptElsewhere { works, again });
        }
        let is_kept = storage::set(WORKS_KEY, &works);
        if is_kept {
            self.known.replace(works);
        }
        // Only what changes is worth another round.
        if self.keeps.replace(Some(is_kept)) != Some(is_kept) {
            self.tell(FilesAction::Kept(is_kept));
        }
    }

    /// What another tab has kept since the last look.
    fn newly_kept(&self) -> Option<String> {
        let kept = storage::get(WORKS_KEY).unwrap_or_default();
        let is_new = self.known.replace(kept.clone()) != kept;
        is_new.then_some(kept)
    }

    fn tell(&self, action: FilesAction) {
        self.dispatch.emit(Action::Files(action));
    }
}
