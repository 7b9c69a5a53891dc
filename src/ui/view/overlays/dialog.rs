//! Questions: the explanation scrolls where it is too long; what must be typed and the buttons are always in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use super::super::super::model::Model;
use super::super::super::overlay::{Dialog, Focus, Typed};
use super::super::super::words::width;
use super::super::text;
use super::boxes;
use crate::model::age;
use crate::plan::span;

pub(super) fn draw(model: &Model, dialog: &Dialog, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let Parts { body, foot, field, room } = parts(model, dialog, area);
    let width = boxes::width(area);
    let mut lines = body;
    if lines.len() > room {
        let most = lines.len() - room;
        let above = usize::from(dialog.scroll).min(most);
        let is_end = above == most;
        lines = lines.into_iter().skip(above).take(if is_end { room } else { room.saturating_sub(1) }).collect();
        if !is_end {
            let words = format!("… {} more lines: Down", most - above + 1);
            lines.push(Line::styled(words, model.theme.key()));
        }
    }
    let foot_at = lines.len();
    lines.extend(foot);
    let inner = boxes::draw(model, &dialog.title, width, lines.len(), area, buf);
    Paragraph::new(lines).render(inner, buf);
    let (row, column) = field?;
    let row = u16::try_from(foot_at + row).unwrap_or(u16::MAX);
    Some(Position { x: inner.x.saturating_add(2).saturating_add(column), y: inner.y.saturating_add(row) })
}

/// By how many lines the explanation can be scrolled down.
pub(super) fn most_scroll(model: &Model, dialog: &Dialog, area: Rect) -> u16 {
    let Parts { body, room, .. } = parts(model, dialog, area);
    u16::try_from(body.len().saturating_sub(room)).unwrap_or(u16::MAX)
}

/// A question in lines.
struct Parts {
    /// The explanation.
    body: Vec<Line<'static>>,
    /// What is always in sight.
    foot: Vec<Line<'static>>,
    /// Line of the foot, and column, at which something is typed.
    field: Option<(usize, u16)>,
    /// How many lines there are for the explanation.
    room: usize,
}

fn parts(model: &Model, dialog: &Dialog, area: Rect) -> Parts {
    let theme = model.theme;
    let width = boxes::width(area);
    let mut body: Vec<Line<'static>> = Vec::new();
    for (word, text) in &dialog.body {
        body.extend(text::pair(theme, word, text, width));
    }
    let mut foot: Vec<Line<'static>> = Vec::new();
    if let Some(seen_at) = dialog.seen_at {
        let old = format!("{} ago", span(age(model.now.clock.wall, seen_at)));
        foot.extend(text::pair(theme, "last seen", &old, width));
    }
    let mut field = None;
    if let Some(Typed { what, expected, input }) = &dialog.typed {
        foot.extend(text::pair(theme, "type", &format!("{what}: {expected}"), width));
        let (typed, column) = text::field(input, width.saturating_sub(2));
        field = Some((foot.len(), column));
        foot.push(Line::from(vec![Span::styled("> ", theme.key()), Span::raw(typed)]));
    }
    let high = usize::from(boxes::height(area));
    // A blank line sets the buttons off where there is room for it.
    if body.len() + foot.len() + 2 <= high {
        foot.push(Line::default());
    }
    foot.push(buttons(model, dialog, width));
    let room = high.saturating_sub(foot.len()).max(1);
    Parts { body, foot, field, room }
}

fn buttons(model: &Model, dialog: &Dialog, room: usize) -> Line<'static> {
    let theme = model.theme;
    let style = |focus: Focus, enabled: bool| match (dialog.focus == focus, enabled) {
        (true, _) => theme.selected(),
        (false, true) => Style::new(),
        (false, false) => theme.dim(),
    };
    let yes = format!("[ {} ]", dialog.yes);
    let left = room.saturating_sub("[ Cancel ]  ".len() + width(&yes) + 3);
    Line::from(vec![
        Span::styled("[ Cancel ]", style(Focus::Cancel, true)),
        Span::raw("  "),
        Span::styled(yes, style(Focus::Yes, dialog.may_say_yes())),
        Span::raw("   "),
        Span::styled(hint(model, dialog, left), theme.dim()),
    ])
}

/// Which keys do what, in full where there is room for it.
fn hint(model: &Model, dialog: &Dialog, room: usize) -> &'static str {
    if !dialog.is_awake(model.now.real) {
        return "…";
    }
    let (long, short) = match dialog.typed {
        Some(_) => ("Tab moves, Enter presses, Esc cancels", "Tab Enter Esc"),
        None => ("h l move, Enter presses, Esc cancels", "h l Enter Esc"),
    };
    if width(long) <= room { long } else { short }
}
