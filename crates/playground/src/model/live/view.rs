//! What the screen shows of a session with a real broker.

use crate::live::address::{Address, AddressFault, without_query};
use crate::live::view::{GatesView, LinkState, LinkView, StripView, TroubleView};
use crate::live::{Dialled, Far, LinkForm, Trouble};
use crate::model::Playground;
use crate::route::Route;
use crate::run::Run;
use crate::text;
use sim::{Cursor, NodeId};

impl Playground {
    /// The screen of a real broker.
    #[must_use]
    pub fn link(&self) -> LinkView {
        let language = self.language;
        let link = &self.link;
        let form = &link.form;
        let session = self.dialled();
        let address = form.address();
        let typed = match &address {
            Err(AddressFault::Empty) | Ok(_) => None,
            Err(fault) => Some(text::address_fault(language, *fault)),
        };
        let state = self.link_state();
        let mut worlds = vec![text::LINK_ALONE.to(language).to_owned()];
        worlds.extend(self.live_worlds().map(|(title, _)| title));
        let mut view = LinkView {
            form: form.clone(),
            prefix: form.prefix(),
            client_id: form.client_id(),
            retain: form.retain(),
            address: typed,
            warning: form
                .is_public()
                .then(|| text::LINK_PUBLIC.to(language).to_owned()),
            worlds,
            ids: (form.world > 0).then(|| text::link_ids(language, &form.scenario_ids())),
            is_live: session.is_some(),
            state,
            detail: String::new(),
            stats: Vec::new(),
            facts: Vec::new(),
            secrecy: None,
            gates: None,
            trouble: None,
            twin: None,
            fragment: Route::Scenario(crate::live::FILE.to_owned()).fragment(),
        };
        let trouble = session
            .and_then(|it| it.trouble.as_ref())
            .or(link.fault.as_ref());
        view.trouble = trouble.map(|it| {
            let now = self.link.session.as_ref().map(|it| it.going.now);
            let next = now
                .zip(self.live_run())
                .filter(|_| state == LinkState::Waiting)
                .and_then(|(now, run)| self.link_next(run, now));
            self.trouble(it, session, form, next)
        });
        let now = link.session.as_ref().map(|it| it.going.now);
        let (Some(session), Some(run), Some(now)) = (session, self.live_run(), now) else {
            return view;
        };
        view.detail = match session.connected {
            Some(since) => {
                let seconds = now.since(since).as_micros() / 1_000_000;
                text::link_since(language, &session.address.host, seconds)
            }
            None => session.address.host.clone(),
        };
        view.secrecy = session
            .subprotocol()
            .map(|it| text::link_secrecy(language, session.address.is_secure, it));
        let next = self.link_next(run, now);
        view.stats = text::link_stats(
            language,
            session.round_trip,
            (session.sent, session.received),
            next,
            state == LinkState::Connected,
        );
        if let Some(offer) = session
            .offer
            .as_ref()
            .filter(|_| session.connected.is_some())
        {
            view.facts = text::link_facts(language, offer, session.version);
        }
        view.gates = self.link_gates(run);
        view.twin = self.link_twin(run, session, now);
        view
    }

    /// What is at hand at the main screen, while a session goes on.
    #[must_use]
    pub fn live_strip(&self) -> Option<StripView> {
        let session = self.link.session.as_ref()?;
        let (state, pause) = match &session.far {
            Far::Guests(_) => (self.hub_state(), self.guests_pause()),
            Far::Broker(_) => (self.link_state(), None),
            Far::Bridge => (self.bridge_state(), None),
        };
        Some(StripView {
            state,
            gates: self.live_run().and_then(|run| self.link_gates(run)),
            are_devices: session.guests().is_some(),
            pause,
            follows: session.going.is_shown && session.going.follows,
        })
    }

    fn link_state(&self) -> LinkState {
        let (Some(session), Some(now)) = (
            self.dialled(),
            self.link.session.as_ref().map(|it| it.going.now),
        ) else {
            return LinkState::Idle;
        };
        let Some(run) = self.live_run() else {
            return LinkState::Off;
        };
        if session.connected.is_some() {
            return LinkState::Connected;
        }
        let open = run.head().remote_connections();
        match open.last() {
            Some(it) if it.is_open => LinkState::Asking,
            Some(_) => LinkState::Dialling,
            None if self.link_next(run, now).is_some() => LinkState::Waiting,
            None => LinkState::Off,
        }
    }

    /// Seconds until a device does something by itself: dials or says that it is there.
    fn link_next(&self, run: &Run, now: mqtt_proto::Instant) -> Option<u64> {
        let nodes = 0..u16::try_from(run.work().scenario.nodes.len()).unwrap_or(0);
        let devices = nodes.filter_map(|node| run.head().node(NodeId(node))?.device());
        let next = devices.filter_map(device::Device::line_timeout).min()?;
        Some(next.since(now).as_micros().div_ceil(1_000_000))
    }

    /// How the run compares with the same one with the simulated broker: made anew only when there is something new.
    fn link_twin(&self, run: &Run, session: &Dialled, now: mqtt_proto::Instant) -> Option<String> {
        session.connected?;
        let key = (run.log().end(), self.language);
        let mut known = self.link.twin.borrow_mut();
        if let Some((_, said)) = known.as_ref().filter(|(known, _)| *known == key) {
            return said.clone();
        }
        let said = run.beside_twin(now).map(|(twin, compared)| {
            text::link_twin(self.language, run.log(), twin.log(), compared)
        });
        *known = Some((key, said.clone()));
        said
    }

    pub(in crate::model) fn link_gates(&self, run: &Run) -> Option<GatesView> {
        if self.guests_here().is_some_and(|it| it.is_watching) {
            return None;
        }
        let head = run.head();
        let links = self.gated(run);
        let mut view = GatesView {
            out: (false, 0),
            into: (false, 0),
            next: (None, None),
            is_cut: false,
        };
        for link in links.iter().copied() {
            let (into, out) = head.gates(link);
            let (waiting_in, waiting_out) = head.held_packets(link);
            view.out = (view.out.0 || out, view.out.1 + waiting_out);
            view.into = (view.into.0 || into, view.into.1 + waiting_in);
            view.is_cut |= head.is_cut(link);
        }
        if let Some(guests) = self.guests_here() {
            (view.out.0, view.into.0) = guests.holds();
        }
        if view.out.1 + view.into.1 == 0 {
            return Some(view);
        }
        // The oldest that waits comes first.
        let log = run.log();
        let in_flight = log.in_flight(log.end());
        for (_, _, flight) in in_flight.filter(|(_, _, it)| links.contains(&it.link)) {
            let name = flight.packet().map(|it| it.packet_type().name().to_owned());
            let is_out = flight.sender == mqtt_proto::Sender::Client;
            let (gate, next) = match is_out {
                true => (view.out, &mut view.next.0),
                false => (view.into, &mut view.next.1),
            };
            if gate.1 > 0 && next.is_none() {
                *next = name;
            }
        }
        Some(view)
    }

    /// What went wrong on the way to a broker, and in how many seconds it is tried again.
    pub(in crate::model) fn trouble(
        &self,
        trouble: &Trouble,
        session: Option<&Dialled>,
        form: &LinkForm,
        next: Option<u64>,
    ) -> TroubleView {
        let address = match session {
            Some(session) => Some(session.address.clone()),
            None => form.address().ok(),
        };
        // A report has what is said here.
        let address = address.map(Address::without_query);
        let url = without_query(session.map_or(form.url.as_str(), Dialled::url));
        let tries = session.map_or(0, |it| it.tries);
        let (title, known, steps) =
            text::link_trouble(self.language, trouble, address.as_ref(), url);
        TroubleView {
            title,
            known,
            steps,
            port: address
                .as_ref()
                .filter(|it| {
                    it.is_plain_mqtt_port()
                        && matches!(trouble, Trouble::NotOpened | Trouble::Silence)
                })
                .map(Address::likely_port),
            tries: text::link_tries(self.language, tries, next),
        }
    }

    /// What went wrong as a text to pass on: without what the user typed as a name or password.
    pub(super) fn live_report(&self) -> Option<String> {
        use std::fmt::Write;
        let view = self.link();
        let trouble = view.trouble?;
        let session = self.dialled();
        let mut report = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(report, "{}", trouble.title);
        let _ = writeln!(report, "{}", trouble.known);
        let url = session.map_or(self.link.form.url.as_str(), Dialled::url);
        let _ = writeln!(report, "{}", without_query(url));
        for (step, code) in &trouble.steps {
            let _ = writeln!(report, "- {step}");
            for line in code.iter().flat_map(|it| it.lines()) {
                let _ = writeln!(report, "    {line}");
            }
        }
        if let Some(run) = self.live_run() {
            let log = run.log();
            let _ = writeln!(report);
            let first = log.end().0.saturating_sub(200);
            for record in log.records_between(Cursor(first), log.end()) {
                let _ = writeln!(report, "{}", log.line(record.id));
            }
        }
        Some(report)
    }
}
