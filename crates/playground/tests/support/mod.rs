//! What the tests of the page's model begin with.

use playground::action::{Start, Theme};
use playground::measure::AverageWidths;
use playground::{Action, Command, FilesAction, Playground};

/// A page that has begun like this, and moves as it does before most users.
pub(crate) fn page(start: Start) -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::Begin(start));
    page
}

/// The same without motion: what a step shows at once is what it shows at last.
#[allow(dead_code, reason = "not every test looks at places")]
pub(crate) fn still_page(start: Start) -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::ReduceMotion(true));
    page.update(Action::Begin(start));
    page
}

/// Draws frames for as long as the page wants any; what else it wants.
#[allow(dead_code, reason = "not every test waits")]
pub(crate) fn rest(page: &mut Playground) -> Vec<Command> {
    let mut all = Vec::new();
    let mut frames = 0;
    loop {
        let mut next = page.update(Action::Tick(16_000));
        let wants_frame = next.contains(&Command::RequestFrame);
        all.append(&mut next);
        if !wants_frame {
            return all;
        }
        frames += 1;
        assert!(frames < 100_000, "no end");
    }
}

/// Chooses a file, as a user does, and gives the page what it wants to know of it until it has all.
#[allow(dead_code, reason = "not every test opens files")]
pub(crate) fn open_file(page: &mut Playground, name: &str, bytes: &[u8]) -> Vec<Command> {
    let mut all = Vec::new();
    let wide = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let mut next = page.update(Action::Files(FilesAction::Chosen {
        file: 1,
        name: name.to_owned(),
        bytes: wide(bytes.len()),
    }));
    loop {
        let wanted = next.iter().find_map(|it| match it {
            Command::ReadFile { file, from, until } => Some((*file, *from, *until)),
            _ => None,
        });
        let wants_frame = next.contains(&Command::RequestFrame);
        all.append(&mut next);
        let place = |it: u64| usize::try_from(it).unwrap_or(usize::MAX).min(bytes.len());
        next = match wanted {
            Some((file, from, until)) => {
                let piece = bytes.get(place(from)..place(until)).map(<[u8]>::to_vec);
                page.update(Action::Files(FilesAction::Piece(file, from, piece)))
            }
            None if wants_frame => page.update(Action::Tick(16_000)),
            None => return all,
        };
    }
}
