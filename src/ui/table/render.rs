//! A list, drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::fit::{Slot, fit};
use super::order::Sort;
use super::{Align, Cell, Column, List, Rows, Shorten, widen};
use crate::ui::words;

/// What stands before the selected row.
const SELECTED: &str = ">";

/// How a list looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// The heads of the columns.
    pub(crate) header: Style,
    /// Laid over the selected row.
    pub(crate) selected: Style,
    /// Laid over every row, and over the words in place of rows: dim where they are not fresh.
    pub(crate) body: Style,
    /// The sign of ascending order, one column wide.
    pub(crate) ascending: &'static str,
    /// The sign of descending order, one column wide.
    pub(crate) descending: &'static str,
}

/// How many lines of an area show rows: all but the header, for which a single line is too precious.
pub(crate) fn body_height(area: Rect) -> usize {
    usize::from(if area.height > 1 { area.height - 1 } else { area.height })
}

/// Draws a list: the heads of its columns, and as many rows as there is room for. Where rows are hidden above or
/// below, the right end of the header says how far down the list this is, such as `12/5000`. `empty` stands in
/// place of the rows when none is shown: the caller knows why.
pub(crate) fn render<R: Rows>(
    area: Rect,
    buf: &mut Buffer,
    columns: &[Column],
    (list, rows): (&List<R::Key>, &R),
    look: &Look,
    empty: &str,
) {
    let area = area.intersection(buf.area);
    let height = body_height(area);
    let head_lines = area.height.saturating_sub(u16::try_from(height).unwrap_or(u16::MAX));
    let [head, body] = Layout::vertical([Constraint::Length(head_lines), Constraint::Fill(1)]).areas(area);
    let offset = list.position.offset(list.order.len(), height);
    let in_sight: Vec<Vec<Cell>> = list.order.iter().skip(offset).take(height).map(|row| rows.cells(*row)).collect();
    let mut widths = list.widths.clone();
    for cells in &in_sight {
        widen(&mut widths, cells);
    }
    let grid = Grid { columns, slots: fit(columns, &widths, area.width), look };
    if !head.is_empty() {
        grid.header(head, buf, list.sort, &how_far(list, height));
    }
    if list.order.is_empty() {
        for (line, words) in body.rows().zip(words::wrap(empty, usize::from(body.width))) {
            put(line, buf, Align::Left, &words, look.body);
        }
    }
    for ((place, cells), line) in (offset..).zip(&in_sight).zip(body.rows()) {
        grid.row(line, buf, cells);
        if list.position.cursor == Some(place) {
            put(line, buf, Align::Left, SELECTED, look.body);
            buf.set_style(line, look.selected);
        }
    }
}

/// Which row of how many; nothing when all are in sight.
fn how_far<K>(list: &List<K>, height: usize) -> String {
    let rows = list.order.len();
    if rows <= height {
        return String::new();
    }
    let place = list.position.cursor.unwrap_or_else(|| list.position.offset(rows, height));
    format!(" {}/{rows}", place + 1)
}

/// The columns in their places.
struct Grid<'a> {
    columns: &'a [Column],
    slots: Vec<Slot>,
    look: &'a Look,
}

impl Grid<'_> {
    /// The columns that are shown, each with the area that it has on a line.
    fn cells(&self, line: Rect) -> impl Iterator<Item = (&Slot, &Column, Rect)> {
        self.slots.iter().filter_map(move |slot| {
            let area = Rect { x: line.x.saturating_add(slot.left), width: slot.width, ..line };
            Some((slot, self.columns.get(slot.column)?, area.intersection(line)))
        })
    }

    fn header(&self, line: Rect, buf: &mut Buffer, sort: Option<Sort>, how_far: &str) {
        buf.set_style(line, self.look.header);
        put(line, buf, Align::Right, how_far, self.look.header);
        let free = Rect { width: line.width.saturating_sub(columns_of(how_far)), ..line };
        for (slot, column, area) in self.cells(line) {
            let sign = match sort.filter(|sort| sort.column == slot.column) {
                None => "",
                Some(Sort { descending: false, .. }) => self.look.ascending,
                Some(Sort { descending: true, .. }) => self.look.descending,
            };
            self.title(area, buf, column, sign, free.right());
        }
    }

    /// Writes the title of a column and the sign of its order after it, where sorting moves nothing. A title that
    /// would go beyond `end` is left out; only that of the sorted column is cut.
    fn title(&self, area: Rect, buf: &mut Buffer, column: &Column, sign: &str, end: u16) {
        let end = end.saturating_sub(columns_of(sign));
        let width = columns_of(column.title).min(area.width);
        let left = match column.align {
            Align::Left => area.x,
            Align::Right => area.right().saturating_sub(width),
        };
        let right = left.saturating_add(width).min(end);
        let room = Rect { x: left, width: right.saturating_sub(left), ..area };
        if room.width == width || !sign.is_empty() {
            put(room, buf, Align::Left, column.title, self.look.header);
            put(Rect { x: right, width: columns_of(sign), ..area }, buf, Align::Left, sign, self.look.header);
        }
    }

    fn row(&self, line: Rect, buf: &mut Buffer, cells: &[Cell]) {
        for (slot, column, area) in self.cells(line) {
            let Some(cell) = cells.get(slot.column) else { continue };
            let text = match column.shorten {
                Shorten::End => words::cut(&cell.text, usize::from(area.width)),
                Shorten::Middle => words::shorten_middle(&cell.text, usize::from(area.width)),
            };
            put(area, buf, column.align, &text, cell.style.patch(self.look.body));
        }
    }
}

/// Writes a text into one line of the buffer, cut where it does not fit.
fn put(area: Rect, buf: &mut Buffer, align: Align, text: &str, style: Style) {
    if area.is_empty() {
        return;
    }
    let text = words::cut(text, usize::from(area.width));
    let blanks = match align {
        Align::Left => 0,
        Align::Right => area.width.saturating_sub(columns_of(&text)),
    };
    buf.set_stringn(area.x.saturating_add(blanks), area.y, text, usize::from(area.width), style);
}

fn columns_of(text: &str) -> u16 {
    u16::try_from(words::width(text)).unwrap_or(u16::MAX)
}
