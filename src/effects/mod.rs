//! The only code that touches the browser: frames, storage, sizes, fonts, focus, keys, the canvas.

pub(crate) mod canvas;
mod class;
mod clock;
mod files;
mod keep;
mod late;
pub(crate) mod live;
mod pack;
mod script;
mod serial;
mod storage;
mod words;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::utils::{document, document_element, window};
use playground::action::{Start, Tab, Theme};
use playground::commands::key;
use playground::level::Level;
use playground::measure::{Face, Measure};
use playground::route::Route;
use playground::text::Language;
use playground::{Action, Command, Edge};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    CanvasRenderingContext2d, Element, Event, HtmlCanvasElement, HtmlElement, HtmlInputElement,
    HtmlSelectElement, HtmlTextAreaElement, PointerEvent, ResizeObserver, SvgElement,
    SvgGraphicsElement,
};
use yew::{BaseComponent, Callback, InputEvent, NodeRef, Renderer};

/// The theme is kept under this name.
const THEME_KEY: &str = "mqtt-playground.theme";
/// The language is kept under this name.
const LANGUAGE_KEY: &str = "mqtt-playground.language";
/// The level is kept under this name.
const LEVEL_KEY: &str = "mqtt-playground.level";
/// The sizes of the panes are kept under this name.
const SIZES_KEY: &str = "mqtt-playground.panes";
/// What the user has made is kept under this name.
const WORKS_KEY: &str = "mqtt-playground.works";

/// Shows the component in the page's place for it.
pub(crate) fn mount<C>()
where
    C: BaseComponent<Properties = ()>,
{
    match document().get_element_by_id("app") {
        Some(root) => Renderer::<C>::with_root(root).render(),
        None => Renderer::<C>::new().render(),
    };
}

/// What goes on between the page and the browser for as long as the page lives.
pub(crate) struct Effects {
    frame: Option<AnimationFrame>,
    /// The time of the last frame, if the one before asked for it.
    last_frame: Rc<RefCell<Option<f64>>>,
    keeper: keep::Keeper,
    /// The file that is opened.
    chosen: files::Chosen,
    sockets: live::Sockets,
    class: class::Link,
    cable: serial::Cable,
    _listeners: Vec<EventListener>,
}

impl Effects {
    /// Listens to keys and to the wish for less motion.
    pub(crate) fn new(dispatch: &Callback<Action>) -> Self {
        let mut listeners = vec![
            listen_to_keys(dispatch),
            listen_to_address(dispatch),
            listen_for_new_version(dispatch),
        ];
        let keeper = keep::Keeper::new(dispatch, &mut listeners);
        let chosen = files::Chosen::default();
        listeners.extend(files::listen_to_drops(&chosen, dispatch));
        if let Ok(Some(query)) = window().match_media("(prefers-reduced-motion: reduce)") {
            dispatch.emit(Action::ReduceMotion(query.matches()));
            let dispatch = dispatch.clone();
            let target = query.clone();
            listeners.push(EventListener::new(&query, "change", move |_| {
                dispatch.emit(Action::ReduceMotion(target.matches()))
            }));
        }
        Self {
            frame: None,
            last_frame: Rc::default(),
            keeper,
            chosen,
            sockets: live::Sockets::default(),
            class: class::Link::default(),
            cable: serial::Cable::default(),
            _listeners: listeners,
        }
    }

    /// Does what the model asks for.
    pub(crate) fn carry_out(&mut self, command: Command, dispatch: &Callback<Action>) {
        match command {
            Command::RequestFrame => self.request_frame(dispatch),
            Command::ScrollLadder(top) => {
                if let Some(pane) = document().get_element_by_id("ladder-body") {
                    pane.set_scroll_top(top.round() as i32);
                }
            }
            Command::Appear { theme, projector } => appear(theme, projector),
            // Without storage (private windows) the page starts with the system's theme each time.
            Command::KeepTheme(theme) => drop(storage::set(THEME_KEY, theme.name())),
            Command::KeepLevel(level) => drop(storage::set(LEVEL_KEY, level.name())),
            Command::Size(edge, size) => resize(edge, size),
            Command::KeepSizes(sizes) => drop(storage::set(SIZES_KEY, &sizes)),
            Command::Speak(language) => {
                let _ = document_element().set_attribute("lang", language.tag());
            }
            Command::FetchWords(language) => {
                let dispatch = dispatch.clone();
                spawn_local(async move {
                    dispatch.emit(Action::Translated(language, words::fetch(language).await));
                });
            }
            Command::KeepLanguage(language) => drop(storage::set(LANGUAGE_KEY, language.tag())),
            Command::KeepWorks(works) => self.keeper.keep(works),
            Command::SetFragment { fragment, replace } => set_fragment(&fragment, replace),
            Command::Share { form, text } => share(form, text, dispatch.clone()),
            Command::Unpack(code) => {
                let dispatch = dispatch.clone();
                spawn_local(async move {
                    dispatch.emit(Action::Unpacked(pack::unpack(&code).await));
                });
            }
            Command::Focus(id) => focus(&id),
            Command::FocusByte(byte) => focus(&format!("byte-{byte}")),
            Command::FocusField(field) => focus(&format!("field-{field}")),
            Command::GoBack => {
                let _ = window().history().and_then(|history| history.back());
            }
            Command::Download { name, bytes } => files::download(&name, &bytes),
            Command::AskForFile => files::ask(&self.chosen, dispatch),
            Command::ReadFile { file, from, until } => {
                self.chosen.read(file, from, until, dispatch.clone());
            }
            Command::Print { name, is_picture } => files::print(name, is_picture, dispatch.clone()),
            Command::SetTitle(title) => document().set_title(&title),
            Command::UseNewVersion => use_new_version(),
            Command::Live(command) => self.sockets.carry_out(command, dispatch),
            Command::Cable(command) => self.cable.carry_out(command, dispatch),
            Command::Script(command) => script::carry_out(command, dispatch),
            Command::Class(command) => self.class.carry_out(command, dispatch),
        }
    }

    fn request_frame(&mut self, dispatch: &Callback<Action>) {
        let dispatch = dispatch.clone();
        let last = Rc::clone(&self.last_frame);
        // The first frame after a pause has no time before it to measure from.
        let is_going_on = self.frame.take().is_some();
        if !is_going_on {
            *last.borrow_mut() = None;
        }
        self.frame = Some(request_animation_frame(move |now| {
            let before = last.replace(Some(now));
            let elapsed = before.map_or(0.0, |before| now - before).max(0.0);
            dispatch.emit(Action::Tick((elapsed * 1000.0) as u64));
        }));
    }
}

fn appear(theme: Theme, projector: bool) {
    let root = document_element();
    let _ = root.set_attribute("data-theme", theme.name());
    let _ = if projector {
        root.set_attribute("data-mode", "projector")
    } else {
        root.remove_attribute("data-mode")
    };
}

/// Sizes a pane: what the style sheet says, or this instead.
fn resize(edge: Edge, size: Option<i32>) {
    let Some(root) = document_element().dyn_into::<HtmlElement>().ok() else {
        return;
    };
    let (style, name) = (root.style(), format!("--size-{}", edge.name()));
    let _ = match size {
        Some(size) => style.set_property(&name, &crate::parts::rem(f64::from(size))),
        None => style.remove_property(&name).map(drop),
    };
}

/// What stands on the map is no HTML, but takes the focus like it.
pub(crate) fn focus(id: &str) {
    let Some(element) = document().get_element_by_id(id) else {
        return;
    };
    let _ = match element.dyn_into::<HtmlElement>() {
        Ok(element) => element.focus(),
        Err(element) => element
            .dyn_into::<SvgElement>()
            .map_or(Ok(()), |it| it.focus()),
    };
}

/// What the page knows when it has loaded.
pub(crate) fn start() -> Start {
    Start {
        level: storage::get(LEVEL_KEY).and_then(|name| Level::named(&name)),
        language: storage::get(LANGUAGE_KEY)
            .and_then(|tag| Language::of_tag(&tag))
            .or_else(words::preferred),
        sizes: storage::get(SIZES_KEY).unwrap_or_default(),
        works: storage::get(WORKS_KEY).unwrap_or_default(),
        fragment: window().location().hash().unwrap_or_default(),
    }
}

/// Makes a link and puts it into the clipboard. Only pages from a safe origin may do that.
fn share(form: u32, text: String, dispatch: Callback<Action>) {
    spawn_local(async move {
        let Some(code) = pack::pack(&text).await else {
            return dispatch.emit(Action::ShareFailed);
        };
        let location = window().location();
        let here = location.href().unwrap_or_default();
        let page = here.split('#').next().unwrap_or_default();
        let fragment = Route::Shared(form, code).fragment();
        let link = format!("{page}{fragment}");
        let is_copied = window().is_secure_context()
            && JsFuture::from(window().navigator().clipboard().write_text(&link))
                .await
                .is_ok();
        dispatch.emit(Action::Shared((!is_copied).then_some(link)));
    });
}

fn set_fragment(fragment: &str, replace: bool) {
    let location = window().location();
    if location.hash().is_ok_and(|hash| hash == fragment) {
        return;
    }
    if !replace {
        let _ = location.set_hash(fragment);
    } else if let Ok(history) = window().history() {
        let state = wasm_bindgen::JsValue::NULL;
        let _ = history.replace_state_with_url(&state, "", Some(fragment));
    }
}

/// Links, Back and Forward change the fragment.
fn listen_to_address(dispatch: &Callback<Action>) -> EventListener {
    let dispatch = dispatch.clone();
    EventListener::new(&window(), "hashchange", move |_| {
        let fragment = window().location().hash().unwrap_or_default();
        dispatch.emit(Action::Navigated(fragment));
    })
}

/// What www/start.js tells of, which looks after the service worker.
fn listen_for_new_version(dispatch: &Callback<Action>) -> EventListener {
    let dispatch = dispatch.clone();
    EventListener::new(&window(), "new-version", move |_| {
        dispatch.emit(Action::NewVersion)
    })
}

/// Loads the page again, as the version that waits.
fn use_new_version() {
    if let Ok(event) = Event::new("use-new-version") {
        let _ = window().dispatch_event(&event);
    }
}

/// What a field holds.
pub(crate) fn typed(event: &InputEvent) -> String {
    entered(event)
}

/// What a field or a longer text holds.
pub(crate) fn entered(event: &Event) -> String {
    let Some(target) = event.target() else {
        return String::new();
    };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(other) => other
            .dyn_into::<HtmlTextAreaElement>()
            .map_or_else(|_| String::new(), |it| it.value()),
    }
}

/// Chooses the first entry of a list of choices again.
pub(crate) fn choose_first(event: &Event) {
    let select = event
        .target()
        .and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
    if let Some(select) = select {
        select.set_selected_index(0);
    }
}

/// Where a pointer is in a drawing, in the drawing's own units.
pub(crate) fn place_in(drawing: &NodeRef, event: &PointerEvent) -> Option<(f64, f64)> {
    let drawing = drawing.cast::<SvgGraphicsElement>()?;
    let to_drawing = drawing.get_screen_ctm()?.inverse().ok()?;
    let (x, y) = (event.client_x() as f32, event.client_y() as f32);
    let at = |a: f32, b: f32, c: f32| f64::from(a * x + b * y + c);
    Some((
        at(to_drawing.a(), to_drawing.c(), to_drawing.e()),
        at(to_drawing.b(), to_drawing.d(), to_drawing.f()),
    ))
}

/// What goes on with the pointer is this drawing's, also outside of it.
pub(crate) fn capture(drawing: &NodeRef, event: &PointerEvent) {
    if let Some(drawing) = drawing.cast::<Element>() {
        let _ = drawing.set_pointer_capture(event.pointer_id());
    }
}

/// Whether a box is ticked.
pub(crate) fn is_checked(event: &Event) -> bool {
    let input = event
        .target()
        .and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|it| it.checked())
}

/// The place of what was chosen in a list of choices, counted from 0.
pub(crate) fn chosen(event: &Event) -> Option<usize> {
    let select = event.target()?.dyn_into::<HtmlSelectElement>().ok()?;
    usize::try_from(select.selected_index()).ok()
}

/// The number at which a slider was put.
pub(crate) fn slid_to(event: &InputEvent) -> Option<usize> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    input.value().parse().ok()
}

/// How far `body` is scrolled down, in CSS pixels.
pub(crate) fn scroll_top(body: &NodeRef) -> f64 {
    body.cast::<Element>()
        .map_or(0.0, |it| f64::from(it.scroll_top()))
}

/// Scrolls to the end of something that grows there, unless the reader has scrolled away from it.
pub(crate) fn follow_end(body: &NodeRef) {
    /// A line or two have just come.
    const NEAR: i32 = 80;
    if let Some(body) = body.cast::<Element>() {
        let below = body.scroll_height() - body.client_height() - body.scroll_top();
        if below < NEAR || body.scroll_top() == 0 {
            body.set_scroll_top(body.scroll_height());
        }
    }
}

/// Scrolls inside `list` so that its selected row can be seen.
pub(crate) fn reveal_selected(list: &NodeRef) {
    reveal(list, ".is-selected");
}

/// Scrolls inside `list` so that the first row that is like `what`, a selector, can be seen.
pub(crate) fn reveal(list: &NodeRef, what: &str) {
    let Some(list) = list.cast::<Element>() else {
        return;
    };
    let Ok(Some(row)) = list.query_selector(what) else {
        return;
    };
    let (frame, row) = (
        list.get_bounding_client_rect(),
        row.get_bounding_client_rect(),
    );
    let by = if row.bottom() > frame.bottom() {
        row.bottom() - frame.bottom()
    } else if row.top() < frame.top() {
        row.top() - frame.top()
    } else {
        return;
    };
    list.set_scroll_top(list.scroll_top() + by.round() as i32);
}

/// The theme of the last visit, or the one that the system prefers.
pub(crate) fn preferred_theme() -> Theme {
    let kept = storage::get(THEME_KEY).and_then(|name| Theme::named(&name));
    kept.unwrap_or_else(
        || match window().match_media("(prefers-color-scheme: dark)") {
            Ok(Some(query)) if query.matches() => Theme::Dark,
            _ => Theme::Light,
        },
    )
}

/// A tab's name in the style sheet.
pub(crate) const fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Ladder => "ladder",
        Tab::Map => "map",
        Tab::Packet => "packet",
        Tab::State => "state",
        Tab::Explain => "explain",
    }
}

/// Keys work everywhere but in controls that need them themselves.
fn listen_to_keys(dispatch: &Callback<Action>) -> EventListener {
    let dispatch = dispatch.clone();
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&document(), "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() else {
            return;
        };
        if event.default_prevented() || event.meta_key() {
            return;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        // Space plays and pauses, but a choice that has not been made yet is made with it.
        let (tag, is_radio) = target.map_or((String::new(), false), |it| {
            let kind = it.get_attribute("type").unwrap_or_default();
            let is_chosen = it
                .dyn_ref::<HtmlInputElement>()
                .is_some_and(HtmlInputElement::checked);
            let tag = it.tag_name().to_lowercase();
            (tag, kind == "range" || (kind == "radio" && is_chosen))
        });
        let key_name = event.key();
        let is_typing = matches!(tag.as_str(), "select" | "textarea")
            || (tag == "input" && (!is_radio || key_name != " "));
        let presses = matches!(tag.as_str(), "button" | "a" | "summary")
            && matches!(key_name.as_str(), " " | "Enter");
        if is_typing || presses {
            return;
        }
        if let Some(action) = key(
            &key_name,
            event.ctrl_key(),
            event.shift_key(),
            event.alt_key(),
        ) {
            event.prevent_default();
            dispatch.emit(Action::Key(Box::new(action)));
        }
    })
}

/// Watches the size of `element`, from now until the result is dropped.
pub(crate) struct SizeWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back with width, height and the page's scale whenever the size of the inside of `element` changes.
pub(crate) fn watch_size(
    element: &NodeRef,
    report: Callback<(f64, f64, f64)>,
) -> Option<SizeWatch> {
    let element = element.cast::<Element>()?;
    let observed = element.clone();
    let callback = Closure::<dyn FnMut()>::new(move || {
        report.emit((
            f64::from(observed.client_width()),
            f64::from(observed.client_height()),
            scale(),
        ));
    });
    let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
    observer.observe(&element);
    Some(SizeWatch {
        observer,
        _callback: callback,
    })
}

/// CSS pixels of a drawing unit: the root's font size over its normal 16 px.
pub(crate) fn scale() -> f64 {
    let style = window()
        .get_computed_style(&document_element())
        .ok()
        .flatten();
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    // The browser's own reading: Rust's brings tables of 10 KB.
    let pixels = size.map_or(f64::NAN, |size| js_sys::parse_float(&size));
    if pixels.is_finite() {
        pixels / 16.0
    } else {
        1.0
    }
}

/// Text widths in the page's own font.
pub(crate) fn measure() -> Box<dyn Measure> {
    let canvas = document()
        .create_element("canvas")
        .ok()
        .and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok());
    let context = canvas.and_then(|canvas| canvas.get_context("2d").ok().flatten());
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    Box::new(CanvasMeasure {
        context,
        family: font_family(),
        font: Cell::default(),
        known: RefCell::default(),
    })
}

/// The font family of the page, from the style sheet.
pub(crate) fn font_family() -> String {
    token("--font").unwrap_or_else(|| "sans-serif".to_owned())
}

/// The value of a design token.
pub(crate) fn token(name: &str) -> Option<String> {
    let style = window()
        .get_computed_style(&document_element())
        .ok()
        .flatten()?;
    let value = style.get_property_value(name).ok()?;
    (!value.trim().is_empty()).then(|| value.trim().to_owned())
}

struct CanvasMeasure {
    context: Option<CanvasRenderingContext2d>,
    family: String,
    /// The font that is set: to set one takes longer than to measure.
    font: Cell<Option<Face>>,
    known: RefCell<HashMap<(String, Face), f64>>,
}

impl Measure for CanvasMeasure {
    fn width(&self, text: &str, face: Face) -> f64 {
        let key = (text.to_owned(), face);
        if let Some(width) = self.known.borrow().get(&key) {
            return *width;
        }
        let weight = match face {
            Face::Strong => 600,
            Face::Plain => 500,
        };
        let measured = self.context.as_ref().and_then(|context| {
            if self.font.replace(Some(face)) != Some(face) {
                context.set_font(&format!("{weight} 13px {}", self.family));
            }
            context.measure_text(text).ok()
        });
        let width = measured.map_or_else(
            || playground::measure::AverageWidths.width(text, face),
            |it| it.width(),
        );
        let mut known = self.known.borrow_mut();
        // A run has few different texts; a hostile one must not fill the memory.
        if known.len() >= KNOWN_TEXTS_MAX {
            known.clear();
        }
        known.insert(key, width);
        width
    }
}

/// Widths that are kept.
const KNOWN_TEXTS_MAX: usize = 4096;
