//! The last line: the filter while it is typed, a toast, or the keys that do something now.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Widget as _};

use super::super::availability;
use super::super::command::Command;
use super::super::model::{Model, Toast};
use super::super::overlay::{Overlay, Prompt};
use super::super::words::{width, wrap};
use super::text;

/// How many lines a toast takes at most.
const MOST_LINES: usize = 4;

/// Draws the last line. Returns the cursor when something is typed there.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if let Some(Overlay::Filter(prompt)) = model.overlays.last() {
        return Some(filter(model, prompt, area, buf));
    }
    match &model.toast {
        Some(toast) => say(model, toast, area, buf),
        None => keys(model, area).render(area, buf),
    }
    None
}

/// Draws a toast: over the lines above, where one is not enough for it.
fn say(model: &Model, toast: &Toast, area: Rect, buf: &mut Buffer) {
    let mut lines = wrap(&toast.text, usize::from(area.width.saturating_sub(1)).max(1));
    lines.truncate(MOST_LINES);
    let height = u16::try_from(lines.len()).unwrap_or(1).clamp(1, area.bottom().max(1));
    let area = Rect { y: area.bottom() - height, height, ..area };
    Clear.render(area, buf);
    let style = model.theme.weight(toast.weight);
    let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect();
    Paragraph::new(lines).render(area, buf);
}

fn filter(model: &Model, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let whole = usize::from(area.width).saturating_sub(1);
    // What is wrong with a long filter stays in sight beside it.
    let room = if prompt.trouble.is_some() { whole / 3 } else { whole };
    let (typed, column) = text::field(&prompt.input, room);
    let is_empty = typed.is_empty();
    let mut spans = vec![Span::styled("/", model.theme.key()), Span::raw(typed)];
    match &prompt.trouble {
        Some(trouble) => spans.push(Span::styled(format!("   {trouble}"), model.theme.wrong())),
        None if is_empty => {
            spans.push(Span::styled("text  column:value  !text   Enter keeps, Esc undoes", model.theme.dim()));
        }
        None => {}
    }
    Line::from(spans).render(area, buf);
    Position { x: area.x.saturating_add(1).saturating_add(column), y: area.y }
}

/// The keys that do something here and now, the most useful first, as many as there is room for.
fn keys(model: &Model, area: Rect) -> Line<'static> {
    let mut spans = Vec::new();
    let mut left = usize::from(area.width);
    if let Some(Overlay::Menu(_)) = model.overlays.last() {
        spans.extend([Span::styled(" Enter", model.theme.key()), Span::raw(" choose  ")]);
        left = left.saturating_sub(16);
    }
    if let Some(Overlay::Ward(_)) = model.overlays.last() {
        let key = model.keys.first_key(Command::CopyId);
        left = left.saturating_sub(width(&key) + 16);
        spans.extend([Span::styled(format!(" {key}"), model.theme.key()), Span::raw(" copy remedy  ")]);
    }
    for command in wanted(model).iter().copied() {
        let key = model.keys.first_key(command);
        if key.is_empty() || availability::may_run(model, command).is_err() {
            continue;
        }
        let word = command.entry().word;
        let needed = width(&key) + width(word) + 4;
        if needed > left {
            break;
        }
        left -= needed;
        spans.push(Span::raw(" "));
        spans.push(Span::styled(key, model.theme.key()));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Line::from(spans)
}

fn wanted(model: &Model) -> &'static [Command] {
    use Command as C;
    match model.overlays.last() {
        Some(Overlay::Approvals(_)) => &[C::Approve, C::Decline, C::Snooze, C::MarkRebooted, C::Details, C::Back],
        Some(Overlay::Details(_)) => &[C::RawFields, C::Down, C::Up, C::CopyMenu, C::Back],
        Some(Overlay::Ward(_)) => &[C::Down, C::Up, C::Doctor, C::Back],
        Some(Overlay::Help(_) | Overlay::Note(_) | Overlay::Menu(_)) => &[C::Down, C::Up, C::Back],
        // These say themselves what their keys do.
        Some(Overlay::Dialog(_) | Overlay::Palette(_) | Overlay::Filter(_)) => &[],
        None => &[
            C::Help,
            C::Pending,
            C::NextPane,
            C::Details,
            C::Filter,
            C::Actions,
            C::Mode,
            C::Pause,
            C::Quit,
            C::AttachNow,
            C::RebootNow,
            C::Sort,
            C::Zoom,
            C::LookNow,
            C::Ssh,
            C::Doctor,
            C::CopyMenu,
            C::Palette,
            C::Freeze,
            C::ErrorsOnly,
            C::ToggleTime,
        ],
    }
}
