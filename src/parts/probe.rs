//! What a real broker supports: a report of small conversations, with the packets that prove each row.

use super::broker::glyph;
use super::{icon, use_language};
use playground::Action;
use playground::live::LiveAction;
use playground::probe::ProbeAction;
use playground::probe::view::{ProbeRow, ProbeVerdict, ProbeView};
use playground::text;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ProbeProps {
    pub(crate) view: ProbeView,
    pub(crate) dispatch: Callback<Action>,
}

/// The card with the report.
#[component]
pub(crate) fn Probe(ProbeProps { view, dispatch }: &ProbeProps) -> Html {
    let language = use_language();
    let on = |action: ProbeAction| {
        dispatch.reform(move |_: MouseEvent| Action::Live(LiveAction::Probe(action)))
    };
    let (word, action) = match view.is_running {
        true => (text::PROBE_END, ProbeAction::End),
        false => (text::PROBE_BEGIN, ProbeAction::Begin),
    };
    let row = |row: &ProbeRow| {
        let mark = match row.verdict {
            ProbeVerdict::Yes => icon("check"),
            ProbeVerdict::No => glyph("fault"),
            ProbeVerdict::Partly | ProbeVerdict::Told | ProbeVerdict::NotSeen => glyph("ctl"),
        };
        let packets = row.packets.iter().map(|(line, bytes)| {
            html! { <li>{ line }<code>{ bytes }</code></li> }
        });
        html! {
            <li>
                { mark }
                <div>
                    <p><b>{ &row.name }</b>{ " · " }{ row.word }</p>
                    <p>{ &row.finding }</p>
                    <details><summary>{ text::PROBE_PACKETS.to(language) }<span class="vh">{ " " }{ &row.name }</span></summary><ol class="proof">{ for packets }</ol></details>
                </div>
            </li>
        }
    };
    html! {
        <section class="card stack" aria-labelledby="h-probe">
            <h2 class="h2" id="h-probe">{ text::PROBE_TITLE.to(language) }</h2>
            <p class="hint">{ text::PROBE_HINT.to(language) }</p>
            if let Some(left_out) = &view.left_out { <p class="alert info">{ left_out }</p> }
            <div class="rowx">
                <button class="btn" onclick={on(action)}>{ word.to(language) }</button>
                if !view.rows.is_empty() && !view.is_running {
                    <button class="btn" onclick={on(ProbeAction::Save)}>{ text::PROBE_SAVE.to(language) }</button>
                }
                <span class="muted" role="status">{ &view.progress }</span>
            </div>
            if !view.rows.is_empty() { <ul class="report">{ for view.rows.iter().map(row) }</ul> }
        </section>
    }
}
