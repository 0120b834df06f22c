//! The ladder: a drawing in three layers, and the same steps as a list.

use super::filter::Filter;
use super::lanes::Heads;
use super::{main_role, n, rem, role_name, use_language};
use crate::effects::{self, scroll_top, watch_size};
use playground::action::Tab;
use playground::ladder::{
    ArrowMark, Bracket, CROSS, GHOST, Moving, OutageMark, PILL_HEIGHT, Pill, Point, SessionBox,
    Still,
};
use playground::packet::PacketView;
use playground::story::{Role, SpanKind};
use playground::text::Language;
use playground::{Action, FilterView, FrameView, LIST_ROW, LanesView, ListView, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct LadderProps {
    pub(crate) still: Shared<Still>,
    pub(crate) moving: Shared<Moving>,
    pub(crate) list: Shared<ListView>,
    pub(crate) packet: Shared<PacketView>,
    pub(crate) frame: Shared<FrameView>,
    pub(crate) filter: FilterView,
    pub(crate) lanes: LanesView,
    /// Which steps match the filter; none without one.
    pub(crate) faint: Option<Shared<Vec<bool>>>,
    pub(crate) dispatch: Callback<Action>,
}

/// The ladder's pane.
#[component]
pub(crate) fn Ladder(
    LadderProps {
        still,
        moving,
        list,
        packet,
        frame,
        filter,
        lanes,
        faint,
        dispatch,
    }: &LadderProps,
) -> Html {
    let language = use_language();
    let body = use_node_ref();
    {
        let body = body.clone();
        let dispatch = dispatch.clone();
        use_effect_with((), move |()| {
            let report = dispatch.reform(|(width, height, scale)| Action::Resized {
                width,
                height,
                scale,
            });
            let watch = watch_size(&body, report);
            move || drop(watch)
        });
    }
    let onscroll = {
        let body = body.clone();
        dispatch.reform(move |_| Action::Scrolled(scroll_top(&body)))
    };
    let is_list = frame.is_list;
    let mode = |label: &'static str, list: bool| {
        let onclick = dispatch.reform(move |_| Action::ShowList(list));
        html! { <button aria-pressed={(is_list == list).to_string()} {onclick}>{ label }</button> }
    };
    html! {
        <section class={classes!("pane", is_list.then_some("as-list"), filter.hides.then_some("hides"))} id="ladder" role={main_role(frame.main, Tab::Ladder)} aria-labelledby="h-lad" tabindex="-1">
            <header>
                <h2 id="h-lad">{ text::tab_name(language, Tab::Ladder) }</h2>
                if frame.level.shows_details() { <Filter view={filter.clone()} dispatch={dispatch.clone()} /> }
                <span class="sp"></span>
                { futures(language, frame, dispatch) }
                <div class="seg" role="group" aria-label={text::SHOW_STEPS_AS.to(language)}>{ mode(text::tab_name(language, Tab::Ladder), false) }{ mode(text::AS_LIST.to(language), true) }</div>
            </header>
            <Heads still={still.clone()} lanes={lanes.clone()} dispatch={dispatch.clone()} />
            <div class="body" id="ladder-body" ref={body} {onscroll}>
                <Drawing still={still.clone()} moving={moving.clone()} faint={faint.clone()} dispatch={dispatch.clone()} />
                <Steps list={list.clone()} dispatch={dispatch.clone()} />
            </div>
            <Strip packet={packet.clone()} />
        </section>
    }
}

/// The futures that the user has made, once there is more than the one as planned.
fn futures(language: Language, frame: &FrameView, dispatch: &Callback<Action>) -> Html {
    if frame.futures.len() < 2 {
        return Html::default();
    }
    let onchange = dispatch
        .reform(|event: Event| Action::ShowFuture(effects::chosen(&event).unwrap_or_default()));
    let options =
        frame.futures.iter().enumerate().map(
            |(index, name)| html! { <option selected={index == frame.future}>{ name }</option> },
        );
    html! { <label class="pick"><select class="btn" aria-label={text::FUTURE.to(language)} {onchange}>{ for options }</select></label> }
}

#[derive(Properties, PartialEq)]
pub(super) struct DrawingProps {
    pub(super) still: Shared<Still>,
    pub(super) moving: Shared<Moving>,
    #[prop_or_default]
    pub(super) faint: Option<Shared<Vec<bool>>>,
    /// What it is, if it is not the ladder of the run that is open.
    #[prop_or_default]
    pub(super) label: Option<String>,
    /// The past that it has in common with another: until which height, and its name.
    #[prop_or_default]
    pub(super) past: Option<(f64, &'static str)>,
    pub(super) dispatch: Callback<Action>,
}

/// The drawing, in its layers.
#[component]
pub(super) fn Drawing(
    DrawingProps {
        still,
        moving,
        faint,
        label,
        past,
        dispatch,
    }: &DrawingProps,
) -> Html {
    let language = use_language();
    let (width, height) = (still.width, moving.height);
    html! {
        <svg class="ladder part" viewBox={format!("0 0 {} {}", n(width), n(height))} width={rem(width)} height={rem(height)} role="group"
            aria-label={label.clone().unwrap_or_else(|| text::LADDER_DIAGRAM.to(language).to_owned())}>
            { past.map(|(y, _)| common_past(still.width, y)) }
            <Ground still={still.clone()} />
            <g>{ for moving.outages.iter().map(hatched) }</g>
            <Future still={still.clone()} />
            <Past still={still.clone()} />
            <Lifelines still={still.clone()} now_y={moving.now_y} />
            <Rest still={still.clone()} faint={faint.clone()} dispatch={dispatch.clone()} />
            <Front moving={moving.clone()} faint={faint.clone()} dispatch={dispatch.clone()} />
            if let Some((_, name)) = past { <text class="past-t" x={n(still.width - 8.0)} y="13" text-anchor="end">{ *name }</text> }
        </svg>
    }
}

/// What two futures have in common, and the line at which they part.
fn common_past(width: f64, y: f64) -> Html {
    html! {
        <>
        <rect class="past" width={n(width)} height={n(y)} />
        <line class="fork" x1="0" y1={n(y)} x2={n(width)} y2={n(y)} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct GroundProps {
    still: Shared<Still>,
}

/// What lies under the lifelines.
#[component]
fn Ground(GroundProps { still }: &GroundProps) -> Html {
    let band = still.band.map(|(y, height)| {
        html! {
            <>
            <rect class="band" x="0" y={n(y)} width={n(still.width)} height={n(height)} />
            <rect class="band-edge" x="0" y={n(y)} width="4" height={n(height)} />
            </>
        }
    });
    let differs = still.differs.iter().map(|(y, height)| {
        html! { <rect class="differs" x="1" y={n(*y)} width={n(still.width - 2.0)} height={n(*height)} rx="4" /> }
    });
    html! { <g>{ band }{ for differs }{ for still.outages.iter().map(hatched) }</g> }
}

/// The lifelines that are still to come.
#[component]
fn Future(GroundProps { still }: &GroundProps) -> Html {
    let lines = still
        .lanes
        .iter()
        .map(|&x| html! { <line class="life future" x1={n(x)} y1="0" x2={n(x)} y2={FAR} /> });
    html! { <g>{ for lines }</g> }
}

/// Sessions and connections that are over.
#[component]
fn Past(GroundProps { still }: &GroundProps) -> Html {
    let bars = still.bars.iter().filter(|bar| !bar.is_open).map(|bar| {
        let (class, width) = bar_look(bar.kind);
        html! { <rect {class} x={n(bar.x - width / 2.0)} y={n(bar.y1)} width={n(width)} height={n(bar.y2 - bar.y1)} /> }
    });
    html! { <g>{ for bars }</g> }
}

const fn bar_look(kind: SpanKind) -> (&'static str, f64) {
    match kind {
        SpanKind::Session => ("sess", 10.0),
        SpanKind::Connection => ("conn", 3.0),
    }
}

#[derive(Properties, PartialEq)]
struct LifelinesProps {
    still: Shared<Still>,
    now_y: f64,
}

/// What reaches as far as the present: a path for each kind, because all of it changes with every frame. A clip of its own
/// would make the browser put its layers together anew.
#[component]
fn Lifelines(LifelinesProps { still, now_y }: &LifelinesProps) -> Html {
    let now = n(*now_y);
    let lines: String = still
        .lanes
        .iter()
        .map(|x| format!("M{} 0V{now}", n(*x)))
        .collect();
    let bars = |kind: SpanKind| {
        let (class, width) = bar_look(kind);
        let open = still.bars.iter();
        let open = open.filter(|bar| bar.is_open && bar.kind == kind && bar.y1 < *now_y);
        let sides = open.map(|bar| {
            let (left, right) = (n(bar.x - width / 2.0), n(bar.x + width / 2.0));
            format!("M{left} {now}V{}H{right}V{now}", n(bar.y1))
        });
        html! { <path {class} d={sides.collect::<String>()} /> }
    };
    html! { <g><path class="life" d={lines} />{ bars(SpanKind::Session) }{ bars(SpanKind::Connection) }</g> }
}

/// Further down than any drawing reaches.
const FAR: &str = "10000000";

fn hatched(outage: &OutageMark) -> Html {
    let rect = outage.rect;
    html! { <rect class="outage" x={n(rect.x)} y={n(rect.y)} width={n(rect.width)} height={n(rect.height)} fill="url(#hatch)" /> }
}

fn outage_label(outage: &OutageMark) -> Option<Html> {
    let (x, y) = outage.label?;
    Some(html! {
        <g class="cut" transform={format!("translate({} {})", n(x), n(y))}>
            <rect x={n(-outage.label_width / 2.0)} y="-13" width={n(outage.label_width)} height="26" rx="4" />
            <text y="4.6" text-anchor="middle">{ outage.text }</text>
        </g>
    })
}

#[derive(Properties, PartialEq)]
struct RestProps {
    still: Shared<Still>,
    faint: Option<Shared<Vec<bool>>>,
    dispatch: Callback<Action>,
}

/// The class of what belongs to a step: it stands back if the filter does not match it.
fn faint_class(faint: &Option<Shared<Vec<bool>>>, step: usize) -> Option<&'static str> {
    let matches = faint.as_ref()?.get(step.checked_sub(1)?)?;
    (!matches).then_some("faint-step")
}

/// What stands still.
#[component]
fn Rest(
    RestProps {
        still,
        faint,
        dispatch,
    }: &RestProps,
) -> Html {
    let rows = still.rows.iter().map(|row| {
        let cur = classes!(row.is_selected.then_some("cur"), faint_class(faint, row.step));
        html! {
            <g key={row.step}>
            <text class={classes!("no", cur.clone())} x={n(still.gutter.0)} y={n(row.y)} text-anchor="end">{ row.step }</text>
            if let Some(time) = &row.time {
                <text class={classes!("tm", cur)} x={n(still.gutter.1)} y={n(row.y)} text-anchor="end">{ time }</text>
            }
            </g>
        }
    });
    let gaps = still.gaps.iter().map(|gap| {
        // Left of the length, however long that is.
        let length = gap.length.as_ref().map_or(0, |text| text.chars().count()) as f64 * MONO_WIDTH;
        let x = if still.narrow { still.gutter.0 - 12.0 } else { (still.gutter.0 + 1.0).min(still.gutter.1 - length - 20.0) };
        html! {
            <>
            <path class="zig" d={format!("M{} {} l10 4 l-10 4 l10 4 l-10 4", n(x), n(gap.y - 8.0))} />
            if let Some(length) = &gap.length {
                <text class="tm" x={n(still.gutter.1)} y={n(gap.y + 4.0)} text-anchor="end">{ length }</text>
            }
            </>
        }
    });
    let effects = still.effects.iter().map(|effect| {
        let rect = effect.rect;
        let middle = rect.y + rect.height / 2.0;
        let stem = effect.stem.map(|x| html! { <path d={format!("M{} {} H{}", n(x), n(middle), n(rect.x))} /> });
        let arrow = format!("M{} {} h12 m-5 -4.5 l5 4.5 l-5 4.5", n(rect.x + 12.0), n(middle));
        html! {
            <g class={classes!("act", effect.again.then_some("warn"))}>
                { stem }
                <rect x={n(rect.x)} y={n(rect.y)} width={n(rect.width)} height={n(rect.height)} rx={n(rect.height / 2.0)} />
                <path class="ico" d={arrow} />
                <text x={n(rect.x + 30.0)} y={n(middle + 4.8)}>{ &effect.text }</text>
                if let Some((x, total)) = &effect.total {
                    <text class="anno" x={n(*x)} y={n(rect.bottom() + 17.0)}>{ total }</text>
                }
            </g>
        }
    });
    let notes = still.notes.iter().map(|note| html! {
        <g class={classes!("cut", (!note.is_fault).then_some("quiet"))}>
            <rect x={n(note.rect.x)} y={n(note.rect.y)} width={n(note.rect.width)} height={n(note.rect.height)} rx="4" />
            <text x={n(note.rect.x + note.rect.width / 2.0)} y={n(note.rect.y + note.rect.height / 2.0 + 4.6)} text-anchor="middle">{ &note.text }</text>
        </g>
    });
    html! {
        <g>
            <g>{ for rows }</g>{ for gaps }
            { for still.brackets.iter().map(bracket) }
            { for still.outages.iter().filter_map(outage_label) }
            <g>{ for still.arrows.iter().map(|arrow| wire(arrow, faint_class(faint, arrow.step))) }</g>
            { for effects }{ for notes }
            <g>{ for still.arrows.iter().map(|arrow| pill(arrow, faint_class(faint, arrow.step), dispatch)) }</g>
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct FrontProps {
    moving: Shared<Moving>,
    faint: Option<Shared<Vec<bool>>>,
    dispatch: Callback<Action>,
}

/// What moves, over everything else.
#[component]
fn Front(
    FrontProps {
        moving,
        faint,
        dispatch,
    }: &FrontProps,
) -> Html {
    let now = moving.now_lines.iter().map(|&(x1, x2)| {
        html! {
            <line class="now" x1={n(x1)} y1={n(moving.now_y)} x2={n(x2)} y2={n(moving.now_y)} />
        }
    });
    let flag = moving.flag.as_ref().map(|flag| html! {
        <g class="nowtag">
            <path d={format!("M{} {}l9 -12H{}v24H{}Z", n(flag.x), n(flag.y), n(flag.x + flag.width), n(flag.x + 9.0))} />
            <text x={n(flag.x + flag.width / 2.0 + 5.0)} y={n(flag.y + 4.6)} text-anchor="middle">{ &flag.text }</text>
        </g>
    });
    let future = moving.future.as_ref().map(|(x, y, text)| {
        html! {
            <text class="future-t" x={n(*x)} y={n(*y)} text-anchor="middle">{ text }</text>
        }
    });
    html! {
        <g>
            { for moving.brackets.iter().map(bracket) }
            { for moving.outages.iter().filter_map(outage_label) }
            { for now }
            { moving.session.as_ref().map(session_box) }
            <g>{ for moving.arrows.iter().map(|arrow| wire(arrow, faint_class(faint, arrow.step))) }</g>
            { flag }
            <g>{ for moving.arrows.iter().filter(|arrow| arrow.has_pill()).map(|arrow| pill(arrow, faint_class(faint, arrow.step), dispatch)) }</g>
            { future }
        </g>
    }
}

fn bracket(bracket: &Bracket) -> Html {
    let Bracket { x, y1, y2, is_open } = bracket;
    let hook = n(x + 6.0);
    if *is_open {
        html! {
            <>
            <path class="bracket" d={format!("M{hook} {} H{} V{}", n(*y1), n(*x), n(*y2))} />
            <path class="bracket-open" d={format!("M{} {} l4.5 7 l4.5 -7", n(x - 4.5), n(y2 - 7.0))} />
            </>
        }
    } else {
        html! { <path class="bracket" d={format!("M{hook} {} H{} V{} H{hook}", n(*y1), n(*x), n(*y2))} /> }
    }
}

fn session_box(session: &SessionBox) -> Html {
    let rect = session.rect;
    let narrow = session.narrow;
    let (inset, first, pitch) = if narrow {
        (9.0, 46.0, 18.0)
    } else {
        (12.0, 54.0, 22.0)
    };
    let facts = session.facts.iter().enumerate().map(|(index, (name, value))| {
        let y = n(first + pitch * index as f64);
        if name.is_empty() {
            html! { <text x={n(inset)} y={y}>{ value }</text> }
        } else {
            html! {
                <>
                <text x={n(inset)} y={y.clone()}>{ *name }</text>
                <text class="v" x={n(rect.width - inset)} y={y} text-anchor="end">{ value }</text>
                </>
            }
        }
    });
    let rule = if narrow { 28.0 } else { 34.0 };
    html! {
        <>
        <path class="bracket thin" d={format!("M{} {} H{}", n(rect.right()), n(rect.y + 20.0), n(session.hook))} />
        <g class="sbox" transform={format!("translate({} {})", n(rect.x), n(rect.y))}>
            <rect width={n(rect.width)} height={n(rect.height)} rx="6" />
            <text class="h" x={n(inset)} y={if narrow { "19" } else { "23" }}>{ &session.title }</text>
            <path class="rule" d={format!("M0 {} H{}", n(rule), n(rect.width))} />
            { for facts }
        </g>
        </>
    }
}

/// The arrow of a flight: as far as it came, and how it goes on.
fn wire(arrow: &ArrowMark, faint: Option<&'static str>) -> Html {
    let beyond = arrow.beyond.as_ref().map(|(x, y, name)| {
        html! { <text class="beyond" x={n(*x)} y={n(*y)} text-anchor="middle" aria-hidden="true">{ name }</text> }
    });
    let gate = arrow
        .gate
        .map(|(x, y)| html! { <path class="gate" d={format!("M{} {}v26", n(x), n(y - 13.0))} /> });
    html! { <g key={arrow.flight} class={faint}>{ wire_parts(arrow) }{ gate }{ beyond }</g> }
}

fn wire_parts(arrow: &ArrowMark) -> Html {
    let ArrowMark {
        role,
        x1,
        y1,
        x2,
        y2,
        reach,
        is_lost,
        ..
    } = arrow;
    let class = role_name(*role);
    let part = |length: f64| {
        let way = (x2 - x1).abs().max(1.0);
        let share = (way - length) / way;
        (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
    };
    // A long line is drawn as far as it can be seen: every dot of a dotted one costs time, wherever it is.
    let stroke = |class: String, from: Point, to: Point, offset: f64| {
        arrow.in_sight(from, to).map(|((x1, y1), (x2, y2))| {
            html! { <line {class} x1={n(x1)} y1={n(y1 + offset)} x2={n(x2)} y2={n(y2 + offset)} /> }
        })
    };
    // The line ends where the head begins.
    let tip = part(if *role == Role::Publish { 9.0 } else { 1.0 });
    let end = reach.unwrap_or(tip);
    let line = |offset: f64| stroke(format!("wire r-{class}"), (*x1, *y1), end, offset);
    let lines = if *role == Role::Subscribe {
        html! { <>{ line(-2.0) }{ line(2.0) }</> }
    } else {
        html! { <>{ line(0.0) }</> }
    };
    let faint = reach.is_some().then_some("faint");
    let (shape, kind): (&[Point], _) = match role {
        Role::Publish => (&[(0.0, 0.0), (-11.0, -5.5), (-11.0, 5.5)], "fill"),
        Role::Acknowledge => (&[(-9.0, -5.5), (0.0, 0.0), (-9.0, 5.5)], "open"),
        Role::Control | Role::Subscribe | Role::Fault => {
            (&[(0.0, 0.0), (-7.5, -4.0), (-7.5, 4.0)], "fill")
        }
    };
    let head = arrow.in_sight((*x2, *y2), (*x2, *y2)).map(|_| {
        let (way, drop) = (x2 - x1, y2 - y1);
        let length = (way * way + drop * drop).sqrt().max(1.0);
        let (cosine, sine) = (way / length, drop / length);
        let turned = shape.iter().enumerate().map(|(index, (x, y))| {
            let letter = if index == 0 { 'M' } else { 'L' };
            let (x, y) = (x2 + x * cosine - y * sine, y2 + x * sine + y * cosine);
            format!("{letter}{} {}", n(x), n(y))
        });
        let end = if kind == "fill" { "Z" } else { "" };
        let path: String = turned.chain([end.to_owned()]).collect();
        html! { <path class={classes!("head", kind, format!("r-{class}"), faint)} d={path} /> }
    });
    match (reach, is_lost) {
        (None, _) => html! { <>{ lines }{ head }</> },
        (Some(_), false) => {
            let ahead = stroke(format!("wire ahead r-{class}"), end, part(12.0), 0.0);
            html! { <>{ lines }{ ahead }{ head }</> }
        }
        (Some(_), true) => {
            let lost = stroke("wire lost".to_owned(), end, (*x2, *y2), 0.0);
            html! { <>{ lines }{ lost }</> }
        }
    }
}

fn cross(x: f64, y: f64) -> Html {
    html! {
        <g class="cross" transform={format!("translate({} {})", n(x), n(y))}>
            <circle r={n(CROSS)} /><path d="M-4 -4 L4 4 M4 -4 L-4 4" />
        </g>
    }
}

fn pill(arrow: &ArrowMark, faint: Option<&'static str>, dispatch: &Callback<Action>) -> Html {
    let Pill {
        x,
        y,
        width,
        title,
        detail,
        is_repeated,
        is_selected,
        is_stop,
        sentence,
    } = &arrow.pill;
    let step = arrow.step;
    // Places of its own, and no shift: a shift of something that moves makes the browser put its layers together anew.
    let (left, top) = (x - width / 2.0, y - PILL_HEIGHT / 2.0);
    let base = n(y + 4.6);
    let ghost = if *is_selected { GHOST * 1.5 } else { GHOST };
    let select = dispatch.reform(move |_: MouseEvent| Action::Select(step));
    let go = dispatch.reform(move |_: MouseEvent| Action::GoTo(step));
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" {
                event.prevent_default();
                dispatch.emit(Action::Select(step));
            }
        })
    };
    let lost = (arrow.is_lost)
        .then_some(arrow.reach)
        .flatten()
        .map(|(x, y)| cross(x, y));
    html! {
        <g key={arrow.flight}>
        <g class={classes!("pk", format!("r-{}", role_name(arrow.role)), is_selected.then_some("is-selected"), faint)}
            tabindex={if *is_stop { "0" } else { "-1" }} role="button"
            aria-pressed={is_selected.to_string()} aria-label={sentence.clone()} onclick={select} ondblclick={go} {onkeydown}>
            if *is_repeated {
                <rect class="ghost" x={n(left - ghost)} y={n(top - ghost)} width={n(*width)} height={n(PILL_HEIGHT)} rx="4" />
            }
            if *is_selected {
                <rect class="halo" x={n(left - 4.0)} y={n(top - 4.0)} width={n(width + 8.0)} height={n(PILL_HEIGHT + 8.0)} rx="7" />
            }
            <rect class="body" x={n(left)} y={n(top)} width={n(*width)} height={n(PILL_HEIGHT)} rx="4" />
            if arrow.role == Role::Subscribe {
                <rect class="inner" x={n(left + 2.5)} y={n(top + 2.5)} width={n(width - 5.0)} height={n(PILL_HEIGHT - 5.0)} rx="2" />
            }
            if let Some(detail) = detail {
                <text class="t" x={n(left + 9.0)} y={base.clone()}>{ title }{ " " }</text>
                <text class="tail" x={n(left + width - 8.0)} y={base} text-anchor="end">{ detail }</text>
            } else {
                <text class="t" x={n(*x)} y={base} text-anchor="middle">{ title }</text>
            }
        </g>
        { lost }
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct StepsProps {
    list: Shared<ListView>,
    dispatch: Callback<Action>,
}

/// The steps as the simulator prints them, for screen readers, for tests, and for those who like lists. Only those near what
/// is looked at are there.
#[component]
fn Steps(StepsProps { list, dispatch }: &StepsProps) -> Html {
    let language = use_language();
    let left_out = |count: usize| {
        (count > 0).then(|| html! {
            <li key={-1} class="left-out" aria-hidden="true"><svg class="part" width="1" height={rem(LIST_ROW * count as f64)} /></li>
        })
    };
    let blocks = list.blocks.iter().map(|block| {
        html! { <Block key={block.number} lines={block.lines.clone()} selected={block.selected} dispatch={dispatch.clone()} /> }
    });
    html! {
        <ol class="steps" id="steps" aria-label={text::STEPS_AS_LIST.to(language)}>
            { left_out(list.above) }{ for blocks }{ left_out(list.below) }
        </ol>
    }
}

#[derive(Properties, PartialEq)]
struct BlockProps {
    lines: Shared<Vec<(usize, String)>>,
    selected: Option<usize>,
    dispatch: Callback<Action>,
}

/// Some lines of the list: most stay as they are when a step is taken.
#[component]
fn Block(
    BlockProps {
        lines,
        selected,
        dispatch,
    }: &BlockProps,
) -> Html {
    let lines = lines.iter().map(|(step, line)| {
        let step = *step;
        let is_selected = *selected == Some(step);
        html! {
            <li key={step} class={is_selected.then_some("is-selected")} aria-current={is_selected.then_some("step")}
                onclick={dispatch.reform(move |_| Action::Select(step))}>{ line }</li>
        }
    });
    html! { <>{ for lines }</> }
}

#[derive(Properties, PartialEq)]
struct StripProps {
    packet: Shared<PacketView>,
}

/// The selected packet as one strip of bytes, for the projector.
#[component]
fn Strip(StripProps { packet }: &StripProps) -> Html {
    let room = packet.strip_room();
    let segments = packet.segments.iter().map(|segment| {
        let bytes = packet
            .bytes
            .iter()
            .filter(|byte| segment.bytes.contains(&byte.index));
        let cells: Vec<Html> = bytes
            .take(room)
            .map(|byte| html! { <span class={byte.is_lit.then_some("on")}>{ &byte.hex }</span> })
            .collect();
        let more = segment.bytes.len() > room;
        let name = segment.label();
        html! {
            <div class={format!("sg sg-{}", super::packet::line_name(segment.line))}>
                <div class="sb">{ for cells }if more { <span>{ "…" }</span> }</div>
                <div class="sn" title={name.clone()}>{ name }</div>
            </div>
        }
    });
    html! {
        <div class="pj strip" aria-hidden="true">
            if packet.step > 0 {
                <div class="sg">
                    <b>{ packet.label() }</b>
                    if let Some(text) = &packet.of_before { <div class="sn">{ text }</div> }
                </div>
            }
            { for segments }
        </div>
    }
}

/// A character of the time column is at most this wide.
const MONO_WIDTH: f64 = 7.6;

#[derive(Properties, PartialEq)]
pub(crate) struct PrintProps {
    pub(crate) still: Shared<Still>,
    pub(crate) moving: Shared<Moving>,
}

/// The whole ladder, outside of the screen and in light, for a file; the hatching is the page's own, in the colours of this.
#[component]
pub(crate) fn Print(PrintProps { still, moving }: &PrintProps) -> Html {
    let dispatch = Callback::noop();
    html! {
        <div id="print" data-theme="light" aria-hidden="true">
            <svg width="0" height="0">
                <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <line class="hatch" x1="0" y1="0" x2="0" y2="7" />
                </pattern>
            </svg>
            <Heads still={still.clone()} dispatch={dispatch.clone()} />
            <Drawing still={still.clone()} moving={moving.clone()} {dispatch} />
        </div>
    }
}
