//! The panes: a border that says which, and rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Widget as _, Wrap};

use super::super::command::Command;
use super::super::details;
use super::super::freshness::Freshness;
use super::super::layout::{Place, shrink};
use super::super::log::LogLook;
use super::super::model::{Link, Model};
use super::super::pane::Pane;
use super::super::panes::Sight;
use super::super::panes::instances::Instances;
use super::super::panes::machines::Machines;
use super::super::panes::requests::Requests;
use super::super::panes::volumes::Volumes;
use super::super::table::{self, Look};
use super::super::times::Times;
use super::super::words::{cut, width};
use super::overlays;
use super::text;

/// Draws one pane.
pub(super) fn draw(model: &Model, place: &Place, buf: &mut Buffer) {
    if place.framed {
        frame(model, place, buf);
    }
    let area = place.table();
    if place.pane == Pane::Log {
        model.log.draw(area, buf, &log_look(model));
    } else {
        rows(model, place.pane, area, buf);
    }
    if place.summary > 0 {
        summary(model, place, buf);
    }
}

fn log_look(model: &Model) -> LogLook {
    let dim = matches!(model.freshness(), Freshness::Stuck(_));
    LogLook {
        theme: model.theme,
        times: Times { relative: false, ..model.times() },
        machine: model.selected_machine().cloned(),
        dim,
    }
}

fn rows(model: &Model, pane: Pane, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let look = Look {
        header: theme.title(),
        selected: if model.pane == pane { theme.selected() } else { theme.title() },
        body: if model.freshness().is_old() { theme.dim() } else { Style::new() },
        ascending: theme.order_symbol(false),
        descending: theme.order_symbol(true),
    };
    let empty = empty(model, pane);
    let Some(world) = &model.world else {
        Paragraph::new(empty).style(look.body).wrap(Wrap { trim: true }).render(area, buf);
        return;
    };
    let times = model.times();
    let sight = Sight { world, theme, times: &times };
    let (lists, columns) = (&model.lists, Model::columns(pane));
    match pane {
        Pane::Machines => table::render(area, buf, columns, (&lists.machines, &Machines(sight)), &look, &empty),
        Pane::Requests => table::render(area, buf, columns, (&lists.requests, &Requests(sight)), &look, &empty),
        Pane::Instances => table::render(area, buf, columns, (&lists.instances, &Instances(sight)), &look, &empty),
        Pane::Volumes => table::render(area, buf, columns, (&lists.volumes, &Volumes(sight)), &look, &empty),
        Pane::Log => {}
    }
}

/// Why there are no rows: loading is not empty, and empty says which filter is in use.
fn empty(model: &Model, pane: Pane) -> String {
    let filter = model.filter(pane);
    if !filter.is_empty() {
        return format!("no row matches the filter {filter}: Esc clears it");
    }
    match (&model.link, model.freshness()) {
        (Link::Down(why), _) => why.clone(),
        (Link::Connecting, _) => "connecting".to_owned(),
        (_, Freshness::Stale { why, .. }) => format!("no data yet: {why}"),
        (_, Freshness::Loading | Freshness::Late(_)) => "waiting for EC2's first answer".to_owned(),
        _ => "EC2 shows none".to_owned(),
    }
}

fn frame(model: &Model, place: &Place, buf: &mut Buffer) {
    let focused = model.pane == place.pane;
    let block = Block::new()
        .borders(Borders::ALL)
        .border_set(model.theme.border_set(focused))
        .border_style(model.theme.border(focused))
        .title(title(model, place));
    block.render(place.area, buf);
}

fn title(model: &Model, place: &Place) -> Line<'static> {
    let theme = model.theme;
    let mut spans = vec![Span::raw(" ")];
    if place.tabbed {
        for (number, pane) in Pane::ALL.into_iter().enumerate() {
            let style = if pane == place.pane { theme.selected() } else { Style::new() };
            let bar = if number == 0 { "" } else { " | " };
            spans.push(Span::raw(bar));
            spans.push(Span::styled(format!("{} {}", number + 1, pane.title()), style));
        }
    } else {
        let number = Pane::ALL.iter().position(|pane| *pane == place.pane).unwrap_or_default() + 1;
        spans.push(Span::styled(format!("{number} {}", place.pane.title()), theme.title()));
    }
    let filter = model.filter(place.pane);
    if !filter.is_empty() {
        spans.push(Span::styled(format!("  /{filter}"), theme.asking()));
    }
    if place.pane == Pane::Log {
        spans.push(Span::styled(format!(" {}", model.log.manner()), theme.dim()));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// The lines below the rows: what is next for the selected machine, and why.
fn summary(model: &Model, place: &Place, buf: &mut Buffer) {
    let inner = place.inner();
    let height = place.summary.min(inner.height);
    let area = Rect { y: inner.bottom().saturating_sub(height), height, ..inner };
    let name = model.selected_machine().map(ToString::to_string);
    let line = if model.theme.is_ascii() { "-" } else { "─" };
    let head = name.map_or_else(String::new, |name| format!("{line} {name} "));
    let dashes = usize::from(area.width).saturating_sub(width(&head));
    let rule = Rect { height: 1.min(area.height), ..area };
    Line::styled(format!("{head}{}", line.repeat(dashes)), model.theme.border(model.pane == place.pane))
        .render(rule, buf);
    let below = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    let lines = summary_lines(model, usize::from(below.width));
    in_full_or_told(model, lines, Command::Details, below, buf);
}

/// Draws lines; where there is no room for all, the last line says which key shows them.
fn in_full_or_told(model: &Model, lines: Vec<Line<'static>>, key: Command, area: Rect, buf: &mut Buffer) {
    let is_cut = lines.len() > usize::from(area.height);
    Paragraph::new(lines).render(area, buf);
    if is_cut && !area.is_empty() {
        let words = format!(" … {}: all ", model.keys.first_key(key));
        let width = u16::try_from(width(&words)).unwrap_or(u16::MAX).min(area.width);
        let corner = Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 };
        Clear.render(corner, buf);
        Line::styled(words, model.theme.key()).render(corner, buf);
    }
}

fn summary_lines(model: &Model, width: usize) -> Vec<Line<'static>> {
    if let Some(banner) = banner(model, width) {
        return banner;
    }
    let view = model.selected_machine().and_then(|name| Some(model.world.as_ref()?.find(name)?.1));
    match view {
        Some(view) => text::entries(model.theme, &details::summary(view), width),
        None => vec![Line::styled(cut(nothing_known(model), width).into_owned(), model.theme.dim())],
    }
}

/// Why nothing is said of a machine.
fn nothing_known(model: &Model) -> &'static str {
    match model.selected_machine() {
        Some(_) => "waiting for EC2's first answer",
        None => "no machine is selected",
    }
}

/// What has to be done before anything else can be: it stands where the reasons stand.
fn banner(model: &Model, width: usize) -> Option<Vec<Line<'static>>> {
    let words = overlays::trouble(model)?;
    let lines = text::pair(model.theme, "TROUBLE", &words, width);
    Some(lines.into_iter().map(|line| line.style(model.theme.wrong())).collect())
}

/// Draws what the planner says of the selected machine in a pane of its own.
pub(super) fn draw_detail(model: &Model, area: Rect, buf: &mut Buffer) {
    let name = model.selected_machine().map_or_else(|| "Detail".to_owned(), ToString::to_string);
    let inner = boxed(model, &name, area, buf);
    let width = usize::from(inner.width);
    let mut lines = banner(model, width).unwrap_or_default();
    let subject = model.selected_machine().cloned().map(super::super::subject::Subject::Machine);
    if let (Some(world), Some(subject)) = (&model.world, subject) {
        lines.extend(text::entries(model.theme, &details::of(world, &subject, &model.times()), width));
    }
    in_full_or_told(model, lines, Command::Details, inner, buf);
}

/// Draws the steps that wait for a yes in a pane of their own.
pub(super) fn draw_approvals(model: &Model, area: Rect, buf: &mut Buffer) {
    let key = model.keys.first_key(Command::Pending);
    let inner = boxed(model, &format!("Approvals [{key}]"), area, buf);
    let lines = overlays::approval_lines(model, None, usize::from(inner.width)).0;
    in_full_or_told(model, lines, Command::Pending, inner, buf);
}

fn boxed(model: &Model, title: &str, area: Rect, buf: &mut Buffer) -> Rect {
    Block::new()
        .borders(Borders::ALL)
        .border_set(model.theme.border_set(false))
        .border_style(model.theme.border(false))
        .title(Line::styled(format!(" {title} "), model.theme.title()))
        .render(area, buf);
    shrink(area)
}
