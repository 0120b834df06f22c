//! The sandbox: forms that build a world, drawn from data. What they are made of, the model says.

use super::{Part, Script, icon};
use crate::effects;
use playground::sandbox::{
    Choice, Edit, EditorView, Field, GroupView, Input, LineView, LinkView, List, SECTIONS,
    SandboxAction, SandboxView,
};
use playground::script::ScriptView;
use playground::text::{self, Language, Phrase};
use playground::{Action, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct SandboxProps {
    pub(crate) view: Shared<SandboxView>,
    pub(crate) language: Language,
    pub(crate) dispatch: Callback<Action>,
}

/// The worlds to choose from and to begin with.
#[component]
pub(crate) fn Worlds(
    SandboxProps {
        view,
        language,
        dispatch,
    }: &SandboxProps,
) -> Html {
    let t = |phrase: Phrase| phrase.to(*language);
    let act = |action: SandboxAction| dispatch.reform(move |_| Action::Sandbox(action.clone()));
    let worlds = view.worlds.iter().map(|(title, fragment)| {
        html! { <li><a class="les" href={fragment.clone()}><span class="n"></span><bdi><b>{ title }</b></bdi></a></li> }
    });
    let templates = view.templates.iter().enumerate().map(|(index, name)| {
        html! { <button class="btn" onclick={act(SandboxAction::New(index))}>{ *name }</button> }
    });
    let open = view.open.as_ref().map(|title| {
        html! {
            <button class="btn" onclick={act(SandboxAction::FromOpen)}><bdi>{ text::from_open(*language, title) }</bdi></button>
        }
    });
    html! {
        <main class="lobby" id="sandbox" tabindex="-1">
            <div class="wrap sb-worlds">
                <h2 class="h1">{ t(text::SANDBOX_TITLE) }</h2>
                <p class="lead">{ t(text::SANDBOX_LEAD) }</p>
                <section aria-labelledby="h-new"><h3 class="h2" id="h-new">{ t(text::SANDBOX_NEW) }</h3><div class="sb-new">{ for templates }{ open }</div></section>
                if !view.worlds.is_empty() {
                    <section class="chap" aria-labelledby="h-worlds"><h3 class="h2" id="h-worlds">{ t(text::SANDBOX_WORLDS) }</h3><ol>{ for worlds }</ol></section>
                }
            </div>
        </main>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct BuilderProps {
    pub(crate) view: Shared<SandboxView>,
    pub(crate) script: Shared<ScriptView>,
    pub(crate) language: Language,
    pub(crate) is_main: bool,
    pub(crate) dispatch: Callback<Action>,
}

/// The editor of the world that is open.
#[component]
pub(crate) fn Builder(props: &BuilderProps) -> Html {
    let Some(editor) = &props.view.editor else {
        return Html::default();
    };
    let part = Part::new(props.language, &props.dispatch, Action::Sandbox);
    let t = |phrase| part.t(phrase);
    let sections = SECTIONS.into_iter().map(|section| {
        let onchange = part.on(SandboxAction::Show(section));
        html! { <label><input type="radio" name="section" checked={section == editor.section} {onchange} />{ t(text::sandbox_section(section)) }</label> }
    });
    let is_world = editor.parts.len() > 1 || editor.section == SECTIONS[0];
    html! {
        <section class="pane build" id="dock" tabindex="-1" role={if props.is_main { "main" } else { "complementary" }} aria-labelledby="h-sb">
            <header>
                <h2 id="h-sb">{ t(text::SANDBOX_TITLE) }</h2><span class="sp"></span>
                <a class="btn ghost" href={editor.walk.clone()}>{ t(text::SANDBOX_WALK) }{ icon("next") }</a>
                <button class="btn ghost" onclick={part.on(SandboxAction::Leave)}>{ t(text::SANDBOX_LEAVE) }</button>
            </header>
            <div class="seg sb-sections" role="radiogroup" aria-label={t(text::SANDBOX_SECTIONS)}>{ for sections }</div>
            <div class="body" id="sandbox" tabindex="-1">
                if let Some(text) = &editor.text { { part.text(editor, text) } } else {
                    { part.fault(editor) }
                    if editor.section == SECTIONS[0] && is_world { { part.parts(editor) } }
                    if editor.has_script && !props.script.boards.is_empty() { <Script view={props.script.clone()} has_heading={true} dispatch={props.dispatch.clone()} /> }
                    if editor.is_empty && editor.section != SECTIONS[3] { <p class="sb-hint" role="status">{ t(text::SANDBOX_EMPTY) }</p> }
                    { for editor.groups.iter().map(|group| part.group(group)) }
                    { editor.link.as_ref().map(|link| part.link(link)) }
                    if editor.section == SECTIONS[0] { { part.foot(editor) } }
                }
                { for editor.lists.iter().map(datalist) }
            </div>
        </section>
    }
}

const fn list_id(list: List) -> Option<&'static str> {
    match list {
        List::Nothing => None,
        List::Nodes => Some("sb-nodes"),
        List::Devices => Some("sb-devices"),
        List::Brokers => Some("sb-brokers"),
        List::Links => Some("sb-links"),
        List::Topics => Some("sb-topics"),
    }
}

/// How much room a word takes: names are longer than numbers, and topics are longer than names.
const fn width(list: List) -> Option<&'static str> {
    match list {
        List::Nothing => None,
        List::Nodes | List::Devices | List::Brokers => Some("of-name"),
        List::Topics => Some("of-topic"),
        List::Links => Some("wide"),
    }
}

fn datalist((list, words): &(List, Vec<String>)) -> Html {
    html! { <datalist id={list_id(*list)}>{ for words.iter().map(|word| html! { <option value={word.clone()} /> }) }</datalist> }
}

impl Part<'_, SandboxAction> {
    /// Makes a change of what an event says, if it says something.
    fn edits(&self, edit: impl Fn(&Event) -> Option<Edit> + 'static) -> Callback<Event> {
        let dispatch = self.dispatch.clone();
        Callback::from(move |event: Event| {
            if let Some(edit) = edit(&event) {
                dispatch.emit(Action::Sandbox(SandboxAction::Edit(edit)));
            }
        })
    }

    fn fault(&self, editor: &EditorView) -> Html {
        let Some((line, column, why)) = &editor.fault else {
            return Html::default();
        };
        let is_shown = editor
            .groups
            .iter()
            .any(|group| group.lines.iter().any(|it| it.fault.is_some()));
        html! {
            <p class="fault">
                if !is_shown { <b>{ text::fault_place(self.language, *line, *column) }</b>{ " " }<bdi>{ why }</bdi>{ " " } }
                { self.t(text::SANDBOX_LAST_GOOD) }
            </p>
        }
    }

    /// Which node is shown, and new ones.
    fn parts(&self, editor: &EditorView) -> Html {
        let show =
            self.with(|event: Event| SandboxAction::ShowPart(effects::chosen(&event).unwrap_or(0)));
        let options = editor.parts.iter().enumerate().map(|(index, name)| {
            html! { <option selected={index == editor.part}>{ name }</option> }
        });
        let kinds = editor.blueprints.clone();
        let add = move |event: &Event| {
            let (name, _) = kinds.get(effects::chosen(event)?.checked_sub(1)?)?;
            Some(Edit::AddNode(name.clone()))
        };
        html! {
            <div class="sb-row">
                <label class="field"><span>{ self.t(text::SANDBOX_PART) }</span><select class="btn" onchange={show}>{ for options }</select></label>
                { self.chooser(text::SANDBOX_ADD_NODE, editor.blueprints.iter().map(|(_, name)| name.as_str()), &[], add) }
            </div>
        }
    }

    /// A list of things to add, under their headings. Its first entry says so, and is there again when one was chosen.
    fn chooser<'a>(
        &self,
        label: Phrase,
        names: impl Iterator<Item = &'a str>,
        shelves: &[(&'static str, usize)],
        edit: impl Fn(&Event) -> Option<Edit> + 'static,
    ) -> Html {
        let label = self.t(label);
        let onchange = self.edits(move |event| {
            let edit = edit(event);
            effects::choose_first(event);
            edit
        });
        let mut options = names.map(|name| html! { <option>{ name.to_owned() }</option> });
        let shelved: Html = shelves
            .iter()
            .map(|(name, count)| html! { <optgroup label={*name}>{ for options.by_ref().take(*count) }</optgroup> })
            .collect();
        html! {
            <select class="btn sb-add" aria-label={label} {onchange}>
                <option selected=true>{ label }</option>
                { shelved }
                { for options }
            </select>
        }
    }

    fn adds(
        &self,
        label: Phrase,
        adds: &[(String, Choice)],
        shelves: &[(&'static str, usize)],
        edit: impl Fn(Choice) -> Option<Edit> + 'static,
    ) -> Html {
        if adds.is_empty() {
            return Html::default();
        }
        let choices: Vec<Choice> = adds.iter().map(|(_, choice)| *choice).collect();
        let chosen = move |event: &Event| {
            let choice = choices.get(effects::chosen(event)?.checked_sub(1)?)?;
            edit(*choice)
        };
        self.chooser(
            label,
            adds.iter().map(|(name, _)| name.as_str()),
            shelves,
            chosen,
        )
    }

    fn group(&self, group: &GroupView) -> Html {
        let page = group.page.map(|page| {
            let button = |label: Phrase, by: isize, is_end: bool| {
                html! { <button class="btn" aria-disabled={is_end.then_some("true")} onclick={self.on(SandboxAction::Page(by))}>{ self.t(label) }</button> }
            };
            let (from, to, of) = page;
            html! {
                <div class="sb-row"><span>{ text::lines_shown(self.language, page) }</span>
                { button(text::SANDBOX_EARLIER, -1, from <= 1) }{ button(text::SANDBOX_LATER, 1, to >= of) }</div>
            }
        });
        let own = group.clone();
        html! {
            <section class="sb-group" aria-label={group.title.clone()}>
                <h3>{ &group.title }</h3>
                <div class="sb-lines">{ for group.lines.iter().map(|line| self.line(line)) }</div>
                { page }
                { self.adds(text::SANDBOX_ADD, &group.adds, &group.shelves, move |choice| Some(own.add(choice))) }
            </section>
        }
    }

    fn line(&self, line: &LineView) -> Html {
        let at = line.line;
        let kinds = line.kinds.iter().enumerate().map(|(index, (kinds, now))| {
            let choices: Vec<Choice> = kinds.iter().map(|(_, choice)| *choice).collect();
            let onchange = self
                .edits(move |event| Some(Edit::Kind(at, *choices.get(effects::chosen(event)?)?)));
            let options = kinds.iter().enumerate().map(|(index, (name, _))| {
                html! { <option selected={index == *now}>{ name }</option> }
            });
            let is_moment = index == 0 && line.kinds.len() > 1;
            let label = self.t(if is_moment {
                text::SANDBOX_MOMENT
            } else {
                text::SANDBOX_KIND
            });
            html! { <select class="btn" aria-label={label} {onchange}>{ for options }</select> }
        });
        let fault_id = format!("sb-fault-{at}");
        let fields = line.fields.iter();
        let fields = fields.map(|field| self.field(at, field, &fault_id));
        let raw = line.raw.as_ref().map(|raw| {
            let onchange = self.edits(move |event| Some(Edit::Line(at, effects::entered(event))));
            html! {
                <label class="field wide"><span>{ self.t(text::SANDBOX_RAW) }</span>
                <input class="mono" type="text" spellcheck="false" autocomplete="off" value={raw.clone()} {onchange}
                    aria-invalid={line.fault.is_some().then_some("true")} aria-describedby={line.fault.is_some().then(|| fault_id.clone())} /></label>
            }
        });
        let own = line.clone();
        let toggle = self.t(if line.raw.is_some() {
            text::SANDBOX_AS_FORM
        } else {
            text::SANDBOX_AS_TEXT
        });
        html! {
            <div class={classes!("sb-line", (line.depth > 0).then(|| format!("in-{}", line.depth.min(2))), line.fault.is_some().then_some("is-bad"))} key={at} role="group" aria-label={line.name.clone()}>
                <div class="sb-head">
                    if line.kinds.is_empty() { <strong>{ &line.name }</strong> } else { { for kinds } }
                    <span class="sp"></span>
                    if line.has_form {
                        <button class="btn ghost icon" aria-label={toggle} title={toggle} onclick={self.on(SandboxAction::ToggleRaw(at))}>{ "</>" }</button>
                    }
                    if line.can_go {
                        <button class="btn ghost icon" aria-label={format!("{}: {}", self.t(text::SANDBOX_REMOVE), line.name)} title={self.t(text::SANDBOX_REMOVE)}
                            onclick={self.on(SandboxAction::Edit(Edit::Remove(at)))}>{ icon("close") }</button>
                    }
                </div>
                <div class={classes!("sb-fields", (line.kinds.is_empty() && line.fields.len() + usize::from(raw.is_some()) == 1).then_some("one"))}>{ for fields }{ raw }</div>
                if let Some(fault) = &line.fault { <p class="fault" id={fault_id} role="alert"><bdi>{ fault }</bdi></p> }
                if let Some(note) = &line.note {
                    <p class={classes!("sb-note", (!note.is_met).then_some("is-not"))}>{ icon(if note.is_met { "check" } else { "close" }) }<bdi>{ &note.text }</bdi></p>
                }
                { self.adds(text::SANDBOX_ADD_BELOW, &line.adds, &[], move |choice| own.add(choice)) }
            </div>
        }
    }

    fn field(&self, line: usize, field: &Field, fault_id: &str) -> Html {
        let invalid = field.is_wrong.then_some("true");
        let described = field.is_wrong.then(|| fault_id.to_owned());
        let slot = field.slot;
        let set = move |value: String| Some(Edit::Slot(line, slot, value));
        let onchange = match &field.input {
            Input::Flag => self.edits(move |event| {
                set(if effects::is_checked(event) {
                    "yes"
                } else {
                    ""
                }
                .to_owned())
            }),
            Input::Choice(all) => {
                let all = all.clone();
                self.edits(move |event| set(all.get(effects::chosen(event)?)?.0.clone()))
            }
            Input::Word(_) | Input::Long => self.edits(move |event| set(effects::entered(event))),
        };
        let label = field.label.clone();
        match &field.input {
            Input::Flag => html! {
                <label class="check"><input type="checkbox" checked={!field.value.is_empty()} {onchange} />{ label }</label>
            },
            Input::Choice(all) => {
                let options = all.iter().map(|(it, name)| {
                    let name = match (it.is_empty(), field.unsaid) {
                        (false, _) => name,
                        (true, "") => self.t(text::SANDBOX_NOT_SAID),
                        (true, unsaid) => unsaid,
                    };
                    html! { <option selected={*it == field.value}>{ name.to_owned() }</option> }
                });
                html! {
                    <label class="field"><span>{ label }</span><select class="btn" {onchange} aria-invalid={invalid} aria-describedby={described}>{ for options }</select></label>
                }
            }
            Input::Long => html! {
                <label class="field wide"><span>{ label }</span><textarea rows="2" value={field.value.replace("\\n", "\n")} {onchange} aria-invalid={invalid} aria-describedby={described} /></label>
            },
            Input::Word(list) => html! {
                <label class={classes!("field", width(*list))}><span>{ label }</span><input type="text" spellcheck="false" autocomplete="off" placeholder={field.unsaid} list={list_id(*list)} value={field.value.clone()} {onchange}
                    aria-invalid={invalid} aria-describedby={described} /></label>
            },
        }
    }

    fn link(&self, link: &LinkView) -> Html {
        let current = link.current.map(|(broker, _)| broker);
        let line = link.current.map(|(_, line)| line);
        let (device, brokers) = (link.device.clone(), link.brokers.clone());
        let onchange = self.edits(move |event| match effects::chosen(event)?.checked_sub(1) {
            Some(broker) => Some(Edit::Link(device.clone(), brokers.get(broker)?.clone())),
            None => line.map(Edit::Remove),
        });
        let options = link.brokers.iter().enumerate().map(|(index, name)| {
            html! { <option selected={current == Some(index)}>{ name }</option> }
        });
        html! {
            <label class="field"><span>{ self.t(text::SANDBOX_LINKED_TO) }</span>
                <select class="btn" {onchange}><option selected={current.is_none()}>{ self.t(text::SANDBOX_NOT_LINKED) }</option>{ for options }</select>
            </label>
        }
    }

    fn foot(&self, editor: &EditorView) -> Html {
        let forget = if editor.is_leaving {
            text::SANDBOX_FORGET_REALLY
        } else {
            text::SANDBOX_FORGET
        };
        html! {
            <div class="sb-foot">
                <p class="muted">{ self.t(text::SANDBOX_MAP) }</p>
                if let Some(node) = editor.node {
                    <button class="btn" onclick={self.on(SandboxAction::Edit(Edit::Remove(node)))}>{ self.t(text::SANDBOX_REMOVE_NODE) }</button>
                } else {
                    <button class="btn" onclick={self.on(SandboxAction::Forget)}>{ self.t(forget) }</button>
                }
            </div>
        }
    }

    /// The whole world as text.
    fn text(&self, editor: &EditorView, written: &str) -> Html {
        let oninput = self.with(|event: InputEvent| SandboxAction::Type(effects::entered(&event)));
        let onchange = self.edits(|event| Some(Edit::Text(effects::entered(event))));
        let onkeydown = {
            let dispatch = self.dispatch.clone();
            Callback::from(move |event: KeyboardEvent| {
                if event.key() == "Enter" && event.ctrl_key() {
                    event.prevent_default();
                    let text = effects::entered(&event);
                    dispatch.emit(Action::Sandbox(SandboxAction::Edit(Edit::Text(text))));
                }
            })
        };
        let said = match &editor.fault {
            Some((line, column, why)) => html! {
                <p class="fault" id="sb-text-fault" role="alert"><b>{ text::fault_place(self.language, *line, *column) }</b>{ " " }<bdi>{ why }</bdi>{ " " }{ self.t(text::SANDBOX_LAST_GOOD) }</p>
            },
            None => {
                let said = if editor.is_waiting {
                    text::SANDBOX_TEXT_WAITS
                } else {
                    text::SANDBOX_TEXT_GOOD
                };
                html! { <p class="muted" role="status">{ self.t(said) }</p> }
            }
        };
        html! {
            <div class="sb-text">
                <textarea class="mono" spellcheck="false" autocomplete="off" wrap="off" aria-label={self.t(text::SANDBOX_TEXT)} value={written.to_owned()} {oninput} {onchange} {onkeydown}
                    aria-invalid={editor.fault.is_some().then_some("true")} aria-describedby={editor.fault.is_some().then_some("sb-text-fault")} />
                { said }
                if !editor.warnings.is_empty() {
                    <ul class="sb-warnings" role="status">{ for editor.warnings.iter().map(|(line, why)| html! { <li><b>{ text::line_place(self.language, *line) }</b>{ " " }{ *why }</li> }) }</ul>
                }
            </div>
        }
    }
}
