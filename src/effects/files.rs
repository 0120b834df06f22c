//! Files: into the page by choosing and dropping, out of it as downloads, drawings and pictures.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use gloo::utils::{document, window};
use js_sys::{Array, Uint8Array};
use playground::{Action, FilesAction};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, CanvasRenderingContext2d, Element, File, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, HtmlInputElement, Url,
};
use yew::Callback;

/// A picture has so many pixels of its own for each of the drawing, where it fits.
const PICTURE_SCALE: f64 = 2.0;
/// Browsers draw no canvas that is higher.
const PICTURE_MAX_HEIGHT: f64 = 16_000.0;
/// What a drawing takes from the style sheet with it.
const STYLES: [&str; 13] = [
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
    "color",
    "display",
];

/// The file that was chosen last. It is read piece by piece: how much of it, the model says.
#[derive(Clone, Default)]
pub(super) struct Chosen(Rc<RefCell<(u64, Option<File>)>>);

impl Chosen {
    fn choose(&self, file: File, dispatch: &Callback<Action>) {
        let chosen = FilesAction::Chosen {
            file: self.0.borrow().0 + 1,
            name: file.name(),
            bytes: file.size() as u64,
        };
        {
            let mut last = self.0.borrow_mut();
            last.0 += 1;
            last.1 = Some(file);
        }
        dispatch.emit(Action::Files(chosen));
    }

    /// Reads a piece of the file with this number, and calls back with it.
    pub(super) fn read(&self, number: u64, from: u64, until: u64, dispatch: Callback<Action>) {
        let piece = {
            let last = self.0.borrow();
            let file = last.1.as_ref().filter(|_| last.0 == number);
            file.and_then(|it| it.slice_with_f64_and_f64(from as f64, until as f64).ok())
        };
        spawn_local(async move {
            let bytes = match piece {
                Some(piece) => JsFuture::from(piece.array_buffer()).await.ok(),
                None => None,
            };
            let bytes = bytes.map(|it| Uint8Array::new(&it).to_vec());
            dispatch.emit(Action::Files(FilesAction::Piece(number, from, bytes)));
        });
    }
}

/// Gives the browser a file to save.
pub(super) fn download(name: &str, bytes: &[u8]) {
    let parts = Array::of1(&Uint8Array::from(bytes));
    if let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) {
        save(name, &blob);
    }
}

fn save(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else {
        return;
    };
    let link = document().create_element("a").ok();
    if let Some(link) = link.and_then(|it| it.dyn_into::<HtmlAnchorElement>().ok()) {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The browser has begun to read it by then.
    Timeout::new(10_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
}

/// Asks for a file.
pub(super) fn ask(chosen: &Chosen, dispatch: &Callback<Action>) {
    let input = document().create_element("input").ok();
    let Some(input) = input.and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    input.set_type("file");
    input.set_accept(".mqttplay,.mqtt,.txt,.pcapng,.pcap,.cap");
    let (chosen, dispatch) = (chosen.clone(), dispatch.clone());
    let field = input.clone();
    EventListener::once(&input, "change", move |_| {
        if let Some(file) = field.files().and_then(|files| files.get(0)) {
            chosen.choose(file, &dispatch);
        }
    })
    .forget();
    input.click();
}

/// What is dropped on the page is opened.
pub(super) fn listen_to_drops(chosen: &Chosen, dispatch: &Callback<Action>) -> Vec<EventListener> {
    let options = EventListenerOptions::enable_prevent_default();
    // Without this the browser would leave the page and show the file.
    let over = EventListener::new_with_options(&document(), "dragover", options, |event| {
        event.prevent_default();
    });
    let (chosen, dispatch) = (chosen.clone(), dispatch.clone());
    let drop = EventListener::new_with_options(&document(), "drop", options, move |event| {
        event.prevent_default();
        let event = event.dyn_ref::<web_sys::DragEvent>();
        let files = event
            .and_then(web_sys::DragEvent::data_transfer)
            .and_then(|it| it.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            chosen.choose(file, &dispatch);
        }
    });
    vec![over, drop]
}

/// Saves the drawing that is in the page for this as a file of its own, or as a picture.
pub(super) fn print(name: String, is_picture: bool, dispatch: Callback<Action>) {
    // What a component shows is there only after all that was waiting to be rendered.
    Timeout::new(0, move || {
        let drawing = drawing();
        spawn_local(async move {
            let is_done = match &drawing {
                Some((text, _, _)) if !is_picture => {
                    download(&name, text.as_bytes());
                    true
                }
                Some((text, width, height)) => match picture(text, *width, *height).await {
                    Some(blob) => {
                        save(&name, &blob);
                        true
                    }
                    None => false,
                },
                None => false,
            };
            dispatch.emit(Action::Files(FilesAction::Printed(is_done)));
        });
    })
    .forget();
}

/// The drawing as a text that needs no style sheet, with its width and height.
fn drawing() -> Option<(String, f64, f64)> {
    let print = document().get_element_by_id("print")?;
    let parts = print.query_selector_all("svg.part").ok()?;
    let mut width = 0.0_f64;
    let mut height = 0.0;
    let mut inside = String::new();
    let mut symbols = BTreeSet::new();
    for index in 0..parts.length() {
        let part = parts.get(index)?.dyn_into::<Element>().ok()?;
        let size = part.get_attribute("viewBox")?;
        let mut numbers = size
            .split(' ')
            .skip(2)
            .filter_map(|it| it.parse::<f64>().ok());
        let (own_width, own_height) = (numbers.next()?, numbers.next()?);
        let copy = part
            .clone_node_with_deep(true)
            .ok()?
            .dyn_into::<Element>()
            .ok()?;
        inline(&part, &copy, &mut symbols);
        let _ = copy.set_attribute("y", &height.to_string());
        let _ = copy.set_attribute("width", &own_width.to_string());
        let _ = copy.set_attribute("height", &own_height.to_string());
        inside.push_str(&copy.outer_html());
        width = width.max(own_width);
        height += own_height;
    }
    let mut defined = String::new();
    for id in &symbols {
        let selector = format!("[id='{id}']");
        let own = print.query_selector(&selector).ok().flatten();
        let symbol = own.or_else(|| document().query_selector(&selector).ok().flatten());
        if let Some(symbol) = symbol {
            let copy = symbol.clone_node_with_deep(true).ok()?;
            let copy = copy.dyn_into::<Element>().ok()?;
            inline(&symbol, &copy, &mut BTreeSet::new());
            defined.push_str(&copy.outer_html());
        }
    }
    let style = window().get_computed_style(&print).ok()??;
    let ground = style.get_property_value("background-color").ok()?;
    let text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\
         <defs>{defined}</defs><rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>{inside}</svg>"
    );
    // Outside of HTML an attribute has a value, and no entity a name.
    Some((text.replace("&nbsp;", "\u{a0}"), width, height))
}

/// Writes what the style sheet says of an element and all in it onto a copy, and notes the symbols in use.
fn inline(from: &Element, to: &Element, symbols: &mut BTreeSet<String>) {
    if let Ok(Some(style)) = window().get_computed_style(from) {
        for name in STYLES {
            let value = style.get_property_value(name).unwrap_or_default();
            let is_usual = matches!(
                (name, value.as_str()),
                (_, "")
                    | ("opacity", "1")
                    | ("stroke-dasharray", "none")
                    | ("display", "inline" | "block")
            );
            // What the page hides because it is drawn beside it is in the drawing all the same.
            if !is_usual {
                let value = value.replace('"', "");
                let _ = to.set_attribute(name, &value);
            }
        }
    }
    let pattern = to.get_attribute("fill").unwrap_or_default();
    if let Some(id) = pattern
        .strip_prefix("url(#")
        .and_then(|it| it.strip_suffix(')'))
    {
        symbols.insert(id.to_owned());
    }
    for name in ["class", "tabindex", "role", "aria-pressed", "aria-hidden"] {
        let _ = to.remove_attribute(name);
    }
    if let Some(id) = from
        .get_attribute("href")
        .and_then(|it| it.strip_prefix('#').map(str::to_owned))
    {
        symbols.insert(id);
    }
    let (inside, copies) = (from.children(), to.children());
    for index in 0..inside.length() {
        if let (Some(from), Some(to)) = (inside.item(index), copies.item(index)) {
            inline(&from, &to, symbols);
        }
    }
}

async fn picture(text: &str, width: f64, height: f64) -> Option<Blob> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&url);
    let is_read = JsFuture::from(image.decode()).await.is_ok();
    let scale = PICTURE_SCALE.min(PICTURE_MAX_HEIGHT / height.max(1.0));
    let canvas = document().create_element("canvas").ok()?;
    let canvas = canvas.dyn_into::<HtmlCanvasElement>().ok()?;
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let context = canvas.get_context("2d").ok()??;
    let context = context.dyn_into::<CanvasRenderingContext2d>().ok()?;
    let (w, h) = (width * scale, height * scale);
    let is_drawn = is_read
        && context
            .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, w, h)
            .is_ok();
    let _ = Url::revoke_object_url(&url);
    if !is_drawn {
        return None;
    }
    let promise = js_sys::Promise::new(&mut |done, _| {
        let _ = canvas.to_blob(&done);
    });
    JsFuture::from(promise).await.ok()?.dyn_into::<Blob>().ok()
}
