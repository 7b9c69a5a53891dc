mod drawn;
mod kept;
mod moving;

use jiff::tz::TimeZone;

use super::*;

/// A view of some size, and how it is drawn. Whoever makes one holds [`alone`].
struct Pane {
    view: LogView,
    area: Rect,
    look: LogLook,
}

impl Pane {
    fn new(width: u16, height: u16) -> Self {
        let times = Times { now: "2026-11-24T12:04:00Z".parse().unwrap(), relative: false, zone: TimeZone::UTC };
        let look = LogLook { theme: Theme::new(true, false), times, machine: None, dim: false };
        Self { view: LogView::default(), area: Rect::new(0, 0, width, height), look }
    }

    fn buffer(&self) -> Buffer {
        let mut buf = Buffer::filled(self.area, ratatui::buffer::Cell::new("#"));
        self.view.draw(self.area, &mut buf, &self.look);
        buf
    }

    /// What is drawn, row by row.
    fn rows(&self) -> Vec<String> {
        let buf = self.buffer();
        let row = |y| self.area.columns().map(|x| buf[(x.x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..self.area.height).map(row).collect()
    }

    /// The words of the lines that are drawn, each of which is one word.
    fn words(&self) -> Vec<String> {
        let rows = self.rows().into_iter().filter(|row| !row.is_empty());
        rows.map(|row| row.rsplit(' ').next().unwrap().to_owned()).collect()
    }

    fn take(&mut self, lines: impl IntoIterator<Item = LogLine>) {
        self.view.take(lines.into_iter().collect());
    }

    fn filter(&mut self, typed: &str) {
        self.view.set_filter(Filter::parse(typed, &COLUMNS.map(|name| [name; 2])).unwrap());
    }

    fn go(&mut self, to: Move) {
        self.view.go(to, self.area);
    }
}

fn line(weight: Weight, machine: &str, words: &str) -> LogLine {
    let at = "2026-11-24T12:03:38Z".parse().unwrap();
    LogLine { at, weight, machine: machine.to_owned(), words: words.to_owned() }
}

/// Lines that say their number.
fn numbered(numbers: std::ops::Range<usize>) -> Vec<LogLine> {
    numbers.map(|number| line(Weight::Info, "", &number.to_string())).collect()
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}
