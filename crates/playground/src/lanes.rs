//! Which lanes the ladder shows, and in which order.

/// What the user has said of the lanes. The natural order is that of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// All lanes left to right, as far as the user has moved them; else empty.
    order: Vec<usize>,
    /// Those that the user has put away.
    hidden: Vec<usize>,
    /// Those that the user has asked for, the last one last: they go last where there is no room for all.
    wanted: Vec<usize>,
    /// Counts the changes: drawings depend on it.
    edition: usize,
}

impl Lanes {
    /// How often something was changed.
    #[must_use]
    pub const fn edition(&self) -> usize {
        self.edition
    }

    /// All `count` lanes left to right.
    #[must_use]
    pub fn order(&self, count: usize) -> Vec<usize> {
        if self.order.len() == count {
            return self.order.clone();
        }
        (0..count).collect()
    }

    /// The lanes that are shown left to right, if there is room for `most` of them. `keep` stays in any case: without the
    /// broker there is no arrow.
    #[must_use]
    pub fn shown(&self, count: usize, most: usize, keep: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut shown = self.order(count);
        shown.retain(|lane| !self.hidden.contains(lane));
        while shown.len() > most.max(1) {
            // The rightmost that nobody has asked for; then what was asked for longest ago.
            let rank = |lane: usize| self.wanted.iter().position(|it| *it == lane);
            let candidates = shown.iter().enumerate().rev();
            let last = candidates
                .filter(|(_, lane)| !keep(**lane))
                .min_by_key(|(_, lane)| rank(**lane).map_or(0, |rank| rank + 1))
                .map(|(place, _)| place);
            let Some(last) = last else { break };
            shown.remove(last);
        }
        shown
    }

    /// Moves a lane by so many places to the right, over those that are shown.
    pub fn shift(&mut self, lane: usize, by: isize, shown: &[usize], count: usize) {
        let Some(from) = shown.iter().position(|it| *it == lane) else {
            return;
        };
        let to = from.saturating_add_signed(by).min(shown.len() - 1);
        let Some(&neighbour) = shown.get(to).filter(|it| **it != lane) else {
            return;
        };
        let mut order = self.order(count);
        order.retain(|it| *it != lane);
        if let Some(place) = order.iter().position(|it| *it == neighbour) {
            order.insert(place + usize::from(to > from), lane);
        }
        self.order = order;
        self.edition += 1;
    }

    /// Puts a lane away, or shows it again.
    pub fn show(&mut self, lane: usize, is_shown: bool) {
        self.hidden.retain(|it| *it != lane);
        self.wanted.retain(|it| *it != lane);
        if is_shown {
            self.wanted.push(lane);
        } else {
            self.hidden.push(lane);
        }
        self.edition += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;

    /// Lane 3 is the broker.
    fn shown(lanes: &Lanes, most: usize) -> Vec<usize> {
        lanes.shown(7, most, |lane| lane == 3)
    }

    #[test]
    fn what_has_no_room_goes_from_the_right_and_the_broker_stays() {
        let lanes = Lanes::default();
        assert_eq!(shown(&lanes, 9), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(shown(&lanes, 4), [0, 1, 2, 3]);
        assert_eq!(shown(&lanes, 2), [0, 3]);
        assert_eq!(shown(&lanes, 0), [3]);
    }

    #[test]
    fn what_is_asked_for_takes_the_place_of_another() {
        let mut lanes = Lanes::default();
        lanes.show(6, true);
        assert_eq!(shown(&lanes, 4), [0, 1, 3, 6]);
        lanes.show(5, true);
        assert_eq!(shown(&lanes, 3), [3, 5, 6]);
        // The last wish is the last to go.
        assert_eq!(shown(&lanes, 2), [3, 5]);
        lanes.show(5, false);
        assert_eq!(shown(&lanes, 9), [0, 1, 2, 3, 4, 6]);
    }

    #[test]
    fn a_lane_moves_over_those_that_are_shown() {
        let mut lanes = Lanes::default();
        lanes.show(1, false);
        lanes.shift(0, 1, &[0, 2, 3], 4);
        assert_eq!(lanes.order(4), [1, 2, 0, 3]);
        lanes.shift(3, -2, &[2, 0, 3], 4);
        assert_eq!(lanes.order(4), [1, 3, 2, 0]);
        lanes.shift(3, -9, &[3, 2, 0], 4);
        assert_eq!(lanes.order(4), [1, 3, 2, 0]);
        assert_eq!(lanes.edition(), 3, "what changes nothing counts as nothing");
    }
}
