//! An examination: the worst first, and of the selected verdict why it matters and what mends it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use super::super::super::command::Command;
use super::super::super::model::Model;
use super::super::super::overlay::{Overlay, Ward};
use super::super::super::theme::Theme;
use super::super::super::words::{cut, pad, wrap};
use super::super::text;
use super::boxes;
use crate::doctor::{Counts, Outcome, Verdict};
use crate::plan::Mark;

pub(super) fn draw(model: &Model, ward: &Ward, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let lines: Vec<Line<'static>> = blocks(model, ward, boxes::width(area)).into_iter().flatten().collect();
    let last = lines.len().saturating_sub(usize::from(boxes::height(area)));
    let scroll = ward.scroll.min(u16::try_from(last).unwrap_or(u16::MAX));
    let inner = boxes::draw(model, &title(model, ward), boxes::width(area), lines.len(), area, buf);
    Paragraph::new(lines).scroll((scroll, 0)).render(inner, buf);
    None
}

/// Of which machine, what was found, and when that was: it does not change by itself.
fn title(model: &Model, ward: &Ward) -> String {
    let Some(found) = &ward.found else { return format!("Doctor: {}", ward.machine) };
    let counts = Counts::of(found.verdicts());
    format!("Doctor: {} at {}: {counts}", ward.machine, model.times().clock(found.examined_at))
}

/// How many lines each verdict of the topmost examination takes, and how many fit.
pub(crate) fn heights(model: &Model) -> (Vec<usize>, usize) {
    let area = Rect::from((Position::ORIGIN, model.size));
    let room = usize::from(boxes::height(area));
    let Some(Overlay::Ward(ward)) = model.overlays.last() else { return (Vec::new(), room) };
    (blocks(model, ward, boxes::width(area)).iter().map(Vec::len).collect(), room)
}

/// The lines, those of each verdict by themselves; what concerns them all stands before the first.
fn blocks(model: &Model, ward: &Ward, width: usize) -> Vec<Vec<Line<'static>>> {
    let Some(found) = &ward.found else { return vec![waiting(model, width)] };
    let verdicts = ward.verdicts().into_iter().enumerate();
    let mut blocks: Vec<Vec<Line<'static>>> =
        verdicts.map(|(at, verdict)| block(model.theme, verdict, at == ward.selected, width)).collect();
    if let (Some(failure), Some(first)) = (&found.failure, blocks.first_mut()) {
        let words = wrap(&format!("EC2 showed nothing: {failure}"), width);
        first.splice(0..0, words.into_iter().map(|line| Line::styled(line, model.theme.wrong())));
    }
    blocks
}

fn waiting(model: &Model, width: usize) -> Vec<Line<'static>> {
    let again = model.keys.first_key(Command::Doctor);
    let words = format!(
        "examining … EC2 is asked by looks and dry runs: nothing is changed, and the machines are kept meanwhile. {again} \
         later examines anew."
    );
    wrap(&words, width).into_iter().map(Line::from).collect()
}

fn block(theme: Theme, verdict: &Verdict, is_selected: bool, width: usize) -> Vec<Line<'static>> {
    let Verdict { check, subject, outcome, seen, remedy } = verdict;
    let (symbol, style) = sign(theme, *outcome);
    let mark = if is_selected { ">" } else { " " };
    let head = format!("{mark}{symbol} {} ", pad(outcome.word(), 7));
    let words = format!("{check}  {subject}: {seen}");
    let room = width.saturating_sub(11);
    if !is_selected {
        let words = cut(&words, room).into_owned();
        return vec![Line::from(vec![Span::styled(head, style), Span::raw(words)])];
    }
    let wrapped = wrap(&words, room).into_iter().enumerate();
    let mut lines: Vec<Line<'static>> = wrapped
        .map(|(number, line)| {
            let head = if number == 0 { head.clone() } else { " ".repeat(11) };
            Line::styled(pad(&format!("{head}{line}"), width), theme.selected())
        })
        .collect();
    lines.extend(text::pair(theme, "   why", check.why(), width));
    if let Some(remedy) = remedy {
        lines.extend(text::pair(theme, "   mend", &remedy.words, width));
        let code = remedy.commands.iter().map(|command| ("   $", command.as_str()));
        let config = remedy.config.iter().flat_map(|config| config.lines()).map(|line| ("   write", line));
        for (word, code) in code.chain(config) {
            lines.extend(text::pair(theme, word, code, width));
        }
    }
    lines
}

/// Word, symbol and colour go together.
fn sign(theme: Theme, outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Ok => (theme.mark_symbol(Mark::Done), theme.good()),
        Outcome::Unknown => (theme.mark_symbol(Mark::Asked), Style::new()),
        Outcome::Warning => (theme.warning_symbol(), theme.asking()),
        Outcome::Fault => (theme.mark_symbol(Mark::Wrong), theme.wrong()),
    }
}
