//! Where everything is, for a size of the terminal: a pure function that view and update share.

use ratatui::layout::{Rect, Size};

use super::pane::Pane;

/// The places of everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    /// The first line.
    pub(crate) header: Rect,
    /// The last line.
    pub(crate) bar: Rect,
    /// The panes that are on screen.
    pub(crate) panes: Vec<Place>,
    /// What the planner says of the selected machine.
    pub(crate) detail: Option<Rect>,
    /// The steps that wait for a yes, where there is room for them all the time.
    pub(crate) approvals: Option<Rect>,
}

/// The place of one pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which pane.
    pub(crate) pane: Pane,
    /// Its outer area.
    pub(crate) area: Rect,
    /// Whether it has a border.
    pub(crate) framed: bool,
    /// Whether its title names all panes, because the others are behind it.
    pub(crate) tabbed: bool,
    /// How many of its lines inside the border belong to the summary of the selected machine.
    pub(crate) summary: u16,
}

impl Place {
    /// The area of the rows with their heads.
    pub(crate) fn table(&self) -> Rect {
        let inner = self.inner();
        Rect { height: inner.height.saturating_sub(self.summary), ..inner }
    }

    /// The area inside the border.
    pub(crate) fn inner(&self) -> Rect {
        if self.framed { shrink(self.area) } else { self.area }
    }
}

/// The least size that anything is drawn at.
pub(crate) const LEAST: Size = Size { width: 60, height: 12 };

/// Inside a border.
pub(crate) fn shrink(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Whether nothing but the size that is needed can be drawn.
pub(crate) fn is_too_small(size: Size) -> bool {
    size.width < LEAST.width || size.height < LEAST.height
}

/// Lays everything out. Nothing is anywhere in a terminal that is too small.
pub(crate) fn lay_out(size: Size, focus: Pane, zoomed: bool) -> Layout {
    if is_too_small(size) {
        return Layout::default();
    }
    let header = Rect { x: 0, y: 0, width: size.width, height: 1 };
    let bar = Rect { y: size.height - 1, ..header };
    let area = Rect { x: 0, y: 1, width: size.width, height: size.height - 2 };
    let middle = match size {
        _ if zoomed => zoom(area, focus),
        Size { width, height } if width >= 180 && height >= 40 => widest(area),
        Size { width, height } if width >= 120 && height >= 40 => wide(area),
        Size { width, height } if width >= 80 && height >= 24 => tabbed(area, focus),
        _ => minimal(area, focus),
    };
    Layout { header, bar, ..middle }
}

fn framed(pane: Pane, area: Rect) -> Place {
    Place { pane, area, framed: true, tabbed: false, summary: 0 }
}

fn zoom(area: Rect, focus: Pane) -> Layout {
    Layout { panes: vec![Place { tabbed: true, ..framed(focus, area) }], ..Layout::default() }
}

fn minimal(area: Rect, focus: Pane) -> Layout {
    let summary = if focus == Pane::Log { 0 } else { (area.height * 2 / 5).min(5) };
    Layout { panes: vec![Place { pane: focus, area, framed: false, tabbed: false, summary }], ..Layout::default() }
}

fn tabbed(area: Rect, focus: Pane) -> Layout {
    let log_height = (area.height / 4).clamp(6, 12);
    let (above, below) = split_down(area, area.height - log_height);
    let first = |area, pane| Place { tabbed: true, summary: 5, ..framed(pane, area) };
    let panes = match focus {
        Pane::Log => vec![Place { tabbed: true, ..framed(Pane::Log, area) }],
        pane => vec![first(above, pane), framed(Pane::Log, below)],
    };
    Layout { panes, ..Layout::default() }
}

fn wide(area: Rect) -> Layout {
    let (lists, below) = split_down(area, area.height - (area.height / 3).max(12));
    let (log, detail) = split_right(below, below.width / 2);
    let mut panes = lists_over(lists);
    panes.push(framed(Pane::Log, log));
    Layout { panes, detail: Some(detail), ..Layout::default() }
}

fn widest(area: Rect) -> Layout {
    let (left, right) = split_right(area, area.width - area.width / 3);
    let (approvals, detail) = split_down(right, (right.height / 3).max(10));
    let (lists, log) = split_down(left, left.height - (left.height / 4).max(10));
    let mut panes = lists_over(lists);
    panes.push(framed(Pane::Log, log));
    Layout { panes, detail: Some(detail), approvals: Some(approvals), ..Layout::default() }
}

/// The machines, and below them requests, instances and volumes side by side.
fn lists_over(area: Rect) -> Vec<Place> {
    let (machines, middle) = split_down(area, area.height / 2);
    let third = middle.width / 3;
    let (requests, rest) = split_right(middle, third);
    let (instances, volumes) = split_right(rest, third);
    vec![
        framed(Pane::Machines, machines),
        framed(Pane::Requests, requests),
        framed(Pane::Instances, instances),
        framed(Pane::Volumes, volumes),
    ]
}

fn split_down(area: Rect, above: u16) -> (Rect, Rect) {
    let above = above.min(area.height);
    let upper = Rect { height: above, ..area };
    (upper, Rect { y: area.y + above, height: area.height - above, ..area })
}

fn split_right(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    let first = Rect { width: left, ..area };
    (first, Rect { x: area.x + left, width: area.width - left, ..area })
}

impl Layout {
    /// The place of a pane, if it is on screen.
    pub(crate) fn place(&self, pane: Pane) -> Option<&Place> {
        self.panes.iter().find(|place| place.pane == pane)
    }

    /// The pane under a point.
    pub(crate) fn pane_at(&self, column: u16, row: u16) -> Option<&Place> {
        self.panes.iter().find(|place| place.area.contains((column, row).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_inside_the_terminal_and_nothing_on_top_of_anything() {
        for (width, height) in [(60, 12), (60, 15), (80, 24), (119, 39), (120, 40), (180, 40), (200, 60), (500, 200)] {
            for focus in Pane::ALL {
                for zoomed in [false, true] {
                    let size = Size { width, height };
                    let layout = lay_out(size, focus, zoomed);
                    let mut areas: Vec<Rect> = layout.panes.iter().map(|place| place.area).collect();
                    areas.extend([layout.header, layout.bar]);
                    areas.extend(layout.detail.into_iter().chain(layout.approvals));
                    let whole = Rect { x: 0, y: 0, width, height };
                    assert_eq!(areas.iter().map(|area| area.area()).sum::<u32>(), whole.area(), "{size} {focus:?}");
                    assert!(areas.iter().all(|area| whole.intersection(*area) == *area));
                    assert!(layout.place(focus).is_some(), "{focus:?} is not on screen at {size}");
                }
            }
        }
    }

    #[test]
    fn a_terminal_that_is_too_small_has_no_places() {
        for (width, height) in [(0, 0), (1, 1), (59, 200), (500, 11)] {
            assert_eq!(lay_out(Size { width, height }, Pane::Machines, false), Layout::default());
        }
    }
}
