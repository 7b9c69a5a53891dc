//! The steps that wait for a yes: what, why, what was seen, and how old that is.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use super::super::super::model::Model;
use super::super::super::words::{pad, wrap};
use super::super::text;
use super::boxes;
use crate::model::age;
use crate::plan::{Gate, span};
use crate::protocol::{NumberedStep, StepNumber};

pub(super) fn draw(model: &Model, selected: Option<StepNumber>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let width = boxes::width(area);
    let (lines, at) = lines(model, selected, width);
    let inner = boxes::draw(model, &title(model, selected), width, lines.len(), area, buf);
    // The selected step is in sight with its explanation as far as there is room.
    let last = lines.len().saturating_sub(usize::from(inner.height));
    let above = u16::try_from(at.min(last)).unwrap_or(u16::MAX);
    Paragraph::new(lines).scroll((above, 0)).render(inner, buf);
    None
}

/// How many wait, and which of them is selected: not all of them need be in sight.
fn title(model: &Model, selected: Option<StepNumber>) -> String {
    let Some(world) = &model.world else { return "Waiting for your yes".to_owned() };
    let count = world.asked().len();
    let place = world.asked().iter().position(|numbered| Some(numbered.number) == selected);
    let of = place.map_or_else(String::new, |place| format!("  {}/{count}", place + 1));
    format!("Waiting for your yes{of}, plan {}", world.snapshot().revision)
}

/// The list as lines, and the line at which the selected step begins.
pub(in super::super) fn lines(
    model: &Model,
    selected: Option<StepNumber>,
    width: usize,
) -> (Vec<Line<'static>>, usize) {
    let mut lines = Vec::new();
    let mut at = 0;
    let Some(world) = &model.world else { return (vec![Line::from("nothing is known yet")], 0) };
    for numbered in world.asked() {
        let is_selected = selected == Some(numbered.number);
        if is_selected {
            at = lines.len();
        }
        lines.extend(step(model, numbered, is_selected, width));
        if selected.is_some() {
            lines.extend(ages(model, numbered, width));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled("nothing waits for your yes", model.theme.dim()));
    }
    (lines, at)
}

fn step(model: &Model, numbered: &NumberedStep, is_selected: bool, width: usize) -> Vec<Line<'static>> {
    let NumberedStep { number, step, .. } = numbered;
    let theme = model.theme;
    let head = format!("{} {number:>3}  {}  {}", if is_selected { ">" } else { " " }, step.machine, step.action);
    let style = if is_selected { theme.selected() } else { theme.asking() };
    // In full: nobody says yes to what was cut.
    let wrapped = wrap(&head, width).into_iter().enumerate();
    let indented = wrapped.map(|(number, line)| if number == 0 { line } else { format!("        {line}") });
    let mut lines: Vec<Line<'static>> =
        indented.map(|line| Line::from(Span::styled(pad(&line, width), style))).collect();
    lines.extend(text::pair(theme, "  why", &step.why, width));
    if let Gate::Ask(because) = &step.gate {
        lines.extend(text::pair(theme, "  asked", because, width));
    }
    lines
}

/// How old the step and what it rests on are: with seconds, so only where somebody is reading.
fn ages(model: &Model, numbered: &NumberedStep, width: usize) -> Vec<Line<'static>> {
    let now = model.now.clock.wall;
    let seen = model.world.as_ref().and_then(|world| world.snapshot().observed_at());
    let seen = seen.map_or_else(String::new, |seen| format!("; seen {} ago", span(age(now, seen))));
    let waits = format!("for {}{seen}", span(age(now, numbered.since)));
    text::pair(model.theme, "  waits", &waits, width)
}
