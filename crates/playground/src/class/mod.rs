//! A class: one page leads, others follow it or walk alone, and vote on predictions. They meet at a hub, which knows no names.
//!
//! What is here follows from what the hub says and from what the user wants; what a run is, only the model knows. Nothing
//! that comes from others is believed: it is bounded by the relay, read as a work is read, and moves nobody who walks alone. Who
//! leads is moved by nobody.

pub(crate) mod qr;
pub mod view;

use crate::guests::{Hub, HubCommand, HubState};
use crate::live::address::{Address, Reach};
use crate::vote::VoteView;
use bytes::Bytes;
use relay::{Answer, Cursor, FromHub, FromPage, Invitation, Question, Refusal, Role, Tally, Work};

/// The first wait before the hub is dialled again, in seconds; each later one is twice as long, up to the longest.
const WAIT_FIRST_SECS: u32 = 2;
const WAIT_MOST_SECS: u32 = 30;
/// The second of a wait, in milliseconds.
const SECOND_MILLIS: u32 = 1_000;
/// The word in addresses for a hub that asks for no code.
pub(crate) const NO_CODE: &str = "join";
/// [`Cursor::records`] of a place at the end of a run.
pub(crate) const AT_END: u32 = u32::MAX;

/// What the user and the browser do about a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassAction {
    /// Fills in a field of the form.
    Fill(ClassField, String),
    /// Opens a class; whether to take the place of a page that leads now.
    Lead(bool),
    /// Joins one.
    Join,
    /// Closes the class, or leaves it.
    Leave,
    /// Dials now instead of waiting.
    Retry,
    /// Walks alone from here on.
    Alone,
    /// Goes where the class is, and follows.
    Follow,
    /// Asks the class the question in view.
    Ask,
    /// Votes for an answer of the question that is asked.
    Vote(usize),
    /// Where the page comes from.
    Origin(String),
    /// The WebSocket to the hub is open, with this subprotocol; and any number.
    Opened(String, u32),
    /// Something came over it.
    Frame(Bytes),
    /// It is closed, or did not open: the code, the reason in the hub's words, and any number.
    Closed(u16, String, u32),
    /// The browser refuses to dial the hub at all.
    Forbidden,
    /// A second of a wait is over: the number of the wait.
    Second(u32),
}

/// What is wanted of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassCommand {
    /// Something about the WebSocket; called back with a [`ClassAction`].
    Hub(HubCommand),
    /// Call back with [`ClassAction::Second`] and this number after so many milliseconds.
    Wake(u32, u32),
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassField {
    /// The hub's address.
    Hub,
    /// The code.
    Code,
}

/// A wait before the hub is dialled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    number: u32,
    pub(crate) left_secs: u32,
    /// How often it has been tried since the link was good.
    pub(crate) tries: u32,
}

/// A question that this page has asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    /// The run it is about.
    pub(crate) run: usize,
    pub(crate) stage: Stage,
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The class votes.
    Open,
    /// No vote counts any more.
    Over,
    /// The right answer was said, too.
    Told,
}

/// What a student's page does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Walk {
    /// It goes where the class goes.
    #[default]
    Follows,
    /// It goes its own way.
    Alone,
}

/// What the page that leads tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lead {
    pub(crate) invitation: Option<Invitation>,
    /// The run that is shown, and where it stands: what has been told.
    pub(crate) told: Option<Told>,
    /// Works and questions are numbered from any number on: a page that has led before has used others.
    numbers: Option<u32>,
    pub(crate) asked: Option<Asked>,
}

/// What has been told of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) run: usize,
    /// What the class is shown of it; or why that is nothing.
    pub(crate) work: Result<Work, Unshown>,
    /// Where it stands; `None` if the hub does not know.
    pub(crate) records: Option<u32>,
}

/// Why a class cannot be shown a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unshown {
    /// It goes on outside of the page, and what is said there is nobody else's business.
    Live,
    /// It was captured.
    Captured,
    /// Its text is too long.
    TooLong,
}

/// What a page that follows has heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Follower {
    pub(crate) walk: Walk,
    pub(crate) work: Option<Work>,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) question: Option<Question>,
    pub(crate) vote: Option<u8>,
    pub(crate) is_led: bool,
    /// Whether somebody has led since this page is here.
    pub(crate) was_led: bool,
}

/// As what the page is in a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is in none.
    #[default]
    None,
    /// It leads.
    Leads(Lead),
    /// It follows, or could.
    Follows(Follower),
}

/// What the model has to do for what has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) commands: Vec<ClassCommand>,
    /// The class shows another work.
    pub(crate) has_work: bool,
    /// The page is no longer in a class.
    pub(crate) has_left: bool,
    /// It is not, and did not want that.
    pub(crate) is_sent_away: bool,
}

/// The class and the link to it.
#[derive(Default)]
pub(crate) struct Class {
    pub(crate) hub: Hub,
    pub(crate) part: Part,
    pub(crate) wait: Option<Wait>,
    waits: u32,
    tries: u32,
    /// Where the page comes from; empty until it has been asked.
    origin: String,
    is_origin_asked: bool,
    /// Joins as soon as it is known where.
    joins: bool,
    /// Whether the hub has taken the page in since the user wanted that.
    was_in: bool,
    pub(crate) tally: Option<Tally>,
}

impl Class {
    /// Does what follows from an action, but for what needs a run.
    pub(crate) fn handle(&mut self, action: ClassAction) -> Outcome {
        let mut out = Outcome::default();
        match action {
            ClassAction::Fill(ClassField::Hub, text) => self.hub.address = text,
            ClassAction::Fill(ClassField::Code, text) => self.hub.code = text,
            ClassAction::Lead(take_over) => {
                self.enter(Part::Leads(Lead::default()), take_over, &mut out)
            }
            ClassAction::Join => self.enter(Part::Follows(Follower::default()), false, &mut out),
            ClassAction::Leave => {
                out.has_left = self.part != Part::None;
                self.leave(&mut out);
            }
            ClassAction::Retry => {
                if self.wait.take().is_some() {
                    self.dial(false, &mut out);
                }
            }
            ClassAction::Origin(origin) => {
                if self.hub.address.is_empty() && origin.starts_with("http") {
                    self.hub.address.clone_from(&origin);
                }
                self.origin = origin;
                if std::mem::take(&mut self.joins) {
                    self.enter(Part::Follows(Follower::default()), false, &mut out);
                }
            }
            ClassAction::Opened(subprotocol, chance) => {
                if let Some(lead) = self.lead_mut() {
                    lead.begin(chance);
                }
                let said = self.hub.opened(&subprotocol);
                out.commands.extend(said.into_iter().map(ClassCommand::Hub));
                self.give_up(&mut out);
            }
            ClassAction::Frame(frame) => {
                for message in self.hub.read(frame) {
                    self.hear(message, &mut out);
                }
                match self.hub.state {
                    HubState::Garbage(_) => {
                        out.commands.push(ClassCommand::Hub(HubCommand::Close));
                        self.lost();
                    }
                    HubState::In(_) => (self.was_in, self.tries) = (true, 0),
                    _ => {}
                }
                self.give_up(&mut out);
            }
            ClassAction::Closed(code, reason, chance) => {
                self.hub.closed(code, &reason);
                self.lost();
                self.wait_if_worth_it(chance, &mut out);
                self.give_up(&mut out);
            }
            ClassAction::Forbidden => {
                self.hub.state = HubState::Forbidden;
                self.give_up(&mut out);
            }
            ClassAction::Second(number) => self.second(number, &mut out),
            ClassAction::Vote(answer) => self.vote(answer, &mut out),
            // These need to know the run.
            ClassAction::Alone | ClassAction::Follow | ClassAction::Ask => {}
        }
        out
    }

    /// The address names a class: joins it as soon as it is known where the page comes from.
    pub(crate) fn invited(&mut self, code: &str) -> ClassCommand {
        let code = if code == NO_CODE { "" } else { code };
        self.hub.code = code.to_owned();
        self.joins = true;
        self.is_origin_asked = true;
        ClassCommand::Hub(HubCommand::AskOrigin)
    }

    /// What is wanted the first time that the form is looked at.
    pub(crate) fn looked_at(&mut self) -> Option<ClassCommand> {
        let is_asked = std::mem::replace(&mut self.is_origin_asked, true);
        (!is_asked).then_some(ClassCommand::Hub(HubCommand::AskOrigin))
    }

    fn enter(&mut self, part: Part, take_over: bool, out: &mut Outcome) {
        out.has_left = self.part != Part::None;
        self.part = part;
        self.tally = None;
        self.was_in = false;
        self.tries = 0;
        self.dial(take_over, out);
        self.give_up(out);
    }

    fn dial(&mut self, take_over: bool, out: &mut Outcome) {
        self.wait = None;
        let role = match &self.part {
            Part::Leads(_) => Role::Teacher,
            Part::Follows(_) => Role::Student,
            Part::None => return,
        };
        let command = self.hub.dial(role, take_over);
        out.commands.extend(command.map(ClassCommand::Hub));
    }

    fn leave(&mut self, out: &mut Outcome) {
        if self.hub.is_open() {
            out.commands.push(ClassCommand::Hub(HubCommand::Close));
        }
        self.hub.state = HubState::Idle;
        self.hub.others = (0, 0);
        self.part = Part::None;
        self.wait = None;
        self.tally = None;
    }

    /// The hub is gone, and what it has counted with it.
    fn lost(&mut self) {
        self.tally = self.tally.take().filter(|tally| tally.is_over);
        match &mut self.part {
            // Whoever is there when it comes back is to be told everything anew.
            Part::Leads(lead) => {
                if let Some(told) = &mut lead.told {
                    told.records = None;
                }
            }
            Part::Follows(follower) => follower.is_led = false,
            Part::None => {}
        }
    }

    /// A link that was good, or was about to be again, is worth another try.
    fn wait_if_worth_it(&mut self, chance: u32, out: &mut Outcome) {
        let is_worth_it = matches!(
            self.hub.state,
            HubState::Closed(..)
                | HubState::NotOpened
                | HubState::Refused(Refusal::ShuttingDown | Refusal::TooSlow)
        );
        if !self.was_in || !is_worth_it {
            return;
        }
        let most = WAIT_FIRST_SECS
            .saturating_mul(1 << self.tries.min(8))
            .min(WAIT_MOST_SECS);
        // A class that comes back all at once would be a load; so each page takes from half to all of it.
        let left_secs = most - chance % (most / 2 + 1);
        self.tries = self.tries.saturating_add(1);
        self.waits = self.waits.wrapping_add(1);
        self.wait = Some(Wait {
            number: self.waits,
            left_secs,
            tries: self.tries,
        });
        out.commands
            .push(ClassCommand::Wake(self.waits, SECOND_MILLIS));
    }

    /// Where another try would lead to the same, the page is in no class; the state says why.
    fn give_up(&mut self, out: &mut Outcome) {
        let is_over = match self.hub.state {
            HubState::Refused(Refusal::ShuttingDown | Refusal::TooSlow) => !self.was_in,
            HubState::NotOpened | HubState::Closed(..) => self.wait.is_none(),
            HubState::Refused(_)
            | HubState::Garbage(_)
            | HubState::TooOld
            | HubState::NoAddress
            | HubState::Forbidden => true,
            HubState::Idle | HubState::Dialling | HubState::Asking | HubState::In(_) => false,
        };
        if is_over && self.part != Part::None {
            self.part = Part::None;
            self.wait = None;
            out.has_left = true;
            out.is_sent_away = true;
        }
    }

    fn second(&mut self, number: u32, out: &mut Outcome) {
        let Some(wait) = self.wait.as_mut().filter(|it| it.number == number) else {
            return;
        };
        wait.left_secs = wait.left_secs.saturating_sub(1);
        match wait.left_secs {
            0 => self.dial(false, out),
            _ => out.commands.push(ClassCommand::Wake(number, SECOND_MILLIS)),
        }
    }

    fn hear(&mut self, message: FromHub, out: &mut Outcome) {
        match (message, &mut self.part) {
            (FromHub::Invitation(it), Part::Leads(lead)) => lead.invitation = Some(it),
            (FromHub::Tally(tally), part) => {
                let is_known = match part {
                    Part::Leads(lead) => lead
                        .asked
                        .as_ref()
                        .is_some_and(|it| it.question.number == tally.question),
                    Part::Follows(follower) => follower
                        .question
                        .as_ref()
                        .is_some_and(|it| it.number == tally.question),
                    Part::None => false,
                };
                if is_known {
                    self.tally = Some(tally);
                }
            }
            (FromHub::Class { is_led, .. }, Part::Follows(follower)) => {
                follower.is_led = is_led;
                follower.was_led |= is_led;
            }
            (FromHub::Work(work), Part::Follows(follower)) => {
                follower.cursor = follower.cursor.filter(|it| it.work == work.number);
                out.has_work |= follower.work.as_ref() != Some(&work);
                follower.work = Some(work);
            }
            (FromHub::Cursor(cursor), Part::Follows(follower)) => {
                follower.cursor = Some(cursor);
            }
            (FromHub::Ask(question), Part::Follows(follower)) => {
                // The same one again: the hub or the one who leads was away.
                let is_same = follower.question.as_ref() == Some(&question);
                if !is_same {
                    follower.vote = None;
                    self.tally = None;
                }
                if let Some(answer) = follower.vote {
                    let question = question.number;
                    out.commands
                        .extend(frames(&[FromPage::Vote(Answer { question, answer })]));
                }
                follower.question = Some(question);
            }
            _ => {}
        }
    }

    /// Whether the hub is looked for where the page comes from.
    pub(crate) fn is_at_home(&self) -> bool {
        self.hub.address.trim().trim_end_matches('/') == self.origin
    }

    /// Whether the hub has the page in.
    pub(crate) const fn is_in(&self) -> bool {
        matches!(self.hub.state, HubState::In(_))
    }

    pub(crate) fn lead(&self) -> Option<&Lead> {
        match &self.part {
            Part::Leads(lead) => Some(lead),
            _ => None,
        }
    }

    pub(crate) fn lead_mut(&mut self) -> Option<&mut Lead> {
        match &mut self.part {
            Part::Leads(lead) => Some(lead),
            _ => None,
        }
    }

    pub(crate) fn follower(&self) -> Option<&Follower> {
        match &self.part {
            Part::Follows(follower) => Some(follower),
            _ => None,
        }
    }

    pub(crate) fn follower_mut(&mut self) -> Option<&mut Follower> {
        match &mut self.part {
            Part::Follows(follower) => Some(follower),
            _ => None,
        }
    }

    /// The question that waits for this page's vote.
    pub(crate) fn open_question(&self) -> Option<&Question> {
        let follower = self.follower().filter(|it| it.is_led)?;
        let question = follower.question.as_ref()?;
        let is_over = self
            .tally
            .as_ref()
            .is_some_and(|it| it.question == question.number && it.is_over);
        (!is_over && self.is_in()).then_some(question)
    }

    fn vote(&mut self, answer: usize, out: &mut Outcome) {
        let Some(question) = self.open_question() else {
            return;
        };
        let (number, answers) = (question.number, question.answers);
        let Some(answer) = u8::try_from(answer).ok().filter(|it| *it < answers) else {
            return;
        };
        if let Some(follower) = self.follower_mut()
            && follower.vote.replace(answer) != Some(answer)
        {
            let question = number;
            out.commands
                .extend(frames(&[FromPage::Vote(Answer { question, answer })]));
        }
    }

    /// The votes for a prediction of the run with this number, as far as this page may know them.
    pub(crate) fn votes(&self, run: usize, shown: Option<u32>, place: usize) -> Option<&Tally> {
        let tally = self.tally.as_ref()?;
        let question = match &self.part {
            Part::Leads(lead) => lead
                .asked
                .as_ref()
                .filter(|it| it.run == run)
                .map(|it| &it.question),
            Part::Follows(follower) => follower
                .question
                .as_ref()
                .filter(|it| shown.is_some() && it.of.map(|it| it.work) == shown),
            Part::None => None,
        }?;
        let is_it = tally.question == question.number
            && question.of.is_some_and(|it| it.place as usize == place);
        is_it.then_some(tally)
    }
}

impl Lead {
    fn begin(&mut self, chance: u32) {
        self.numbers = Some(self.numbers.unwrap_or(chance));
    }

    /// A number that no work and no question has had.
    pub(crate) fn next_number(&mut self) -> u32 {
        let next = self.numbers.unwrap_or(0).wrapping_add(1);
        self.numbers = Some(next);
        next
    }

    /// The number of the work that the class is shown.
    pub(crate) fn work(&self) -> Option<u32> {
        let told = self.told.as_ref()?;
        told.work.as_ref().ok().map(|it| it.number)
    }
}

/// The votes of pages beside the hands that were raised.
pub(crate) fn with_pages(view: Option<VoteView>, tally: &Tally, options: usize) -> VoteView {
    let mut view = view.unwrap_or_else(|| VoteView {
        hands: vec![0; options],
        ..VoteView::default()
    });
    view.pages = tally.counts.iter().copied().take(options).collect();
    let pages = view
        .pages
        .iter()
        .fold(0_u32, |sum, it| sum.saturating_add(*it));
    view.total = view.total.saturating_add(pages);
    view
}

/// What goes to the hub, in frames.
pub(crate) fn frames(messages: &[FromPage]) -> impl Iterator<Item = ClassCommand> {
    let frames = relay::write_frame(messages).into_iter();
    frames.map(|it| ClassCommand::Hub(HubCommand::Send(it.into())))
}

/// The address that others have to open: `http://HOST:PORT`, and whether other machines reach it. What the one who leads came
/// by is best, as others are likely to come by it, too; what only this machine reaches, the hub knows better.
pub(crate) fn address_for_others(typed: &str, invitation: &Invitation) -> (String, bool) {
    let plain = |text: &str| {
        let text = text.trim().trim_end_matches('/');
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = match scheme {
            "ws" => "http",
            "wss" => "https",
            other => other,
        };
        (format!("{scheme}://{rest}"), format!("ws://{rest}"))
    };
    let is_far = |ws: &str| Address::parse(ws).is_ok_and(|it| it.reach() != Reach::Here);
    let (mine, ws) = plain(typed);
    if is_far(&ws) {
        return (mine, true);
    }
    let (hubs, ws) = plain(&invitation.address);
    let is_far = is_far(&ws);
    (if hubs.ends_with("://") { mine } else { hubs }, is_far)
}

#[cfg(test)]
mod tests;
