//! Packets on the map: a canvas over the drawing, because many moving SVG elements are slow.
//!
//! The canvas is hidden from screen readers: the map's own sentence says the same.
//!
//! To write text, the browser works out the styles of the whole page, if anything has changed since. So a packet with a title is
//! drawn once on a canvas outside of the page, and copied from there with each frame.

use super::{font_family, token};
use playground::map::{Fit, Moving, PILLS_MAX, Parcel, View, marks};
use playground::story::Role;
use std::collections::HashMap;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::NodeRef;

const HEIGHT: f64 = 26.0;
/// Around a packet there is so much room for what shows that it is selected or repeated.
const AROUND: f64 = 12.0;
/// So many packets are kept as they were drawn: all that a map has at a time, and some more.
const KEPT_MAX: usize = 2 * PILLS_MAX;

/// Draws the packets over the drawing with this `view` box, which fills the canvas as an SVG does that keeps its shape.
///
/// The canvas is `width` and `height` CSS pixels large: to ask it would make the browser lay the page out with every frame.
pub(crate) fn draw(
    canvas: &NodeRef,
    moving: &Moving,
    view: View,
    (width, height): (f64, f64),
    pills: &mut Pills,
) -> Option<()> {
    let canvas = canvas.cast::<HtmlCanvasElement>()?;
    let context = context(&canvas)?;
    let ratio = gloo::utils::window().device_pixel_ratio();
    let pixels = ((width * ratio) as u32, (height * ratio) as u32);
    resize(&canvas, pixels);
    context.clear_rect(0.0, 0.0, f64::from(pixels.0), f64::from(pixels.1));
    let fit = fit((width, height), view, ratio);
    let is_crowd = moving.parcels.len() > PILLS_MAX;
    if is_crowd {
        draw_marks(&context, &moving.parcels, &fit, pixels, &pills.paint);
    }
    let parcels = moving.parcels.iter();
    let mut parcels = parcels.filter(|parcel| !is_crowd || parcel.is_selected);
    parcels.try_for_each(|parcel| pills.draw(&context, parcel, &fit))
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    let context = canvas.get_context("2d").ok()??;
    context.dyn_into::<CanvasRenderingContext2d>().ok()
}

/// Setting a size clears the canvas and costs time, so only when it has changed.
fn resize(canvas: &HtmlCanvasElement, (width, height): (u32, u32)) {
    if canvas.width() != width || canvas.height() != height {
        canvas.set_width(width);
        canvas.set_height(height);
    }
}

/// With thousands of packets every call into the browser counts.
fn draw_marks(
    context: &CanvasRenderingContext2d,
    parcels: &[Parcel],
    fit: &Fit,
    pixels: (u32, u32),
    paint: &Paint,
) {
    let mut colour = None;
    for mark in marks(parcels, fit, pixels) {
        if colour.replace(mark.role) != Some(mark.role) {
            context.set_fill_style_str(paint.of(mark.role));
        }
        let [left, top, width, height] =
            [mark.left, mark.top, mark.width, mark.height].map(f64::from);
        context.fill_rect(left, top, width, height);
    }
}

/// The drawing as large as it fits, in the middle.
fn fit((width, height): (f64, f64), (left, top, view_width, view_height): View, ratio: f64) -> Fit {
    let scale = (width / view_width).min(height / view_height);
    Fit {
        scale: scale * ratio,
        x: ((width - view_width * scale) / 2.0 - left * scale) * ratio,
        y: ((height - view_height * scale) / 2.0 - top * scale) * ratio,
    }
}

/// What a packet looks like: its title, its colour, whether it is repeated and whether it is selected.
type Look = (String, &'static str, bool, bool);

/// Packets with titles as they were drawn, in one size and theme.
pub(crate) struct Pills {
    paint: Paint,
    /// Pixels of a unit, as bits, to be compared.
    scale: u64,
    drawn: HashMap<Look, HtmlCanvasElement>,
}

impl Pills {
    pub(crate) fn from_tokens(is_large: bool) -> Self {
        Self {
            paint: Paint::from_tokens(is_large),
            scale: 0,
            drawn: HashMap::new(),
        }
    }

    fn draw(
        &mut self,
        context: &CanvasRenderingContext2d,
        parcel: &Parcel,
        fit: &Fit,
    ) -> Option<()> {
        let scale = fit.scale.to_bits();
        if self.scale != scale || self.drawn.len() >= KEPT_MAX {
            self.drawn.clear();
            self.scale = scale;
        }
        let look = (
            parcel.title.clone(),
            crate::parts::role_name(parcel.role),
            parcel.is_repeated,
            parcel.is_selected,
        );
        if !self.drawn.contains_key(&look) {
            let canvas = pill(parcel, fit.scale, &self.paint)?;
            self.drawn.insert(look.clone(), canvas);
        }
        let drawn = self.drawn.get(&look)?;
        let (x, y) = fit.pixel((parcel.x, parcel.y));
        // On whole pixels, its title stays as sharp as it was drawn.
        let (wide, high) = (f64::from(drawn.width()), f64::from(drawn.height()));
        let left = (x - wide / 2.0).round();
        let top = (y - high / 2.0).round();
        // Beside a figure at the edge there is less room than a packet takes.
        let all = context.canvas().map_or(0.0, |it| f64::from(it.width()));
        let left = if (0.0..=all).contains(&x) {
            left.min(all - wide).max(0.0)
        } else {
            left
        };
        context
            .draw_image_with_html_canvas_element(drawn, left, top)
            .ok()
    }
}

/// Draws a packet in the middle of a canvas of its own.
fn pill(parcel: &Parcel, scale: f64, paint: &Paint) -> Option<HtmlCanvasElement> {
    let canvas = gloo::utils::document().create_element("canvas").ok()?;
    let canvas = canvas.dyn_into::<HtmlCanvasElement>().ok()?;
    let context = context(&canvas)?;
    context.set_font(&paint.font);
    let width = context.measure_text(&parcel.title).ok()?.width() + 26.0;
    let side = |length: f64| ((length + 2.0 * AROUND) * scale).ceil();
    let (wide, high) = (side(width), side(HEIGHT));
    resize(&canvas, (wide as u32, high as u32));
    // In units from here on, with the origin in the middle.
    context
        .set_transform(scale, 0.0, 0.0, scale, wide / 2.0, high / 2.0)
        .ok()?;
    context.set_font(&paint.font);
    context.set_text_align("center");
    context.set_text_baseline("alphabetic");
    draw_parcel(&context, parcel, width, paint)?;
    Some(canvas)
}

/// The colours and the font of the theme.
struct Paint {
    font: String,
    panel: String,
    text: String,
    on_role: String,
    edge: String,
    publish: String,
    acknowledge: String,
    control: String,
    subscribe: String,
    fault: String,
}

impl Paint {
    fn from_tokens(is_large: bool) -> Self {
        let size = if is_large { 16 } else { 13 };
        let colour = |name: &str| token(name).unwrap_or_else(|| "currentcolor".to_owned());
        Self {
            font: format!("600 {size}px {}", font_family()),
            panel: colour("--panel"),
            text: colour("--text"),
            on_role: colour("--on-role"),
            edge: colour("--select-edge"),
            publish: colour("--pub"),
            acknowledge: colour("--ack"),
            control: colour("--ctl"),
            subscribe: colour("--sub"),
            fault: colour("--fault"),
        }
    }

    fn of(&self, role: Role) -> &str {
        match role {
            Role::Publish => &self.publish,
            Role::Acknowledge => &self.acknowledge,
            Role::Control => &self.control,
            Role::Subscribe => &self.subscribe,
            Role::Fault => &self.fault,
        }
    }
}

fn draw_parcel(
    context: &CanvasRenderingContext2d,
    parcel: &Parcel,
    width: f64,
    paint: &Paint,
) -> Option<()> {
    let (x, y) = (-width / 2.0, -HEIGHT / 2.0);
    let colour = paint.of(parcel.role);
    let no_dashes = js_sys::Array::new();
    if parcel.is_repeated {
        let offset = if parcel.is_selected { 9.0 } else { 6.0 };
        let dashes: js_sys::Array = [4.0, 3.0]
            .into_iter()
            .map(wasm_bindgen::JsValue::from_f64)
            .collect();
        context.set_line_dash(&dashes).ok()?;
        rectangle(
            context,
            (x - offset, y - offset, width, HEIGHT, 4.0),
            &paint.panel,
            Some((colour, 1.5)),
        );
        context.set_line_dash(&no_dashes).ok()?;
    }
    if parcel.is_selected {
        rectangle(
            context,
            (x - 4.0, y - 4.0, width + 8.0, HEIGHT + 8.0, 7.0),
            &paint.panel,
            Some((&paint.edge, 2.5)),
        );
    }
    let is_filled = parcel.role == Role::Publish;
    rectangle(
        context,
        (x, y, width, HEIGHT, 4.0),
        if is_filled { colour } else { &paint.panel },
        Some((colour, 1.5)),
    );
    if parcel.role == Role::Subscribe {
        rectangle(
            context,
            (x + 2.5, y + 2.5, width - 5.0, HEIGHT - 5.0, 2.0),
            &paint.panel,
            Some((colour, 1.0)),
        );
    }
    context.set_fill_style_str(if is_filled {
        &paint.on_role
    } else {
        &paint.text
    });
    context.set_text_baseline("middle");
    context.fill_text(&parcel.title, 0.0, 0.8).ok()
}

fn rectangle(
    context: &CanvasRenderingContext2d,
    (x, y, width, height, radius): (f64, f64, f64, f64, f64),
    fill: &str,
    stroke: Option<(&str, f64)>,
) {
    context.begin_path();
    let _ = context.round_rect_with_f64(x, y, width, height, radius);
    context.set_fill_style_str(fill);
    context.fill();
    if let Some((colour, line)) = stroke {
        context.set_stroke_style_str(colour);
        context.set_line_width(line);
        context.stroke();
    }
}
