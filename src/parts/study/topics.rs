//! The topics of a broker as a tree, and whom a message to one of them would reach.

use super::{act, rule};
use crate::effects;
use playground::Action;
use playground::action::EditAction;
use playground::payload::FORMS;
use playground::study::topics::{SubscriptionRow, TopicDetail, TopicRow, TopicsView};
use playground::study::{StudyAction, Walk};
use playground::text::{self, Language};
use yew::prelude::*;

/// Deeper rows are not set in further.
const DEPTH_MAX: usize = 8;

pub(super) fn topics(language: Language, view: &TopicsView, dispatch: &Callback<Action>) -> Html {
    let oninput = dispatch
        .reform(|event: InputEvent| Action::Study(StudyAction::TypeTopic(effects::typed(&event))));
    html! {
        <div class="topics">
            <div class="topic-side">
                <label class="field"><span>{ text::TOPIC_FIELD.to(language) }</span>
                    <input class="mono" type="text" spellcheck="false" autocomplete="off" autocapitalize="off" maxlength="1024"
                        placeholder={text::TOPIC_HINT.to(language)} value={view.typed.clone()} {oninput} />
                </label>
                { tree(language, view, dispatch) }
            </div>
            <div class="topic-detail" aria-live="polite">
                if let Some(it) = &view.detail { { detail(language, it, dispatch) } } else { <p class="muted">{ text::TOPIC_CHOOSE.to(language) }</p> }
            </div>
        </div>
    }
}

fn tree(language: Language, view: &TopicsView, dispatch: &Callback<Action>) -> Html {
    if view.rows.is_empty() {
        let why = view.left_out.as_deref();
        return html! { <p class="muted">{ why.unwrap_or(text::TOPIC_NONE.to(language)).to_owned() }</p> };
    }
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() {
                return;
            }
            let walk = match event.key().as_str() {
                "ArrowDown" => Walk::By(1),
                "ArrowUp" => Walk::By(-1),
                "ArrowRight" => Walk::In,
                "ArrowLeft" => Walk::Out,
                "Home" => Walk::First,
                "End" => Walk::Last,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            dispatch.emit(Action::Study(StudyAction::WalkTopics(walk)));
        })
    };
    html! {
        <>
        <ul class="topic-tree" role="tree" aria-label={text::TOPIC_TREE.to(language)} {onkeydown}>
            { for view.rows.iter().enumerate().map(|(place, it)| row(language, place, it, dispatch)) }
        </ul>
        if let Some(left_out) = &view.left_out { <p class="muted">{ left_out }</p> }
        </>
    }
}

fn row(language: Language, place: usize, view: &TopicRow, dispatch: &Callback<Action>) -> Html {
    let toggle = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            dispatch.emit(Action::Study(StudyAction::ToggleTopic(place)));
        })
    };
    let twist = match view.is_open {
        Some(true) => "▾",
        Some(false) => "▸",
        None => "",
    };
    html! {
        <li id={text::topic_id(place)} class={classes!(format!("d{}", view.level.min(DEPTH_MAX)), view.is_selected.then_some("is-selected"))} role="treeitem" aria-level={view.level.to_string()}
            aria-expanded={view.is_open.map(|it| it.to_string())} aria-selected={view.is_selected.to_string()}
            title={view.sentence.clone()} tabindex={if view.is_focus { "0" } else { "-1" }}
            onclick={act(dispatch, StudyAction::ChooseTopic(place))}>
            <span class="vh">{ &view.sentence }</span>
            <span class="twist" aria-hidden="true" onclick={toggle}>{ twist }</span>
            <span class="name mono" aria-hidden="true">{ if view.label.is_empty() { "∅" } else { &view.label } }</span>
            if let Some(value) = &view.retained { <span class="value mono" aria-hidden="true">{ "⌖ " }{ value }</span> }
            <span class="num muted" aria-hidden="true">{ if view.messages > 0 { format!("{}×", view.messages) } else { String::new() } }</span>
            <span class="num muted" aria-hidden="true" title={text::subscribers(language, view.subscribers)}>{ format!("→ {}", view.subscribers) }</span>
        </li>
    }
}

fn detail(language: Language, view: &TopicDetail, dispatch: &Callback<Action>) -> Html {
    if let Some((fault, why)) = &view.fault {
        return html! { <p class="fault"><code>{ &view.topic }</code>{ " " }{ fault }{ " " }{ rule(why.as_ref()) }</p> };
    }
    let retained = view.retained.as_ref().map(|it| {
        let forms = FORMS.map(|form| {
            let onclick = dispatch.reform(move |_: MouseEvent| Action::Edit(EditAction::WritePayload(form)));
            html! { <button aria-pressed={(form == it.payload.form).to_string()} {onclick}>{ text::payload_form(form) }</button> }
        });
        html! {
            <>
            <p class="muted">{ &it.told }</p>
            <div class="seg" role="group" aria-labelledby="h-topic-kept">{ for forms }</div>
            <pre tabindex="0" role="group" aria-labelledby="h-topic-kept">{ &it.payload.shown }</pre>
            if let Some(note) = &it.payload.note { <p class="muted">{ note }</p> }
            </>
        }
    });
    html! {
        <>
        <h3><code>{ &view.topic }</code></h3>
        <h4>{ text::TOPIC_REACHES.to(language) }</h4>
        if view.reaches.is_empty() { <p class="muted">{ text::TOPIC_NOBODY.to(language) }</p> } else { { subscriptions(&view.reaches) } }
        { for view.notes.iter().map(|note| html! { <p class="muted">{ note }</p> }) }
        if !view.misses.is_empty() { <h4>{ text::TOPIC_MISSES.to(language) }</h4>{ subscriptions(&view.misses) } }
        <h4 id="h-topic-kept">{ text::TOPIC_RETAINED.to(language) }</h4>
        { retained.unwrap_or_else(|| html! { <p class="muted">{ text::TOPIC_NOTHING_RETAINED.to(language) }</p> }) }
        </>
    }
}

fn subscriptions(rows: &[SubscriptionRow]) -> Html {
    let row = |it: &SubscriptionRow| {
        html! { <li><strong>{ &it.client }</strong>{ " " }<code>{ &it.filter }</code>{ " " }{ &it.text }{ " " }{ rule(it.rule.as_ref()) }</li> }
    };
    html! { <ul class="subs">{ for rows.iter().map(row) }</ul> }
}
