//! What lies over the page: what opens it, what puts it away, and where the keyboard goes with that.

use super::palette::{PALETTE_ID, Palette, PaletteView};
use super::stops::STOP_ID;
use super::{OpenMenu, Playground};
use crate::action::Command;
use crate::text;

/// What covers the page. What is behind it cannot be reached, so at most one is open.
#[derive(Debug)]
pub(super) enum Cover {
    /// All keys.
    Help,
    /// What the bar at the top has no room for.
    More,
    /// The command palette.
    Palette(Palette),
}

/// What is open. A list or a menu belongs to one view and hides nothing of the others, so these may be open together: the list
/// of stops stays while one goes through the run and opens menus on the map. They stay behind a cover, too.
#[derive(Debug, Default)]
pub(super) struct Over {
    cover: Option<Cover>,
    menu: Option<OpenMenu>,
    lists_lanes: bool,
    lists_stops: bool,
}

/// Something to open.
#[derive(Debug)]
pub(super) enum Layer {
    Cover(Cover),
    Menu(OpenMenu),
    Lanes,
    Stops,
}

/// Something to put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Help,
    More,
    Palette,
    Menu,
    Lanes,
    Stops,
}

/// What covers the page, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoverView {
    /// All keys.
    Help,
    /// What the bar at the top has no room for.
    More,
    /// The command palette.
    Palette(PaletteView),
}

impl Cover {
    const fn kind(&self) -> Kind {
        match self {
            Self::Help => Kind::Help,
            Self::More => Kind::More,
            Self::Palette(_) => Kind::Palette,
        }
    }
}

impl Layer {
    const fn kind(&self) -> Kind {
        match self {
            Self::Cover(cover) => cover.kind(),
            Self::Menu(_) => Kind::Menu,
            Self::Lanes => Kind::Lanes,
            Self::Stops => Kind::Stops,
        }
    }
}

impl Over {
    fn open(&mut self, layer: Layer) {
        match layer {
            Layer::Cover(cover) => self.cover = Some(cover),
            Layer::Menu(menu) => self.menu = Some(menu),
            Layer::Lanes => self.lists_lanes = true,
            Layer::Stops => self.lists_stops = true,
        }
    }

    /// Puts something away, if it is open. The keyboard stays where it is.
    pub(super) fn close(&mut self, kind: Kind) -> Option<Layer> {
        match kind {
            Kind::Help | Kind::More | Kind::Palette => {
                let cover = self.cover.take_if(|it| it.kind() == kind);
                cover.map(Layer::Cover)
            }
            Kind::Menu => self.menu.take().map(Layer::Menu),
            Kind::Lanes => std::mem::take(&mut self.lists_lanes).then_some(Layer::Lanes),
            Kind::Stops => std::mem::take(&mut self.lists_stops).then_some(Layer::Stops),
        }
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Help | Kind::More | Kind::Palette => {
                self.cover.as_ref().is_some_and(|it| it.kind() == kind)
            }
            Kind::Menu => self.menu.is_some(),
            Kind::Lanes => self.lists_lanes,
            Kind::Stops => self.lists_stops,
        }
    }

    pub(super) const fn is_covered(&self) -> bool {
        self.cover.is_some()
    }

    /// What lies on top.
    fn top(&self) -> Option<Kind> {
        let beside = [Kind::Stops, Kind::Lanes, Kind::Menu];
        let cover = self.cover.as_ref().map(Cover::kind);
        cover.or_else(|| beside.into_iter().find(|kind| self.has(*kind)))
    }

    pub(super) const fn menu(&self) -> Option<OpenMenu> {
        self.menu
    }

    pub(super) const fn palette(&self) -> Option<&Palette> {
        match &self.cover {
            Some(Cover::Palette(palette)) => Some(palette),
            _ => None,
        }
    }

    pub(super) const fn palette_mut(&mut self) -> Option<&mut Palette> {
        match &mut self.cover {
            Some(Cover::Palette(palette)) => Some(palette),
            _ => None,
        }
    }
}

impl Playground {
    /// Opens something, and moves the keyboard into it.
    pub(super) fn lay_over(&mut self, layer: Layer, commands: &mut Vec<Command>) {
        let place = match &layer {
            Layer::Cover(Cover::Help) => text::HELP_CLOSE_ID.to_owned(),
            Layer::Cover(Cover::More) => text::MORE_CLOSE_ID.to_owned(),
            Layer::Cover(Cover::Palette(_)) => PALETTE_ID.to_owned(),
            Layer::Menu(OpenMenu { form: None, .. }) => text::menu_item_id(0),
            Layer::Menu(OpenMenu { form: Some(_), .. }) => text::FORM_TOPIC_ID.to_owned(),
            Layer::Lanes => {
                let lanes = self.arrangement.lanes.order(self.story.lanes.len());
                text::lane_choice_id(lanes.first().copied().unwrap_or(0))
            }
            Layer::Stops => STOP_ID.to_owned(),
        };
        self.over.open(layer);
        commands.push(Command::Focus(place));
    }

    /// Puts something away, and moves the keyboard back to where it came from; whether it was open.
    pub(super) fn put_away(&mut self, kind: Kind, commands: &mut Vec<Command>) -> bool {
        let Some(layer) = self.over.close(kind) else {
            return false;
        };
        commands.push(Command::Focus(match layer {
            Layer::Cover(Cover::More) => text::MORE_ID.to_owned(),
            Layer::Cover(Cover::Help | Cover::Palette(_)) | Layer::Stops => {
                self.place.main_id().to_owned()
            }
            Layer::Menu(menu) => menu.target.id(),
            Layer::Lanes => text::LANES_ID.to_owned(),
        }));
        true
    }

    pub(super) fn toggle(&mut self, layer: Layer, commands: &mut Vec<Command>) {
        if !self.put_away(layer.kind(), commands) {
            self.lay_over(layer, commands);
        }
    }

    /// Puts away what lies on top; whether something did.
    pub(super) fn put_away_top(&mut self, commands: &mut Vec<Command>) -> bool {
        let top = self.over.top();
        top.is_some_and(|kind| self.put_away(kind, commands))
    }

    /// What covers the page.
    #[must_use]
    pub fn cover(&self) -> Option<CoverView> {
        Some(match self.over.cover.as_ref()? {
            Cover::Help => CoverView::Help,
            Cover::More => CoverView::More,
            Cover::Palette(palette) => CoverView::Palette(self.palette_view(palette)),
        })
    }
}
