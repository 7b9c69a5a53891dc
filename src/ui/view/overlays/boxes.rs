//! Boxes on top of the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Widget as _};

use super::super::super::layout::shrink;
use super::super::super::model::Model;

/// The widest that a box is inside: longer lines are hard to read.
const WIDEST: u16 = 100;

/// The width inside a box, in columns.
pub(super) fn width(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(4).min(WIDEST))
}

/// The most lines that fit inside a box.
pub(super) fn height(area: Rect) -> u16 {
    area.height.saturating_sub(4).max(1)
}

/// Draws an empty box for so many lines of this width in the middle of the area. Returns its inside.
pub(super) fn draw(model: &Model, title: &str, width: usize, lines: usize, area: Rect, buf: &mut Buffer) -> Rect {
    let wide = u16::try_from(width).unwrap_or(u16::MAX).saturating_add(4).min(area.width);
    let lines = u16::try_from(lines).unwrap_or(u16::MAX).clamp(1, height(area));
    let high = lines.saturating_add(2).min(area.height);
    let place =
        Rect { x: area.x + (area.width - wide) / 2, y: area.y + (area.height - high) / 2, width: wide, height: high };
    Clear.render(place, buf);
    Block::new()
        .borders(Borders::ALL)
        .border_set(model.theme.border_set(true))
        .border_style(model.theme.border(true))
        .title(Line::styled(format!(" {title} "), model.theme.title()))
        .render(place, buf);
    let inner = shrink(place);
    Rect { x: inner.x.saturating_add(1), width: inner.width.saturating_sub(2), ..inner }
}
