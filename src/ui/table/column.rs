//! The columns of a list.

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// So many columns of the terminal.
    Fixed(u16),
    /// As wide as its widest cell, within these bounds.
    Content {
        /// What it takes at least, unless its cells are narrower.
        min: u16,
        /// What it takes at most.
        max: u16,
    },
}

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Where a cell that does not fit is shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shorten {
    /// At its end.
    End,
    /// In the middle: ids.
    Middle,
}

/// A column of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// What stands over it.
    pub(crate) title: &'static str,
    /// Its name in a filter.
    pub(crate) key: &'static str,
    /// How wide it is.
    pub(crate) width: Width,
    /// How soon it is dropped for want of room: the highest first, those with 0 never.
    pub(crate) priority: u8,
    /// On which side its cells stand.
    pub(crate) align: Align,
    /// Where its cells are shortened.
    pub(crate) shorten: Shorten,
}
