//! What lies on top of the panes, and what is said there.

mod approvals;
mod boxes;
mod dialog;
mod help;
mod trouble;
mod ward;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

pub(super) use approvals::lines as approval_lines;
pub(super) use trouble::words as trouble;
pub(crate) use ward::heights as ward_heights;

use super::super::details;
use super::super::model::Model;
use super::super::overlay::{Details, Menu, Note, Overlay, Palette};
use super::super::palette;
use super::super::words::{cut, pad, width};
use super::text;

/// Draws all layers, the topmost last. Returns where the cursor is shown.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    for overlay in &model.overlays {
        cursor = match overlay {
            Overlay::Help(scroll) => help::draw(model, *scroll, area, buf),
            Overlay::Approvals(selected) => approvals::draw(model, *selected, area, buf),
            Overlay::Dialog(dialog) => dialog::draw(model, dialog, area, buf),
            Overlay::Details(details) => draw_details(model, details, area, buf),
            Overlay::Ward(ward) => ward::draw(model, ward, area, buf),
            Overlay::Menu(menu) => draw_menu(model, menu, area, buf),
            Overlay::Palette(palette) => Some(draw_palette(model, palette, area, buf)),
            Overlay::Note(note) => draw_note(model, note, area, buf),
            Overlay::Filter(_) => None,
        };
    }
    cursor
}

fn draw_details(model: &Model, shown: &Details, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let width = boxes::width(area);
    let lines = detail_lines(model, shown, width);
    scrolled(model, &shown.subject.to_string(), lines, shown.scroll, area, buf);
    None
}

fn detail_lines(model: &Model, shown: &Details, width: usize) -> Vec<Line<'static>> {
    let Some(world) = &model.world else { return vec![Line::from("nothing is known yet")] };
    if shown.raw {
        return details::raw(world, &shown.subject)
            .iter()
            .map(|line| Line::from(cut(line, width).into_owned()))
            .collect();
    }
    let entries = details::of(world, &shown.subject, &model.times());
    if entries.is_empty() {
        return vec![Line::from(format!("{} is not there any more", shown.subject))];
    }
    text::entries(model.theme, &entries, width)
}

fn draw_note(model: &Model, note: &Note, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let width = boxes::width(area);
    scrolled(model, &note.title, note_lines(note, width), note.scroll, area, buf);
    None
}

fn note_lines(note: &Note, width: usize) -> Vec<Line<'static>> {
    note.text.lines().flat_map(|line| super::super::words::wrap(line, width)).map(Line::from).collect()
}

/// Lines that are perhaps more than fit.
fn scrolled(model: &Model, title: &str, lines: Vec<Line<'static>>, scroll: u16, area: Rect, buf: &mut Buffer) {
    let room = usize::from(boxes::height(area));
    let most = u16::try_from(lines.len().saturating_sub(room)).unwrap_or(u16::MAX);
    let scroll = scroll.min(most);
    let title = if most > 0 { format!("{title}  {}/{}", scroll + 1, most + 1) } else { title.to_owned() };
    let inner = boxes::draw(model, &title, boxes::width(area), lines.len(), area, buf);
    Paragraph::new(lines).scroll((scroll, 0)).render(inner, buf);
}

fn draw_menu(model: &Model, menu: &Menu, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let room = boxes::width(area);
    let key_width = menu.items.iter().map(|item| width(&item.key)).max().unwrap_or_default();
    let label_width = menu.items.iter().map(|item| width(&item.label)).max().unwrap_or_default().min(room / 2);
    let lines: Vec<Line<'static>> = menu
        .items
        .iter()
        .enumerate()
        .map(|(number, item)| {
            let words = format!("{} {} {}", pad(&item.key, key_width), pad(&item.label, label_width), item.note);
            let style = match (number == menu.selected, item.pick.is_some()) {
                (true, _) => model.theme.selected(),
                (false, true) => Style::new(),
                (false, false) => model.theme.dim(),
            };
            Line::styled(pad(&words, room), style)
        })
        .collect();
    let inner = boxes::draw(model, &menu.title, room, lines.len(), area, buf);
    let above = menu.selected.saturating_sub(usize::from(inner.height).saturating_sub(1));
    Paragraph::new(lines).scroll((u16::try_from(above).unwrap_or(u16::MAX), 0)).render(inner, buf);
    None
}

fn draw_palette(model: &Model, shown: &Palette, area: Rect, buf: &mut Buffer) -> Position {
    let room = boxes::width(area);
    let matches = palette::matches(shown.input.value());
    let (typed, column) = text::field(&shown.input, room.saturating_sub(1));
    let mut lines = vec![Line::from(vec![Span::styled(":", model.theme.key()), Span::raw(typed)])];
    let fits = usize::from(boxes::height(area)).saturating_sub(1).max(1);
    let above = shown.selected.saturating_sub(fits - 1);
    for (number, command) in matches.iter().enumerate().skip(above).take(fits) {
        let entry = command.entry();
        let why_not = super::super::availability::may_run(model, *command).err();
        let note = why_not.as_deref().map_or_else(|| entry.sentence.to_owned(), |why| format!("not now: {why}"));
        let words = format!("{} {} {note}", pad(&model.keys.first_key(*command), 9), pad(entry.name, 15));
        let style = match (number == shown.selected, why_not.is_none()) {
            (true, _) => model.theme.selected(),
            (false, true) => Style::new(),
            (false, false) => model.theme.dim(),
        };
        lines.push(Line::styled(pad(&words, room), style));
    }
    if matches.is_empty() {
        lines.push(Line::styled("no command has that in its name", model.theme.dim()));
    }
    let inner = boxes::draw(model, "Commands", room, lines.len(), area, buf);
    Paragraph::new(lines).render(inner, buf);
    Position { x: inner.x.saturating_add(1).saturating_add(column), y: inner.y }
}

/// By how many lines the topmost text can be scrolled down.
pub(crate) fn most_scroll(model: &Model) -> u16 {
    let area = Rect::from((Position::ORIGIN, model.size));
    let width = boxes::width(area);
    let lines = match model.overlays.last() {
        Some(Overlay::Help(_)) => help::lines(model, width).len(),
        Some(Overlay::Details(shown)) => detail_lines(model, shown, width).len(),
        Some(Overlay::Note(note)) => note_lines(note, width).len(),
        Some(Overlay::Dialog(dialog)) => return dialog::most_scroll(model, dialog, area),
        _ => 0,
    };
    u16::try_from(lines.saturating_sub(usize::from(boxes::height(area)))).unwrap_or(u16::MAX)
}
