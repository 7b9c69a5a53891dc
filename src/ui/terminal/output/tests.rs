use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::style::Colored;
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::text::Line;

use super::*;

/// Everything that was written, write by write.
#[derive(Debug, Clone, Default)]
struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

impl Writes {
    fn take(&self) -> Vec<String> {
        let writes = std::mem::take(&mut *self.0.lock().unwrap());
        writes.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }
}

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A small canvas, what it writes, and the only right to crossterm's switch for colours, which all share.
fn canvas() -> (Canvas<Writes>, Writes, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // What crossterm does by itself when it finds NO_COLOR.
    Colored::set_ansi_color_disabled(true);
    let writes = Writes::default();
    let canvas = Canvas::with(writes.clone(), Viewport::Fixed(Rect::new(0, 0, 20, 4))).unwrap();
    (canvas, writes, alone)
}

fn line(text: &'static str) -> impl FnOnce(&mut Frame<'_>) {
    move |frame| frame.render_widget(Line::raw(text), frame.area())
}

#[test]
fn a_frame_is_one_synchronized_write() {
    let (mut canvas, writes, _alone) = canvas();
    canvas.draw(line("hello")).unwrap();
    let written = writes.take();
    assert_eq!(written.len(), 1, "{written:?}");
    assert!(written[0].starts_with("\u{1b}[?2026h") && written[0].ends_with("\u{1b}[?2026l"), "{written:?}");
    assert!(written[0].contains("hello"));
}

#[test]
fn a_frame_that_changes_nothing_writes_nothing() {
    let (mut canvas, writes, _alone) = canvas();
    canvas.draw(line("hello")).unwrap();
    writes.take();
    canvas.draw(line("hello")).unwrap();
    assert_eq!(writes.take(), Vec::<String>::new());
    canvas.draw(line("hellO")).unwrap();
    assert_eq!(writes.take().len(), 1);
}

#[test]
fn a_cursor_that_goes_is_hidden_although_nothing_else_changes() {
    let (mut canvas, writes, _alone) = canvas();
    canvas.draw(line("hello")).unwrap();
    canvas.draw(|frame| frame.set_cursor_position(Position::new(2, 1))).unwrap();
    canvas.draw(|frame| frame.set_cursor_position(Position::new(2, 1))).unwrap();
    assert!(writes.take().last().unwrap().contains("\u{1b}[?25h"));
    canvas.draw(|_| ()).unwrap();
    assert_eq!(writes.take().len(), 1);
    canvas.draw(|_| ()).unwrap();
    assert_eq!(writes.take().len(), 0);
}

#[test]
fn after_a_clear_the_next_frame_is_complete_and_nothing_asks_for_the_cursor() {
    let (mut canvas, writes, _alone) = canvas();
    canvas.draw(line("hello")).unwrap();
    canvas.clear(Rect::new(0, 0, 20, 4)).unwrap();
    canvas.draw(line("hello")).unwrap();
    let written = writes.take().concat();
    assert_eq!(written.matches("hello").count(), 2, "{written:?}");
    assert!(!written.contains("\u{1b}[6n"), "{written:?}");
}

#[test]
fn what_is_sent_between_frames_is_written_when_it_is_flushed() {
    let (mut canvas, writes, _alone) = canvas();
    let mut out = canvas.writer();
    out.write_all(b"\x07").unwrap();
    out.flush().unwrap();
    drop(out);
    assert_eq!(writes.take(), ["\u{7}"]);
}

#[test]
fn under_no_color_codes_stay_well_formed_and_reverse_survives() {
    let (mut canvas, writes, _alone) = canvas();
    canvas
        .draw(|frame| frame.render_widget(Line::styled("row", Style::new().reversed().bold()), frame.area()))
        .unwrap();
    let written = writes.take().concat();
    assert!(!written.contains("\u{1b}[m") && !written.contains("\u{1b}[;m"), "{written:?}");
    let mut terminal = vt100::Parser::new(NonZero::new(4).unwrap(), NonZero::new(20).unwrap(), 0);
    terminal.process(written.as_bytes());
    let cell = terminal.screen().cell(0, 0).unwrap();
    assert!(cell.inverse() && cell.bold(), "{written:?}");
    assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
}
