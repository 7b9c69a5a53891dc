//! Lists: what survives a refresh, where keys lead, and what is drawn.

mod drawn;
mod moving;
mod properties;

use ratatui::style::Style;

use super::*;

const NAME: Column = Column {
    title: "NAME",
    key: "name",
    width: Width::Content { min: 6, max: 12 },
    priority: 0,
    align: Align::Left,
    shorten: Shorten::End,
};
const ID: Column = Column {
    title: "ID",
    key: "id",
    width: Width::Content { min: 11, max: 19 },
    priority: 2,
    align: Align::Left,
    shorten: Shorten::Middle,
};
const PRICE: Column = Column {
    title: "PRICE",
    key: "price",
    width: Width::Fixed(6),
    priority: 3,
    align: Align::Right,
    shorten: Shorten::End,
};
const COLUMNS: [Column; 3] = [NAME, ID, PRICE];

/// A row as it is, where a pane would read it from its world.
#[derive(Debug, Clone)]
struct Row {
    key: u32,
    cells: Vec<Cell>,
    price: SortKey,
}

impl Rows for Vec<Row> {
    type Key = u32;

    fn count(&self) -> usize {
        self.len()
    }

    fn key(&self, place: usize) -> Option<&u32> {
        self.get(place).map(|row| &row.key)
    }

    fn cells(&self, place: usize) -> Vec<Cell> {
        self[place].cells.clone()
    }

    fn sort_key(&self, place: usize, column: usize) -> SortKey {
        if column == 2 { self[place].price.clone() } else { SortKey::Cell }
    }
}

/// A list with the rows of its last refresh, as a pane has them.
#[derive(Debug, Clone, Default)]
struct Kept {
    list: List<u32>,
    rows: Vec<Row>,
}

impl Kept {
    fn refresh(&mut self, rows: Vec<Row>) -> Option<Lost<u32>> {
        self.rows = rows;
        self.list.refresh(&self.rows)
    }

    fn set_filter(&mut self, filter: Filter, height: usize) {
        self.list.set_filter(filter, height, &self.rows);
    }

    fn sort_by(&mut self, column: usize, height: usize) {
        self.list.sort_by(Some(column), height, &self.rows);
    }

    fn natural_order(&mut self, height: usize) {
        self.list.sort_by(None, height, &self.rows);
    }
}

impl std::ops::Deref for Kept {
    type Target = List<u32>;

    fn deref(&self) -> &List<u32> {
        &self.list
    }
}

impl std::ops::DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut List<u32> {
        &mut self.list
    }
}

fn row(key: u32, name: &str, price: Option<i64>) -> Row {
    let shown = price.map_or_else(|| "-".to_owned(), |price| price.to_string());
    let cells = vec![name.into(), format!("i-0ab12cd3ef4541{key:03}").into(), shown.into()];
    Row { key, cells, price: price.map_or(SortKey::Missing, SortKey::Number) }
}

/// Rows with these keys, each named after its key.
fn rows(keys: impl IntoIterator<Item = u32>) -> Vec<Row> {
    keys.into_iter().map(|key| row(key, &format!("row{key}"), Some(i64::from(key)))).collect()
}

fn list(rows: Vec<Row>) -> Kept {
    let mut list = Kept::default();
    list.refresh(rows);
    list
}

fn filter(typed: &str) -> Filter {
    Filter::parse(typed, &COLUMNS.map(|column| [column.key, column.title])).unwrap()
}

fn shown(list: &List<u32>) -> Vec<u32> {
    list.order.iter().map(|row| list.keys[*row]).collect()
}

fn selected(list: &List<u32>) -> Option<u32> {
    list.selected().copied()
}

/// The keys that a body of this height shows.
fn in_sight(list: &List<u32>, height: usize) -> Vec<u32> {
    (0..height).map_while(|line| list.key_at(line, height)).copied().collect()
}
