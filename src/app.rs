//! The root component: owns the model, carries out its commands, hands its views to the parts.

use crate::effects::{self, Effects};
use crate::parts::{Bar, Caption, Dock, Ladder, Map, PacketPane, State, Tabs, Top};
use playground::{Action, Command, Playground};
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
                Command::ScrollLadder(_) | Command::FocusByte(_) | Command::FocusField(_) => {
                    self.after_rendering.push(command);
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
        app
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        let commands = self.playground.update(action);
        self.carry_out(commands);
        true
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
        let explain = page.explain();
        let packet = page.packet();
        html! {
            <>
            <a class="skip" href="#ladder">{ "Skip to the ladder" }</a>
            <div class={classes!("app", frame.blank.then_some("blank"))} data-tab={effects::tab_name(frame.tab)}>
                <Top view={frame.clone()} dispatch={dispatch.clone()} />
                <Tabs tab={frame.tab} dispatch={dispatch.clone()} />
                <Map still={page.map_still()} moving={page.map_moving()} theme={frame.theme} dispatch={dispatch.clone()} />
                <Ladder still={page.ladder_still()} moving={page.ladder_moving()} list={page.list()} packet={packet.clone()}
                    is_list={frame.is_list} dispatch={dispatch.clone()} />
                <State view={page.state()} dispatch={dispatch.clone()} />
                <PacketPane view={packet} list={page.packets()} dispatch={dispatch.clone()} />
                <Dock view={explain.clone()} is_silent={page.is_too_fast_to_read()} dispatch={dispatch.clone()} />
                <Caption view={explain} />
                <Bar view={page.timeline()} clock={page.clock()} dispatch={dispatch.clone()} />
            </div>
            </>
        }
    }
}
