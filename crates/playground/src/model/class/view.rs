//! What the screen and the strip show of a class.

use crate::class::view::{
    ClassAsk, ClassStripView, ClassView, GuestsMark, InvitationView, PartView, QuestionView,
};
use crate::class::{Asked, Part, Stage, Told, Walk, address_for_others, qr, with_pages};
use crate::guests::HubState;
use crate::lesson::{AskState, AskView};
use crate::model::Playground;
use crate::payload::{shown, shown_lines};
use crate::route::{Place, Route};
use crate::text;
use crate::vote::VoteView;

/// A longer line of what others have written is cut.
const LINE_MAX_CHARS: usize = 1_000;

/// A longer title is cut.
const TITLE_MAX_CHARS: usize = 80;

impl Playground {
    /// The hands that were raised with the votes of pages.
    pub(in crate::model) fn with_class_votes(
        &self,
        hands: Option<VoteView>,
        ask: usize,
        options: usize,
    ) -> Option<VoteView> {
        let attendance = &self.attendance;
        if !attendance.is_any() {
            return hands;
        }
        let is_taken = attendance.is_shown && attendance.run == self.run_number;
        let taken = attendance.taken.as_ref().filter(|_| is_taken);
        let taken = taken.map(|it| it.number);
        match attendance.class.votes(self.run_number, taken, ask) {
            Some(tally) => Some(with_pages(hands, tally, options)),
            None => hands,
        }
    }

    /// What the lesson's question has to do with the class.
    pub(in crate::model) fn class_ask(&self, ask: &AskView) -> Option<ClassAsk> {
        if !self.attendance.is_any() {
            return None;
        }
        let language = self.language;
        let class = &self.attendance.class;
        let can_ask = self.can_ask(ask);
        let is_own_vote = self.asked_here() == Some(ask.index);
        let is_this = |it: &&Asked| {
            let place = it.question.of.map(|it| it.place as usize);
            it.run == self.run_number && place == Some(ask.index)
        };
        let asked = class.lead().and_then(|it| it.asked.as_ref());
        let text = match asked.filter(is_this) {
            Some(asked) => {
                let pages = class.tally.as_ref().map_or(0, |it| it.counts.iter().sum());
                let is_over = asked.stage != Stage::Open;
                Some(text::class_voted(
                    language,
                    pages,
                    class.hub.others.0,
                    is_over,
                ))
            }
            None if is_own_vote => {
                let has_voted = class.follower().is_some_and(|it| it.vote.is_some());
                Some(text::class_votes(language, has_voted).to_owned())
            }
            None => None,
        };
        (can_ask || text.is_some()).then_some(ClassAsk {
            can_ask,
            is_own_vote,
            text,
        })
    }

    /// The question that waits for this page's vote.
    fn class_question(&self) -> Option<QuestionView> {
        let class = &self.attendance.class;
        let question = class.open_question()?;
        let here = self.asked_here();
        let in_view = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let in_view = in_view.filter(|it| it.state != AskState::Passed);
        let is_in_lesson = here.is_some() && in_view.map(|it| it.index) == here;
        let own = here.zip(self.course.as_ref());
        let own = own.and_then(|(place, course)| course.words(self.voice(), place));
        let (text, answers) = own.unwrap_or_else(|| {
            let mut lines = question
                .text
                .lines()
                .map(|it| shown_lines(it, LINE_MAX_CHARS));
            let text = lines.next().unwrap_or_default();
            let answers = ('A'..='Z').take(usize::from(question.answers));
            let answers = answers.map(|letter| match lines.next() {
                Some(line) if !line.is_empty() => line,
                _ => letter.to_string(),
            });
            (text, answers.collect())
        });
        let vote = class.follower().and_then(|it| it.vote).map(usize::from);
        let answers = answers.into_iter().enumerate();
        Some(QuestionView {
            is_in_lesson: is_in_lesson && self.screen().has_run(),
            text,
            answers: answers
                .map(|(place, text)| (text, vote == Some(place)))
                .collect(),
        })
    }

    fn class_part(&self) -> PartView {
        match &self.attendance.class.part {
            Part::None => PartView::None,
            Part::Leads(_) => PartView::Leads,
            Part::Follows(it) if it.walk == Walk::Alone => PartView::Alone,
            Part::Follows(_) => PartView::Follows,
        }
    }

    fn class_mark(&self) -> GuestsMark {
        let class = &self.attendance.class;
        match &class.hub.state {
            _ if class.wait.is_some() => GuestsMark::Bad,
            HubState::Idle => GuestsMark::Off,
            HubState::Dialling | HubState::Asking => GuestsMark::Busy,
            HubState::In(_) => match class.follower() {
                Some(it) if !it.is_led => GuestsMark::Busy,
                _ if self.attendance.refused.is_some() => GuestsMark::Bad,
                _ => GuestsMark::Good,
            },
            _ => GuestsMark::Bad,
        }
    }

    /// The screen of the class.
    #[must_use]
    pub fn class(&self) -> ClassView {
        let language = self.language;
        let class = &self.attendance.class;
        let follower = class.follower();
        let led = follower.map(|it| (it.is_led, it.was_led));
        let state = text::class_state(language, &class.hub.state, self.class_part(), led);
        let shows = match (&class.part, &self.run) {
            (Part::Leads(lead), Some(run)) if class.is_in() => {
                let told = lead.told.as_ref().map(|it| it.work.as_ref().err().copied());
                let title = shown(self.voice().data(run.title()), TITLE_MAX_CHARS);
                told.map(|why| text::class_shows(language, why, &title))
            }
            (Part::Follows(_), _) => {
                let why = self.attendance.refused.as_ref();
                why.map(|why| text::class_refused(language, why))
            }
            _ => None,
        };
        ClassView {
            hub: class.hub.address.clone(),
            code: class.hub.code.clone(),
            state: (self.class_mark(), state),
            advice: text::class_advice(language, &class.hub.state, class.is_at_home()),
            part: self.class_part(),
            can_take_over: class.hub.state == HubState::Refused(relay::Refusal::Taken),
            wait: class
                .wait
                .map(|it| text::class_wait(language, it.left_secs, it.tries)),
            invitation: self.invitation(),
            count: self.class_count(),
            shows,
            way_to_run: self.way_to(Place::Play),
            question: self.class_question(),
        }
    }

    fn class_count(&self) -> Option<String> {
        let class = &self.attendance.class;
        let count = class.is_in() && class.part != Part::None;
        count.then(|| text::class_count(self.language, class.hub.others.0))
    }

    fn invitation(&self) -> Option<InvitationView> {
        let class = &self.attendance.class;
        let lead = class.lead().filter(|_| class.is_in())?;
        let invitation = lead.invitation.as_ref()?;
        let (address, is_far) = address_for_others(&class.hub.address, invitation);
        let code = invitation.code.as_deref().map(in_groups);
        let word = invitation.code.as_deref().unwrap_or(crate::class::NO_CODE);
        let link = format!("{address}/{}", Route::Class(word.to_owned()).fragment());
        Some(InvitationView {
            drawing: qr::code(&link),
            is_only_here: (!is_far).then(|| text::CLASS_ONLY_HERE.to(self.language).to_owned()),
            address: shown(&address, LINE_MAX_CHARS),
            code,
            link: shown(&link, LINE_MAX_CHARS),
        })
    }

    /// What is at hand at the main screen while the page is in a class.
    #[must_use]
    pub fn class_strip(&self) -> Option<ClassStripView> {
        let class = &self.attendance.class;
        if class.part == Part::None {
            return None;
        }
        let language = self.language;
        let follower = class.follower();
        let led = follower.map(|it| (it.is_led, it.was_led));
        let detail = match class.wait {
            Some(it) => Some(text::class_wait(language, it.left_secs, it.tries)),
            None if self.attendance.refused.is_some() => {
                let why = self.attendance.refused.as_ref();
                why.map(|why| text::class_refused(language, why))
            }
            None => match class.lead().and_then(|it| it.told.as_ref()) {
                Some(Told { work: Err(why), .. }) => {
                    Some(text::class_shows(language, Some(*why), ""))
                }
                _ if led.is_some_and(|(is_led, _)| !is_led) => None,
                _ => self.class_count(),
            },
        };
        Some(ClassStripView {
            mark: self.class_mark(),
            state: text::class_state_short(language, &class.hub.state, self.class_part(), led),
            part: self.class_part(),
            detail,
            is_waiting: class.wait.is_some(),
            question: self.class_question(),
        })
    }
}

/// Eight letters are read as two times four; spaces do not count.
fn in_groups(code: &str) -> String {
    let code = shown(code, relay::CODE_MAX_BYTES);
    match code.split_at_checked(4) {
        Some((one, other)) if other.len() == 4 => format!("{one} {other}"),
        _ => code,
    }
}
