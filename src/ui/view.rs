//! The view: draws the model as it is, and changes nothing.

mod bar;
mod header;
mod overlays;
mod panes;
mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget as _};

pub(crate) use header::mode_word;
pub(crate) use overlays::{most_scroll, ward_heights};

use super::command::Command;
use super::layout::{LEAST, is_too_small, lay_out};
use super::model::Model;

/// Draws the whole screen. Returns where the cursor is shown: in a text field, else nowhere.
pub(crate) fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if is_too_small(area.as_size()) {
        too_small(model, area, buf);
        return None;
    }
    let layout = lay_out(area.as_size(), model.pane, model.zoomed);
    header::draw(model, layout.header, buf);
    for place in &layout.panes {
        panes::draw(model, place, buf);
    }
    if let Some(area) = layout.detail {
        panes::draw_detail(model, area, buf);
    }
    if let Some(area) = layout.approvals {
        panes::draw_approvals(model, area, buf);
    }
    let cursor = overlays::draw(model, area, buf);
    let typed = bar::draw(model, layout.bar, buf);
    if model.theme.is_ascii() {
        in_ascii(area, buf);
    }
    typed.or(cursor)
}

/// Replaces whatever is left that is not ASCII, such as the sign of a cut and names in other scripts.
fn in_ascii(area: Rect, buf: &mut Buffer) {
    for position in area.intersection(buf.area).positions() {
        if let Some(cell) = buf.cell_mut(position).filter(|cell| !cell.symbol().is_ascii()) {
            let is_cut = cell.symbol() == "…";
            cell.set_symbol(if is_cut { "~" } else { "?" });
        }
    }
}

fn too_small(model: &Model, area: Rect, buf: &mut Buffer) {
    let words = format!("too small: {}x{}, needs {}x{}", area.width, area.height, LEAST.width, LEAST.height);
    let keys = format!("{} pauses, Ctrl-c twice leaves", model.keys.first_key(Command::Pause));
    let lines = vec![Line::from(words), Line::from("spotkeeper goes on"), Line::from(keys)];
    Paragraph::new(lines).alignment(Alignment::Center).render(area, buf);
}
