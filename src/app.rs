//! The root component: owns the model, carries out its commands, hands its views to the parts.

use crate::effects::{self, Effects};
use crate::parts::{
    Bar, Board, BoardStrip, Broker, Builder, Caption, Class, ClassStrip, Dock, Futures, Help,
    Ladder, LiveStrip, Lobby, Map, More, PacketPane, Palette, Print, Rail, Splits, State, Tabs,
    Toast, Top, Worlds,
};
use playground::action::Tab;
use playground::route::Screen;
use playground::text::Language;
use playground::{Action, Command, CoverView, FrameView, Playground, Shared, text};
use yew::prelude::*;

/// The page.
pub(crate) struct App {
    playground: Playground,
    effects: Effects,
    /// What can be done only when the page shows what the commands speak of.
    after_rendering: Vec<Command>,
    dispatch: Callback<Action>,
}

impl App {
    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Focus(id) => {
                    // What is there already takes the next key, however long rendering takes.
                    effects::focus(&id);
                    self.after_rendering.push(Command::Focus(id));
                }
                Command::ScrollLadder(_) | Command::FocusByte(_) | Command::FocusField(_) => {
                    self.after_rendering.push(command)
                }
                command => self.effects.carry_out(command, &self.dispatch),
            }
        }
    }
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let dispatch = ctx.link().callback(|action| action);
        let playground = Playground::new(effects::measure(), effects::preferred_theme());
        let mut app = Self {
            playground,
            effects: Effects::new(&dispatch),
            after_rendering: Vec::new(),
            dispatch,
        };
        let appear = app.playground.appear();
        app.carry_out(vec![appear]);
        Component::update(&mut app, ctx, Action::Begin(effects::start()));
        app
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        let turn = self.playground.at(effects::live::now(), action);
        self.carry_out(turn.commands);
        turn.is_seen
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        for command in std::mem::take(&mut self.after_rendering) {
            self.effects.carry_out(command, &self.dispatch);
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let page = &self.playground;
        let dispatch = &self.dispatch;
        let frame = page.frame();
        let skip = dispatch.reform(|event: MouseEvent| {
            event.prevent_default();
            Action::SkipToMain
        });
        // The dark screen hides what covers the page, too.
        let cover = page.cover().filter(|_| !frame.blank);
        // What is covered is out of reach for pointer, keys and screen readers alike.
        let inert = cover.is_some();
        html! {
            <ContextProvider<Language> context={page.language()}>
            <a class="skip" {inert} href={format!("#{}", frame.place.main_id())} onclick={skip}>{ text::SKIP_TO_MAIN.to(page.language()) }</a>
            <div {inert} class={classes!("app", if frame.screen.has_run() { "run" } else { "page" }, frame.blank.then_some("blank"))}
                data-tab={effects::tab_name(frame.tab)} data-place={frame.place.word()} data-level={frame.level.name()} data-study={page.study_tab().word()}>
                <Top view={frame.clone()} dispatch={dispatch.clone()} />
                <Rail view={frame.clone()} />
                {
                    match frame.screen {
                        Screen::Lessons => html! { <Lobby view={page.lobby()} dispatch={dispatch.clone()} /> },
                        Screen::Play => self.play(&frame),
                        Screen::Futures => html! {
                            <Futures map={page.cut_map()} without_map={page.why_no_cut_map()} has_futures={!page.shows_capture()} pair={page.pair()} is_silent={page.is_too_fast_to_read()} language={page.language()} dispatch={dispatch.clone()} />
                        },
                        Screen::Builder => self.sandbox(&frame),
                        Screen::Worlds => html! { <Worlds view={page.sandbox()} language={page.language()} dispatch={dispatch.clone()} /> },
                        Screen::Broker => html! { <Broker view={page.link()} probe={page.probe()} guests={page.guests()} bridge={page.bridge()} dispatch={dispatch.clone()} /> },
                        Screen::Board => html! { <Board view={page.board()} dispatch={dispatch.clone()} /> },
                        Screen::Class => html! { <Class view={page.class()} dispatch={dispatch.clone()} /> },
                    }
                }
                if frame.blank { <button class="blank-note" onclick={dispatch.reform(|_| Action::ToggleBlank)}>{ text::BLANK_BACK.to(page.language()) }</button> }
                if let Some((still, moving)) = page.print() { <Print {still} {moving} /> }
            </div>
            // What is said is said over what covers the page, too.
            <Toast notice={page.notice().cloned()} language={page.language()} dispatch={dispatch.clone()} />
            {
                match cover {
                    Some(CoverView::Help) => html! { <Help dispatch={dispatch.clone()} /> },
                    Some(CoverView::More) => html! { <More view={frame.clone()} dispatch={dispatch.clone()} /> },
                    Some(CoverView::Palette(view)) => html! { <Palette {view} dispatch={dispatch.clone()} /> },
                    None => html! {},
                }
            }
            </ContextProvider<Language>>
        }
    }
}

impl App {
    /// A world that is built: its map and its ladder beside the forms.
    ///
    /// By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn sandbox(&self, frame: &Shared<FrameView>) -> Html {
        let page = &self.playground;
        let dispatch = &self.dispatch;
        html! {
            <>
            <Tabs tab={frame.tab} level={frame.level} is_building=true dispatch={dispatch.clone()} />
            <Map still={page.map_still()} moving={page.map_moving()} menu={page.menu()} theme={frame.theme} main={frame.main} can_build=true dispatch={dispatch.clone()} />
            <Ladder still={page.ladder_still()} moving={page.ladder_moving()} list={page.list()} packet={page.packet()}
                frame={frame.clone()} filter={page.filter()} lanes={page.lanes()} faint={page.faint()} dispatch={dispatch.clone()} />
            <Splits frame={frame.clone()} dispatch={dispatch.clone()} />
            <Builder view={page.sandbox()} script={page.script()} language={page.language()} is_main={frame.main == Tab::Explain} dispatch={dispatch.clone()} />
            <Caption view={page.explain()} dispatch={dispatch.clone()} />
            <Bar view={page.timeline()} clock={page.clock()} stops={page.stops()} running={page.running()} dispatch={dispatch.clone()} />
            </>
        }
    }

    /// The main screen.
    fn play(&self, frame: &Shared<FrameView>) -> Html {
        let page = &self.playground;
        let dispatch = &self.dispatch;
        let explain = page.explain();
        let packet = page.packet();
        html! {
            <>
            <Tabs tab={frame.tab} level={frame.level} is_building=false dispatch={dispatch.clone()} />
            <Map still={page.map_still()} moving={page.map_moving()} menu={page.menu()} theme={frame.theme} main={frame.main} can_build=false is_untouched={frame.undo.is_none() && frame.redo.is_none() && !page.shows_capture()} dispatch={dispatch.clone()} />
            <Ladder still={page.ladder_still()} moving={page.ladder_moving()} list={page.list()} packet={packet.clone()}
                frame={frame.clone()} filter={page.filter()} lanes={page.lanes()} faint={page.faint()} dispatch={dispatch.clone()} />
            if frame.level.shows_details() {
                <State view={page.state()} study={page.study()} script={page.script()} main={frame.main} dispatch={dispatch.clone()} />
                <PacketPane view={packet} list={page.packets()} main={frame.main} dispatch={dispatch.clone()} />
            }
            <Splits frame={frame.clone()} dispatch={dispatch.clone()} />
            <Dock view={explain.clone()} is_silent={page.is_too_fast_to_read()} level={frame.level} main={frame.main} lesson={page.lesson()} why={page.why()} language={page.language()} dispatch={dispatch.clone()} />
            <div class="strips">
                <LiveStrip view={page.live_strip()} dispatch={dispatch.clone()} />
                { page.board_strip().map(|view| html! { <BoardStrip {view} dispatch={dispatch.clone()} /> }) }
                { page.class_strip().map(|view| html! { <ClassStrip {view} dispatch={dispatch.clone()} /> }) }
            </div>
            <Caption view={explain} asks={page.has_question()} dispatch={dispatch.clone()} />
            <Bar view={page.timeline()} clock={page.clock()} stops={page.stops()} running={page.running()} dispatch={dispatch.clone()} />
            </>
        }
    }
}
