//! Real devices in this page's broker: the form, and what the screen shows of them.

use super::{Notice, Playground};
use crate::action::Command;
use crate::going::Going;
use crate::guests::view::{GuestRow, GuestsMark, GuestsView, PauseView};
use crate::guests::{Guests, GuestsAction, GuestsField, HubCommand, HubState, next_held};
use crate::live::view::LinkState;
use crate::live::{Far, LiveAction, LiveCommand, Way};
use crate::payload::shown;
use crate::run::Run;
use crate::text;
use bytes::Bytes;
use relay::{FromHub, Record, Refusal, Role};
use sim::LinkId;

/// A longer client id is cut.
const NAME_MAX_CHARS: usize = 40;

impl Playground {
    /// Whether the run that goes on is one with real devices.
    pub(super) fn has_guests(&self) -> bool {
        self.guests_here().is_some()
    }

    pub(super) fn guests_here(&self) -> Option<&Guests> {
        self.link.session.as_ref()?.guests()
    }

    pub(super) fn guests_action(&mut self, action: GuestsAction, commands: &mut Vec<Command>) {
        let hub = &mut self.link.hub;
        match action {
            GuestsAction::Fill(GuestsField::Hub, text) => hub.address = text,
            GuestsAction::Fill(GuestsField::Code, text) => hub.code = text,
            GuestsAction::Origin(origin) => {
                if hub.address.is_empty() && origin.starts_with("http") {
                    hub.address = origin;
                }
            }
            GuestsAction::Join(take_over) => say(hub.dial(Role::Broker, take_over), commands),
            GuestsAction::Watch => say(hub.dial(Role::Watcher, false), commands),
            GuestsAction::Leave => {
                self.hub_lost("the page has left the hub", commands);
                say(self.leave_hub(), commands);
            }
            GuestsAction::Opened(subprotocol) => say(hub.opened(&subprotocol), commands),
            GuestsAction::Frame(frame) => self.hub_says(frame, commands),
            GuestsAction::Closed(code, reason) => {
                hub.closed(code, &reason);
                self.hub_lost("the hub is gone", commands);
            }
            GuestsAction::Forbidden => hub.state = HubState::Forbidden,
            GuestsAction::Pause(is_paused) => self.with_guests(commands, |guests, going, run| {
                guests.pause(is_paused, run, going.now);
                going.is_paused = is_paused;
            }),
            GuestsAction::Step => self.with_guests(commands, |guests, going, run| {
                guests.pass(None, run, going.now);
            }),
            GuestsAction::Cut(place, is_cut) => {
                self.with_guests(commands, |guests, going, run| {
                    guests.cut(place, is_cut, run, going.now);
                });
            }
        }
    }

    /// Holds what goes in a direction, lets it go, or lets one packet pass.
    pub(super) fn guests_gate(&mut self, action: &LiveAction, commands: &mut Vec<Command>) {
        self.with_guests(commands, |guests, going, run| match action {
            LiveAction::Gate(way, is_shut) => {
                guests.hold(*way == Way::Out, *is_shut, run, going.now);
            }
            LiveAction::Pass(way) => guests.pass(Some(*way == Way::Out), run, going.now),
            _ => {}
        });
    }

    /// Something happens in the run with real devices, if there is one.
    fn with_guests(
        &mut self,
        commands: &mut Vec<Command>,
        happen: impl FnOnce(&mut Guests, &mut Going, &mut Run),
    ) {
        if !self.has_guests() {
            return;
        }
        self.live_through(commands, |session, run| {
            if let Far::Guests(guests) = &mut session.far {
                happen(guests, &mut session.going, run);
            }
            Vec::new()
        });
    }

    fn hub_says(&mut self, frame: Bytes, commands: &mut Vec<Command>) {
        let messages = self.link.hub.read(frame);
        let is_traffic = |it: &FromHub| {
            use Record::{FromDevice, ToDevice};
            matches!(it, FromHub::Bytes { .. } | FromHub::Credit { .. })
                || matches!(
                    it,
                    FromHub::Record {
                        record: FromDevice { .. } | ToDevice { .. },
                        ..
                    }
                )
        };
        self.link.is_unseen &= !messages.is_empty() && messages.iter().all(is_traffic);
        let wanted = match &self.link.hub.state {
            HubState::In(welcome) => Some(welcome.role != Role::Broker),
            _ => None,
        };
        let here = self.guests_here().map(|it| it.is_watching);
        if let Some(is_watching) = wanted
            && here != wanted
        {
            let Some((guests, run)) = Guests::start(is_watching) else {
                self.say(Notice::fault(text::LINK_NOT_STARTED));
                return;
            };
            // An older run ends, and not the link to the hub.
            let state = std::mem::take(&mut self.link.hub.state);
            self.live_start(Far::Guests(Box::new(guests)), run, commands);
            self.link.hub.state = state;
        }
        self.with_guests(commands, |guests, going, run| {
            for message in messages {
                if let FromHub::Record { at_micros, .. } = &message {
                    going.reach(guests.seen_at(*at_micros, going.now));
                    run.told_until(going.now);
                }
                guests.hear(message, run, going.now);
            }
        });
        if matches!(self.link.hub.state, HubState::Garbage(_)) {
            self.hub_lost("the hub said what cannot be read", commands);
            say(Some(HubCommand::Close), commands);
        }
    }

    fn hub_lost(&mut self, why: &str, commands: &mut Vec<Command>) {
        self.with_guests(commands, |guests, going, run| {
            guests.lost(why, run, going.now);
        });
    }

    /// Stops being the hub's broker.
    pub(super) fn leave_hub(&mut self) -> Option<HubCommand> {
        let hub = &mut self.link.hub;
        let was_open = hub.is_open();
        hub.state = HubState::Idle;
        hub.others = (0, 0);
        was_open.then_some(HubCommand::Close)
    }

    // What is shown.

    pub(super) const fn hub_state(&self) -> LinkState {
        match self.link.hub.state {
            HubState::In(_) => LinkState::Connected,
            HubState::Dialling => LinkState::Dialling,
            HubState::Asking => LinkState::Asking,
            _ => LinkState::Off,
        }
    }

    pub(super) fn guests_pause(&self) -> Option<PauseView> {
        let session = self.link.session.as_ref()?;
        session.guests().filter(|it| !it.is_watching)?;
        let run = self.live_run()?;
        let links = run.work().scenario.links.len();
        let links = (0..u16::try_from(links).unwrap_or(u16::MAX)).map(LinkId);
        let waiting = links
            .map(|link| run.head().held_packets(link))
            .map(|(into, out)| into + out)
            .sum();
        Some(PauseView {
            is_paused: session.going.is_paused,
            waiting,
            next: next_held(run),
        })
    }

    /// The part of the screen about real devices in this page's broker.
    #[must_use]
    pub fn guests(&self) -> GuestsView {
        let language = self.language;
        let hub = &self.link.hub;
        let guests = self.guests_here();
        let mark = match &hub.state {
            HubState::Idle => GuestsMark::Off,
            HubState::Dialling | HubState::Asking => GuestsMark::Busy,
            HubState::In(_) => GuestsMark::Good,
            _ => GuestsMark::Bad,
        };
        let state = text::hub_state(language, &hub.state, guests.is_some(), hub.broker.as_ref());
        let lines = match &hub.state {
            HubState::In(welcome) if welcome.mqtt_port > 0 && welcome.role == Role::Broker => {
                Some(text::hub_lines(&hub.host(), welcome.mqtt_port, welcome.tls))
            }
            _ => None,
        };
        GuestsView {
            hub: hub.address.clone(),
            code: hub.code.clone(),
            state: (mark, state),
            advice: text::hub_advice(
                language,
                &hub.state,
                &hub.address,
                hub.role() == Some(Role::Watcher),
            ),
            is_open: hub.is_open(),
            can_take_over: hub.state == HubState::Refused(Refusal::Taken),
            has_run: guests.is_some(),
            is_watching: guests.is_some_and(|it| it.is_watching),
            is_paused: self
                .link
                .session
                .as_ref()
                .is_some_and(|it| it.going.is_paused),
            devices: guests.map_or_else(Vec::new, |it| self.guest_rows(it)),
            others: text::hub_others(language, hub.others),
            lines,
        }
    }

    fn guest_rows(&self, guests: &Guests) -> Vec<GuestRow> {
        let language = self.language;
        let is_cut = |link: LinkId| {
            let run = self.live_run();
            run.is_some_and(|run| run.head().is_cut(link))
        };
        let known = guests.places.iter().enumerate().map(|(place, it)| {
            let guest = guests.guest(it);
            GuestRow {
                place: Some(place),
                name: match &it.client_id {
                    // It has taken the place of another one.
                    Some(id) if it.is_taken => {
                        let id = shown(id.as_str(), NAME_MAX_CHARS);
                        format!("{id} ({})", shown(&it.name, NAME_MAX_CHARS))
                    }
                    _ => shown(&it.name, NAME_MAX_CHARS),
                },
                how: guest.map_or_else(
                    || text::GUEST_GONE.to(language).to_owned(),
                    |it| text::guest_how(&it.opened),
                ),
                bytes: guest.map_or_else(String::new, |it| text::guest_bytes(language, it.bytes)),
                is_here: guest.is_some(),
                is_cut: is_cut(it.link),
            }
        });
        let silent = guests.lines().filter(|(place, _)| place.is_none());
        let silent = silent.map(|(_, it)| GuestRow {
            place: None,
            name: text::GUEST_SILENT.to(language).to_owned(),
            how: text::guest_how(&it.opened),
            bytes: text::guest_bytes(language, it.bytes),
            is_here: true,
            is_cut: false,
        });
        known.chain(silent).collect()
    }
}

fn say(what: impl IntoIterator<Item = HubCommand>, commands: &mut Vec<Command>) {
    let what = what.into_iter();
    commands.extend(what.map(|it| Command::Live(LiveCommand::Hub(it))));
}
