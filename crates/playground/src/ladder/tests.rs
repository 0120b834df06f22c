use super::heads::CHIP;
use super::layout::LIFELINE_HALF;
use super::*;
use crate::fixture::robot_twice;
use crate::lanes::Lanes;
use crate::measure::{AverageWidths, Face, Measure};
use crate::story::{Fate, SpanKind};
use crate::text::Language;

const WHOLE: Window = Window {
    top: 0.0,
    height: 10_000.0,
};

fn scene<'a>(story: &'a Story, layout: &'a Layout, step: usize) -> Scene<'a> {
    let position = story.position(step);
    Scene {
        language: Language::English,
        story,
        layout,
        position,
        selected: step,
        differs: [0; 2],
        folded: 0,
        foldable: 0,
        window: WHOLE,
        measure: &AverageWidths,
    }
}

fn layout(story: &Story, width: f64) -> Layout {
    Layout::new(
        Language::English,
        story,
        &Lanes::default(),
        width,
        0,
        &AverageWidths,
    )
}

fn arrow(layout: &Layout, story: &Story, step: usize) -> Arrow {
    let (flight, _) = story.flight_of(step).expect("a packet");
    layout.arrows[flight].expect("an arrow")
}

#[test]
fn lanes_stand_where_the_design_has_them() {
    let story = robot_twice();
    for (width, expected) in [
        (720.0, [154.0, 372.0, 590.0]),
        (366.0, [60.0, 188.0, 316.0]),
    ] {
        assert_eq!(
            layout(&story, width).lanes,
            expected.map(Some),
            "in {width} px"
        );
    }
}

#[test]
fn wide_panes_get_wider_lanes_up_to_a_limit_and_are_centred() {
    let story = robot_twice();
    let layout = layout(&story, 1192.0);
    assert_eq!(layout.lanes, [254.0, 608.0, 962.0].map(Some));
    assert_eq!(layout.time_right, 194.0);
}

#[test]
fn long_step_numbers_and_times_are_not_cut() {
    let mut story = robot_twice();
    let (short, few) = (layout(&story, 720.0), story.steps.len());
    let last = story.steps.last().expect("steps").clone();
    story.steps.resize(few.max(43_821), last);
    for step in story.steps.iter_mut().skip(few) {
        step.mark.at = 2_000_000_000_000;
    }
    for width in [720.0, 366.0] {
        let long = layout(&story, width);
        let number = AverageWidths.width("43821", Face::Strong);
        assert!(long.step_right >= number, "in {width} px");
        assert!(long.gutter > long.step_right);
        if !long.narrow {
            let time = AverageWidths.width("2000000.000", Face::Strong);
            assert!(long.time_right - time >= long.step_right, "in {width} px");
            assert!(long.gutter >= long.time_right);
            assert!(long.lanes[0].expect("a lane") > short.lanes[0].expect("a lane"));
        }
    }
}

#[test]
fn slants_show_latency_within_bounds() {
    for (latency_ms, drop) in [(40, 20.0), (60, 30.0), (5, 16.0), (1000, 60.0)] {
        let mut story = robot_twice();
        story.steps.truncate(1);
        story.flights[0].due = latency_ms * 1000;
        let arrow = arrow(&layout(&story, 720.0), &story, 1);
        assert_eq!(arrow.y2 - arrow.y1, drop, "{latency_ms} ms");
    }
}

#[test]
fn a_silence_is_collapsed_and_written_out() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let [first, second] = layout.gaps[..] else {
        panic!("{:?}", layout.gaps)
    };
    assert_eq!((first.before, second.before), (7, 13));
    assert_eq!(
        text::seconds_short(Language::English, second.micros),
        "2.06 s"
    );
    let cut = layout.row(12).expect("the cut").y;
    assert_eq!(layout.row(13).expect("the return").y - cut, 56.0);
}

#[test]
fn rows_follow_each_other_and_arrivals_come_before_what_they_cause() {
    let story = robot_twice();
    for width in [320.0, 366.0, 480.0, 720.0, 1400.0] {
        let layout = layout(&story, width);
        for pair in layout.rows.windows(2) {
            assert!(pair[1].y >= pair[0].y + 15.9, "{width}: {pair:?}");
        }
        for (flight, arrow) in story.flights.iter().zip(&layout.arrows) {
            let Fate::Arrived(end) = flight.fate else {
                continue;
            };
            let tip = arrow.expect("an arrow").y2;
            for (later, other) in story.flights.iter().zip(&layout.arrows) {
                if later.from == flight.to && later.sent > end {
                    assert!(
                        other.expect("an arrow").y1 >= tip,
                        "{width}: {} before {}",
                        later.face.title(),
                        flight.face.title()
                    );
                }
            }
        }
    }
}

#[test]
fn pills_never_overlap() {
    let story = robot_twice();
    for width in [320.0, 366.0, 420.0, 560.0, 720.0, 1400.0] {
        let layout = layout(&story, width);
        let still = scene(&story, &layout, story.last_step()).still();
        let pills: Vec<(usize, Rect)> = still
            .arrows
            .iter()
            .map(|it| {
                (
                    it.step,
                    Rect::around(it.pill.x, it.pill.y, it.pill.width, PILL_HEIGHT),
                )
            })
            .collect();
        for (index, (step, pill)) in pills.iter().enumerate() {
            for (other_step, other) in &pills[index + 1..] {
                assert!(!pill.meets(other), "{width}: steps {step} and {other_step}");
            }
        }
    }
}

/// What is written on the drawing, and where: nothing of it may cover another.
fn boxes(still: &Still) -> Vec<(String, Rect)> {
    let arrows = still.arrows.iter().flat_map(|it| {
        let pill = Rect::around(it.pill.x, it.pill.y, it.pill.width, PILL_HEIGHT);
        let name = it.beyond.as_ref().map(|(x, y, name)| {
            let width = AverageWidths.width(name, Face::Strong);
            (name.clone(), Rect::around(*x, y - 4.0, width, 14.0))
        });
        let step = format!("the pill of step {}", it.step);
        [Some((step, pill)), name].into_iter().flatten()
    });
    let notes = still.notes.iter().map(|it| (it.text.clone(), it.rect));
    let effects = still.effects.iter().flat_map(|it| {
        let total = it.total.as_ref().map(|(x, text)| {
            let width = AverageWidths.width(text, Face::Strong);
            (
                text.clone(),
                Rect::around(x + width / 2.0, it.rect.bottom() + 12.0, width, 14.0),
            )
        });
        [Some((it.text.clone(), it.rect)), total]
            .into_iter()
            .flatten()
    });
    let outages = still.outages.iter().filter_map(|it| {
        let (x, y) = it.label?;
        Some((it.text.to_owned(), Rect::around(x, y, it.label_width, 26.0)))
    });
    arrows.chain(notes).chain(effects).chain(outages).collect()
}

/// Asserts that nothing that is written on a drawing covers another.
fn covers_nothing(still: &Still, of: &str) {
    let mut boxes = boxes(still);
    boxes.sort_by(|one, other| one.1.y.total_cmp(&other.1.y));
    for (index, (what, place)) in boxes.iter().enumerate() {
        let near = boxes[index + 1..].iter();
        for (other, it) in near.take_while(|(_, it)| it.y < place.bottom()) {
            assert!(!place.meets(it), "{of}: {what} and {other} at {it:?}");
        }
    }
}

fn built_in(file: &str) -> crate::run::Run {
    let all = crate::library::built_in();
    let found = all.iter().find(|it| &*it.file == file).expect("built in");
    let work = crate::work::Work::untouched(found);
    crate::run::Run::of(work, &device::script::Interpreter::default()).expect("a run")
}

#[test]
fn side_by_side_nothing_covers_anything() {
    for pair in [
        ["qos1", "qos1-puback-lost"],
        ["qos0", "qos0-publish-lost"],
        ["qos2", "qos2-pubcomp-lost"],
    ] {
        let runs = pair.map(built_in);
        for width in [366.0, 440.0, 600.0] {
            let mut layouts = runs.each_ref().map(|run| layout(run.story(), width));
            align(&mut layouts);
            for ((run, layout), file) in runs.iter().zip(&layouts).zip(pair) {
                let scene = scene(run.story(), layout, run.story().last_step());
                covers_nothing(&scene.still(), &format!("{file} in {width} px"));
            }
        }
    }
}

#[test]
fn side_by_side_a_lost_packet_covers_no_label() {
    let whole = built_in("qos1");
    let text = include_str!("../../../../scenarios/qos1-puback-lost.mqtt");
    let (text, _) = text.split_once("when ").expect("it cuts a link");
    for (packet, from, len) in [("PUBLISH", "broker", 27), ("PUBACK", "robot-1", 4)] {
        for sent in 1..=len {
            let cut = format!(
                "{text}when {packet} from {from} is on the wire: cut robot-1 to broker after {sent} B for 2 s\n"
            );
            let work = crate::work::Work::own("cut".into(), &cut).expect("a world");
            let run = crate::run::Run::of(work, &device::script::Interpreter::default());
            let run = run.expect("a run");
            for width in [366.0, 480.0, 600.0, 720.0] {
                let mut layouts = [&whole, &run].map(|run| layout(run.story(), width));
                align(&mut layouts);
                let scene = scene(run.story(), &layouts[1], run.story().last_step());
                let of = format!("{packet} cut after {sent} bytes, in {width} px");
                covers_nothing(&scene.still(), &of);
            }
        }
    }
}

#[test]
fn what_is_not_played_yet_is_written_beside_the_session() {
    for file in ["qos1", "qos2", "qos2-pubrec-lost"] {
        let run = built_in(file);
        let story = run.story();
        for width in [366.0, 440.0, 600.0, 720.0, 900.0] {
            let layout = layout(story, width);
            for step in 1..story.last_step() {
                let moving = scene(story, &layout, step).moving();
                let (Some(session), Some((x, y, text))) = (moving.session, moving.future) else {
                    continue;
                };
                let half = AverageWidths.width(&text, Face::Plain) / 2.0;
                let label = Rect {
                    x: x - half,
                    y: y - 12.0,
                    width: half * 2.0,
                    height: 16.0,
                };
                assert!(
                    !label.meets(&session.rect),
                    "{file} in {width} px at step {step}: {label:?}"
                );
                assert!(label.bottom() < moving.height);
            }
        }
    }
}

#[test]
fn in_no_scenario_does_anything_cover_anything() {
    for built_in in crate::library::built_in() {
        let work = crate::work::Work::untouched(&built_in);
        let Some(run) = crate::run::Run::of(work, &device::script::Interpreter::default()) else {
            continue;
        };
        let story = run.story();
        for hidden in [None, Some(0), Some(story.lanes.len() - 1)] {
            for (language, width) in [
                (Language::English, 720.0),
                (Language::German, 720.0),
                (Language::German, 366.0),
                (Language::English, 1192.0),
            ] {
                let mut lanes = Lanes::default();
                if let Some(lane) = hidden {
                    lanes.show(lane, false);
                }
                let layout = Layout::new(language, story, &lanes, width, 0, &AverageWidths);
                let scene = Scene {
                    language,
                    ..scene(story, &layout, story.last_step())
                };
                let of = format!("{} in {width} px without {hidden:?}", built_in.file);
                covers_nothing(&scene.still(), &of);
            }
        }
    }
}

#[test]
fn a_layout_that_grows_is_what_a_fresh_one_is() {
    for built_in in crate::library::built_in() {
        let work = crate::work::Work::untouched(&built_in);
        let Some(mut run) = crate::run::Run::new(work, &device::script::Interpreter::default())
        else {
            continue;
        };
        if run.lacks_machines() > 0 {
            continue;
        }
        let lanes = Lanes::default();
        let mut growing = Growing::default();
        let mut slices = 0;
        while !run.is_over() {
            run.go_on(7);
            slices += 1;
            // Much that is new at once, too, and where the run stands still for a while.
            if slices > 400 && slices % 97 != 0 {
                continue;
            }
            let story = run.story();
            let layout = growing.layout(
                Language::English,
                story,
                &lanes,
                600.0,
                (0, usize::MAX),
                &AverageWidths,
            );
            let fresh = Layout::new(Language::English, story, &lanes, 600.0, 0, &AverageWidths);
            assert!(
                layout == fresh,
                "{} after {} records",
                built_in.file,
                story.records()
            );
        }
    }
}

#[test]
fn a_packet_of_a_hidden_lane_is_a_stub_with_its_name() {
    let story = robot_twice();
    for width in [366.0, 720.0, 1400.0] {
        let mut lanes = Lanes::default();
        lanes.show(2, false);
        let layout = Layout::new(Language::English, &story, &lanes, width, 0, &AverageWidths);
        let still = scene(&story, &layout, story.last_step()).still();
        let packets = story.flights.iter().filter(|it| it.fate != Fate::Open);
        assert_eq!(still.arrows.len(), packets.count(), "in {width} px");
        let broker = layout.lane(1).expect("the broker");
        for arrow in &still.arrows {
            let flight = &story.flights[arrow.flight];
            let is_hidden = flight.from == 2 || flight.to == 2;
            assert_eq!(
                arrow.beyond.is_some(),
                is_hidden,
                "in {width} px: {arrow:?}"
            );
            if is_hidden {
                let near = if flight.to == 2 { arrow.x1 } else { arrow.x2 };
                assert_eq!((near - broker).abs(), LIFELINE_HALF);
                let far = if flight.to == 2 { arrow.x2 } else { arrow.x1 };
                let other = layout.lane(0).expect("the phone");
                assert!(
                    (far - other).abs() > LIFELINE_HALF && far < width,
                    "{far} in {width} px"
                );
            }
        }
        let acts: Vec<&str> = still.notes.iter().map(|it| it.text.as_str()).collect();
        assert!(acts.contains(&"robot-1: drives 1 m"), "{acts:?}");
        assert!(acts.contains(&"robot-1: link cut"), "{acts:?}");
    }
}

#[test]
fn details_drop_out_where_a_pill_would_hide_its_arrow() {
    let story = robot_twice();
    for (width, expected) in [
        (720.0, Label::Full),
        (560.0, Label::Name),
        (366.0, Label::Name),
    ] {
        assert_eq!(
            arrow(&layout(&story, width), &story, 7).label,
            expected,
            "in {width} px"
        );
    }
    assert_eq!(
        arrow(&layout(&story, 366.0), &story, 15).label,
        Label::Short,
        "DUP is said even where there is little room"
    );
}

/// A font that is wider than most.
struct Wide;

impl Measure for Wide {
    fn width(&self, text: &str, face: Face) -> f64 {
        AverageWidths.width(text, face) * 1.25
    }
}

#[test]
fn that_a_packet_is_lost_is_said_and_not_before_it_is() {
    let story = robot_twice();
    let open = |story: &Story| {
        let mut story = story.clone();
        let (puback, _) = story.flight_of(11).expect("PUBACK");
        story.flights[puback].fate = Fate::Open;
        story
    };
    let laid_out = |story: &Story, width| {
        let lanes = Lanes::default();
        Layout::new(Language::English, story, &lanes, width, 0, &Wide)
    };
    for width in [680.0, 712.0, 1192.0] {
        let layout = laid_out(&story, width);
        let look = |step| Scene {
            measure: &Wide,
            ..scene(&story, &layout, step)
        };
        let pill = |step: usize, arrows: Vec<ArrowMark>| {
            let arrow = arrows.into_iter().find(|it| it.step == step);
            arrow.expect("an arrow").pill
        };
        let lost = pill(11, look(12).still().arrows);
        assert_eq!(lost.detail.as_deref(), Some("lost"), "in {width} px");
        // As long as it flies it looks as any other.
        let other = laid_out(&open(&story), width);
        let other = Scene {
            layout: &other,
            ..look(11)
        };
        assert_eq!(
            pill(11, look(11).moving().arrows),
            pill(11, other.moving().arrows),
            "in {width} px"
        );
        // Whether there is a session is the point of the lesson.
        let still = look(story.last_step()).still();
        let details: Vec<_> = [13, 14]
            .map(|step| pill(step, still.arrows.clone()).detail)
            .into();
        let expected = ["clean 0", "session 1"].map(|it| Some(it.to_owned()));
        assert!(
            width < 700.0 || details == expected,
            "{details:?} in {width} px"
        );
    }
}

#[test]
fn arrows_of_hidden_lanes_point_to_their_side_and_stay_in_the_pane() {
    let run = built_in("topics");
    let story = run.story();
    let count = story.lanes.len();
    let only = |kept: usize| {
        let mut lanes = Lanes::default();
        for lane in (0..count).filter(|it| *it != kept && !story.is_broker(*it)) {
            lanes.show(lane, false);
        }
        lanes
    };
    let choices = [Lanes::default()].into_iter().chain((0..count).map(only));
    for (number, lanes) in choices.enumerate() {
        for width in [320.0, 360.0, 390.0, 430.0, 720.0] {
            let layout = Layout::new(Language::English, story, &lanes, width, 0, &Wide);
            let scene = Scene {
                measure: &Wide,
                ..scene(story, &layout, story.last_step())
            };
            let still = scene.still();
            let stubs = still.arrows.iter().filter(|it| it.beyond.is_some());
            assert!(number == 0 || stubs.clone().count() > 0);
            for arrow in stubs {
                let flight = &story.flights[arrow.flight];
                let is_right = flight.to > flight.from;
                assert_eq!(
                    arrow.x2 > arrow.x1,
                    is_right,
                    "{number} in {width} px: {arrow:?}"
                );
                let half = arrow.pill.width / 2.0;
                let reach = (arrow.pill.x - half, arrow.pill.x + half);
                assert!(
                    reach.0 >= 0.0 && reach.1 <= width,
                    "{number}: {reach:?} in {width} px"
                );
                assert!(arrow.x1.max(arrow.x2) <= width, "{number} in {width} px");
            }
            // The count of hidden lanes covers no head.
            let heads = still.heads.iter();
            let right = heads.map(|it| it.x + it.width / 2.0).fold(0.0, f64::max);
            let chip = if still.is_chip_left { 0.0 } else { CHIP };
            assert!(right <= width - chip, "{number}: {right} in {width} px");
        }
    }
}

#[test]
fn what_the_cut_took_is_the_packet_of_its_step() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let lit = |step| {
        let still = scene(&story, &layout, step).still();
        let lit = still.arrows.into_iter().find(|it| it.pill.is_selected);
        lit.map(|it| it.step)
    };
    assert_eq!(lit(12), Some(11), "the cut");
    assert_eq!(lit(10), None, "what the robot does is no packet");
    for step in 7..=18 {
        let scene = scene(&story, &layout, step);
        let arrows = [true, false]
            .into_iter()
            .flat_map(|is_flying| scene.arrows(is_flying));
        let stops = arrows.filter(|it| it.pill.is_stop);
        assert_eq!(
            stops.count(),
            1,
            "the Tab key comes to the ladder at step {step}"
        );
    }
}

#[test]
fn what_is_held_stands_before_a_gate() {
    let mut story = robot_twice();
    // The order of the phone is sent while its link is held, and is there later.
    let (order, _) = story.flight_of(7).expect("PUBLISH");
    let Fate::Arrived(arrived) = story.flights[order].fate else {
        panic!("it arrives")
    };
    let from = story.flights[order].sent;
    story.flights[order].held = Some(crate::story::Interval { from, until: None });
    story.flights[order].fate = Fate::Open;
    for width in [366.0, 720.0] {
        let layout = layout(&story, width);
        let at = |now| Scene {
            position: Position {
                step: 7,
                shown: from.record + 1,
                now,
            },
            ..scene(&story, &layout, 7)
        };
        let mark = at(arrived.at + 5_000_000).moving().arrows[0].clone();
        let (gate, _) = mark.gate.expect("a gate");
        assert!(
            mark.pill.x + mark.pill.width / 2.0 < gate,
            "the pill is before it"
        );
        assert!(
            gate < mark.x2 - 3.0,
            "in {width} px, and it before the lifeline: {mark:?}"
        );
        let part = (mark.pill.x - mark.pill.width / 2.0 - mark.x1) / (mark.x2 - mark.x1);
        assert!(part < 0.3, "{part} in {width} px");
        if width > 700.0 {
            assert_eq!(mark.pill.detail.as_deref(), Some("held"));
        }
        assert!(
            mark.pill.sentence.ends_with(", held"),
            "{}",
            mark.pill.sentence
        );
        // On the way to the gate it moves as any other.
        assert_eq!(at(from.at + 2_000).moving().arrows[0].gate, None);
    }
}

#[test]
fn a_sent_packet_stands_in_mid_flight_on_its_arrow_and_at_the_present() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let moving = scene(&story, &layout, 15).moving();
    let [flying] = &moving.arrows[..] else {
        panic!("{:?}", moving.arrows)
    };
    let arrow = arrow(&layout, &story, 15);
    let (x, y) = arrow.point(arrow.pill_part(5.0 / 12.0));
    assert_eq!((flying.pill.x, flying.pill.y), (x, y));
    assert_eq!(moving.now_y, arrow.point(5.0 / 12.0).1);
    assert!((moving.now_y - y).abs() < 2.0, "the pill is at the present");
    assert!(
        flying.pill.x - flying.pill.width / 2.0 > arrow.x1,
        "and beside the lifeline"
    );
    assert_eq!(
        moving.flag.as_ref().map(|flag| flag.text.as_str()),
        Some("now 3.349 s")
    );
}

#[test]
fn of_a_long_arrow_only_what_can_be_seen_is_drawn() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let mut mark = scene(&story, &layout, 15).moving().arrows[0].clone();
    mark.sight = (100.0, 300.0);
    for (from, to, expected) in [
        // Within, through, out of and into sight, downward and upward.
        (
            (0.0, 120.0),
            (50.0, 200.0),
            Some(((0.0, 120.0), (50.0, 200.0))),
        ),
        (
            (0.0, 0.0),
            (400.0, 400.0),
            Some(((100.0, 100.0), (300.0, 300.0))),
        ),
        (
            (0.0, 200.0),
            (200.0, 400.0),
            Some(((0.0, 200.0), (100.0, 300.0))),
        ),
        (
            (0.0, 400.0),
            (400.0, 0.0),
            Some(((100.0, 300.0), (300.0, 100.0))),
        ),
        (
            (7.0, 300.0),
            (7.0, 300.0),
            Some(((7.0, 300.0), (7.0, 300.0))),
        ),
        ((0.0, 0.0), (50.0, 99.0), None),
        ((0.0, 301.0), (50.0, 9_000.0), None),
        ((0.0, 50.0), (90.0, 50.0), None),
    ] {
        assert_eq!(mark.in_sight(from, to), expected, "{from:?} to {to:?}");
    }
    (mark.pill.y, mark.pill.is_selected) = (301.0, false);
    assert!(!mark.has_pill());
    mark.pill.is_selected = true;
    assert!(mark.has_pill(), "the selected one has the focus");
}

#[test]
fn nothing_of_the_future_is_drawn() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    for step in 0..=story.last_step() {
        let scene = scene(&story, &layout, step);
        let (still, moving) = (scene.still(), scene.moving());
        assert!(
            still.rows.iter().all(|row| row.step <= step),
            "rows at step {step}"
        );
        let arrows = still.arrows.iter().chain(&moving.arrows);
        assert!(
            arrows.clone().all(|arrow| arrow.step <= step),
            "arrows at step {step}"
        );
        assert_eq!(
            arrows.filter(|arrow| arrow.is_lost).count(),
            usize::from(step >= 12),
            "losses at step {step}"
        );
        assert!(
            still.effects.len() <= usize::from(step >= 10) + usize::from(step >= 16),
            "effects at step {step}"
        );
        assert_eq!(
            still.outages.len() + moving.outages.len(),
            usize::from(step >= 12),
            "outages at step {step}"
        );
        let lost_word = moving
            .arrows
            .iter()
            .any(|arrow| arrow.pill.detail.as_deref() == Some("lost"));
        assert!(
            !lost_word,
            "a packet in flight is not lost yet, at step {step}"
        );
    }
}

#[test]
fn the_bracket_opens_at_the_first_send_and_closes_at_the_acknowledgement() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let at = |step| {
        let scene = scene(&story, &layout, step);
        (scene.moving().brackets, scene.still().brackets)
    };
    let first_send = arrow(&layout, &story, 9).y1;
    let (open, _) = at(15);
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].x, open[0].y1, open[0].is_open),
        (372.0 - 14.0, first_send, true)
    );
    let (open, closed) = at(story.last_step());
    assert!(open.is_empty());
    assert_eq!(
        closed.iter().map(|it| it.x).collect::<Vec<_>>(),
        [154.0 - 14.0, 372.0 - 14.0]
    );
    assert_eq!(closed[1].y2, arrow(&layout, &story, 17).y2);
}

#[test]
fn the_session_box_counts_what_has_happened_and_hides_nothing() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let session = scene(&story, &layout, 15)
        .moving()
        .session
        .expect("room for the box");
    let facts: Vec<(&str, &str)> = session
        .facts
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        facts,
        [
            ("in flight", "id 7"),
            ("sent", "2 times"),
            ("acknowledged", "no"),
            ("survived a cut", "yes")
        ]
    );
    for arrow in layout.arrows.iter().flatten() {
        let pill = Rect::around(
            arrow.point(arrow.rest).0,
            arrow.point(arrow.rest).1,
            arrow.pill,
            PILL_HEIGHT,
        );
        assert!(!session.rect.meets(&pill), "{pill:?}");
    }
}

#[test]
fn the_connection_has_a_gap_where_the_session_goes_on() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let bars = scene(&story, &layout, 15).still().bars;
    let robot = |kind| {
        bars.iter()
            .filter(|bar| bar.x == 590.0 && bar.kind == kind)
            .count()
    };
    assert_eq!(
        (robot(SpanKind::Session), robot(SpanKind::Connection)),
        (1, 2)
    );
}

#[test]
fn only_the_window_is_drawn() {
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let last = story.last_step();
    let all = scene(&story, &layout, last).still().arrows.len();
    let window = Window {
        top: 0.0,
        height: 60.0,
    };
    let some = Scene {
        window,
        ..scene(&story, &layout, last)
    }
    .still()
    .arrows
    .len();
    assert!(some > 0 && some < all / 2, "{some} of {all}");
}

#[test]
fn what_is_seen_below_the_window_is_drawn() {
    // The window moves in steps of half its height: as much below it may be on the screen.
    let story = robot_twice();
    let layout = layout(&story, 720.0);
    let last = story.last_step();
    let window = Window {
        top: 0.0,
        height: 120.0,
    };
    let drawn = Scene {
        window,
        ..scene(&story, &layout, last)
    }
    .still()
    .arrows;
    let seen = window.top + window.height * 1.5;
    let flights = layout.arrows.iter().flatten();
    let below = flights.filter(|it| it.y1 > window.height && it.y1 < seen);
    let below: Vec<f64> = below.map(|it| it.y1).collect();
    assert!(!below.is_empty());
    for y in below {
        assert!(drawn.iter().any(|it| it.y1 == y), "nothing at {y}");
    }
}
