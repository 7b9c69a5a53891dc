//! Help: every command with its keys and its sentence, from the table.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::super::command::{Group, TABLE};
use super::super::super::model::Model;
use super::super::super::words::{pad, wrap};
use super::boxes;

/// What the table of commands does not say.
const INTRODUCTION: [&str; 2] = [
    "EC2 is changed only with your yes, or by the policy in auto mode; names follow the policy in confirm mode too.",
    "Marks: r request, i instance, v volumes, b reboot, n name.",
];

pub(super) fn draw(model: &Model, scroll: u16, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let lines = lines(model, boxes::width(area));
    super::scrolled(model, "Help", lines, scroll, area, buf);
    None
}

pub(super) fn lines(model: &Model, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let mut lines: Vec<Line<'static>> =
        INTRODUCTION.iter().flat_map(|line| wrap(line, width)).map(|line| Line::styled(line, theme.dim())).collect();
    for group in Group::ALL {
        lines.push(Line::default());
        lines.push(Line::styled(group.title(), theme.title().patch(theme.moving())));
        for entry in TABLE.iter().filter(|entry| entry.group == group) {
            let keys = model.keys.all_keys(entry.command);
            let wrapped = wrap(entry.sentence, width.saturating_sub(15));
            for (number, sentence) in wrapped.into_iter().enumerate() {
                let head = pad(if number == 0 { &keys } else { "" }, 14);
                lines.push(Line::from(vec![Span::styled(format!("{head} "), theme.key()), Span::raw(sentence)]));
            }
        }
    }
    lines
}
