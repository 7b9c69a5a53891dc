//! The first line: mode, account, freshness, what waits. Fields drop from the least important.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use super::super::freshness::Freshness;
use super::super::model::{Link, Model};
use crate::config::Mode;
use crate::model::{FailureKind, Text};
use crate::plan::span;
use crate::protocol::Snapshot;

/// One field with its importance: the greatest number drops first.
struct Field {
    text: String,
    style: Style,
    drops: u8,
    right: bool,
}

/// Draws the header.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    let mut fields = fields(model);
    while width(&fields) > usize::from(area.width) {
        let Some(least) = fields.iter().map(|field| field.drops).max().filter(|drops| *drops > 0) else { break };
        fields.retain(|field| field.drops != least);
    }
    let side = |right: bool| {
        let chosen = fields.iter().filter(move |field| field.right == right);
        let spans = chosen.flat_map(|field| [Span::styled(field.text.clone(), field.style), Span::raw("  ")]);
        Line::from(spans.collect::<Vec<_>>())
    };
    side(false).render(area, buf);
    let right = side(true);
    let taken = u16::try_from(right.width()).unwrap_or(u16::MAX).saturating_sub(2).min(area.width);
    let place = Rect { x: area.right().saturating_sub(taken), width: taken, ..area };
    right.render(place, buf);
}

fn width(fields: &[Field]) -> usize {
    fields.iter().map(|field| Span::raw(field.text.as_str()).width() + 2).sum()
}

fn fields(model: &Model) -> Vec<Field> {
    let mut fields = Vec::new();
    let left = |text: String, style: Style, drops: u8| Field { text, style, drops, right: false };
    let right = |text: String, style: Style, drops: u8| Field { text, style, drops, right: true };
    let (mode, style) = mode(model);
    fields.push(left(mode, style, 0));
    let profile = if model.facts.is_demo { Some("demo".to_owned()) } else { model.facts.profile.clone() };
    fields.extend(profile.map(|profile| left(Text::new(&profile).to_string(), Style::new(), 5)));
    let freshness = model.freshness();
    if let Some(snapshot) = model.latest.as_deref() {
        let account = snapshot.account.as_ref().map_or("unknown account", Text::as_str);
        fields.push(left(account.to_owned(), Style::new(), 6));
        fields.push(left(snapshot.region.to_string(), Style::new(), 4));
    }
    fields.push(right(freshness.word(), fresh_style(model, &freshness), 1));
    if let Some(snapshot) = model.latest.as_deref() {
        fields.extend(pace(model, snapshot, &freshness).map(|text| right(text, model.theme.dim(), 7)));
        fields.push(right(format!("{} calls/min", snapshot.calls_per_minute), model.theme.dim(), 8));
    }
    let pending = model.world.as_ref().map_or(0, |world| world.asked().len());
    if pending > 0 {
        let key = model.keys.first_key(super::super::command::Command::Pending);
        fields.push(right(format!("{pending} PENDING [{key}]"), model.theme.asking().reversed(), 2));
    }
    fields
}

/// The mode in force. It never says AUTO while the loop does not run.
fn mode(model: &Model) -> (String, Style) {
    let theme = model.theme;
    let freshness = model.freshness();
    let Some(snapshot) = model.latest.as_deref() else {
        return match model.link {
            Link::Down(_) => ("STOPPED".to_owned(), theme.urgent()),
            _ => ("STARTING".to_owned(), theme.title()),
        };
    };
    match (&model.link, &freshness) {
        (Link::Down(_), _) => ("STOPPED".to_owned(), theme.urgent()),
        (_, Freshness::Stuck(_)) => ("LOOP STUCK".to_owned(), theme.urgent()),
        _ if snapshot.paused.is_some() => ("PAUSED".to_owned(), theme.urgent()),
        _ if is_halted(&freshness) => (format!("{} (halted)", mode_word(snapshot.mode)), theme.urgent()),
        _ if model.watching.is_some() => (format!("{} (lock held)", mode_word(snapshot.mode)), theme.title()),
        _ => (mode_word(snapshot.mode).to_owned(), mode_style(model, snapshot.mode)),
    }
}

/// Whether nothing can be done before somebody renews the credentials.
fn is_halted(freshness: &Freshness) -> bool {
    matches!(freshness, Freshness::Stale { kind: Some(FailureKind::Credentials | FailureKind::Denied), .. })
}

/// The word for a mode.
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::ReadOnly => "READ-ONLY",
        Mode::Confirm => "CONFIRM",
        Mode::Auto => "AUTO",
    }
}

fn mode_style(model: &Model, mode: Mode) -> Style {
    match mode {
        Mode::ReadOnly => model.theme.title(),
        Mode::Confirm => model.theme.title().patch(model.theme.moving()),
        Mode::Auto => model.theme.title().patch(model.theme.good()).reversed(),
    }
}

fn fresh_style(model: &Model, freshness: &Freshness) -> Style {
    match freshness {
        Freshness::Live => model.theme.good(),
        Freshness::Loading => model.theme.dim(),
        Freshness::Late(_) | Freshness::Frozen(_) => model.theme.asking(),
        Freshness::Stale { .. } | Freshness::Stuck(_) => model.theme.urgent(),
    }
}

/// How often it looks, and when next where that is news.
fn pace(model: &Model, snapshot: &Snapshot, freshness: &Freshness) -> Option<String> {
    let failed = matches!(freshness, Freshness::Stale { kind: Some(_), .. });
    if !failed {
        return Some(format!("every {}", span(snapshot.pause)));
    }
    let left = snapshot.next_look?.saturating_sub(model.now.clock.monotonic);
    Some(format!("looks in {} (every {})", span(left), span(snapshot.pause)))
}
