//! Packets on the map: a canvas over the drawing, because many moving SVG elements are slow.
//!
//! The canvas is hidden from screen readers: the map's own sentence says the same.

use super::{font_family, token};
use playground::map::{Moving, PILLS_MAX, Parcel};
use playground::story::Role;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::NodeRef;

const HEIGHT: f64 = 26.0;

/// The drawing's place in its pane: left, top, width, height.
pub(crate) type View = (f64, f64, f64, f64);

/// Draws the packets over the drawing with this `view` box, which fills the canvas as an SVG does that keeps its shape.
///
/// The canvas is `width` and `height` CSS pixels large: to ask it would make the browser lay the page out with every frame.
pub(crate) fn draw(
    canvas: &NodeRef,
    moving: &Moving,
    view: View,
    (width, height): (f64, f64),
    paint: &Paint,
) -> Option<()> {
    let canvas = canvas.cast::<HtmlCanvasElement>()?;
    let context = canvas
        .get_context("2d")
        .ok()??
        .dyn_into::<CanvasRenderingContext2d>()
        .ok()?;
    let ratio = gloo::utils::window().device_pixel_ratio();
    let (pixels_wide, pixels_high) = ((width * ratio) as u32, (height * ratio) as u32);
    // Setting a size clears the canvas and costs time, so only when it has changed.
    if canvas.width() != pixels_wide || canvas.height() != pixels_high {
        canvas.set_width(pixels_wide);
        canvas.set_height(pixels_high);
    }
    context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).ok()?;
    context.clear_rect(0.0, 0.0, f64::from(pixels_wide), f64::from(pixels_high));
    let Fit { scale, x, y } = fit((width, height), view);
    context
        .set_transform(scale * ratio, 0.0, 0.0, scale * ratio, x * ratio, y * ratio)
        .ok()?;
    if moving.parcels.is_empty() {
        return Some(());
    }
    let is_crowd = moving.parcels.len() > PILLS_MAX;
    if is_crowd {
        draw_marks(&context, &moving.parcels, paint);
    }
    let pills = moving.parcels.iter();
    let mut pills = pills.filter(|parcel| !is_crowd || parcel.is_selected);
    let Some(first) = pills.next() else {
        return Some(());
    };
    // To read a font, the browser works out styles: not for marks.
    context.set_font(&paint.font);
    context.set_text_align("center");
    context.set_text_baseline("alphabetic");
    draw_parcel(&context, first, paint)?;
    pills.try_for_each(|parcel| draw_parcel(&context, parcel, paint))
}

/// Width and height of a mark.
const MARK: f64 = 7.0;

/// One path for each colour: with thousands of packets every call into the browser counts.
fn draw_marks(context: &CanvasRenderingContext2d, parcels: &[Parcel], paint: &Paint) {
    for role in [
        Role::Publish,
        Role::Acknowledge,
        Role::Control,
        Role::Subscribe,
        Role::Fault,
    ] {
        context.begin_path();
        for parcel in parcels.iter().filter(|parcel| parcel.role == role) {
            context.rect(parcel.x - MARK / 2.0, parcel.y - MARK / 2.0, MARK, MARK);
        }
        context.set_fill_style_str(paint.of(role));
        context.fill();
    }
}

/// Where the drawing's origin lies on the canvas, and how long its unit is, in CSS pixels.
struct Fit {
    scale: f64,
    x: f64,
    y: f64,
}

/// The drawing as large as it fits, in the middle.
fn fit((width, height): (f64, f64), (left, top, view_width, view_height): View) -> Fit {
    let scale = (width / view_width).min(height / view_height);
    Fit {
        scale,
        x: (width - view_width * scale) / 2.0 - left * scale,
        y: (height - view_height * scale) / 2.0 - top * scale,
    }
}

/// The colours and the font of the theme.
#[derive(PartialEq)]
pub(crate) struct Paint {
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
    pub(crate) fn from_tokens() -> Self {
        let colour = |name: &str| token(name).unwrap_or_else(|| "currentcolor".to_owned());
        Self {
            font: format!("600 13px {}", font_family()),
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

fn draw_parcel(context: &CanvasRenderingContext2d, parcel: &Parcel, paint: &Paint) -> Option<()> {
    let width = context.measure_text(&parcel.title).ok()?.width() + 26.0;
    let (x, y) = (parcel.x - width / 2.0, parcel.y - HEIGHT / 2.0);
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
    context
        .fill_text(&parcel.title, parcel.x, parcel.y + 4.8)
        .ok()
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
