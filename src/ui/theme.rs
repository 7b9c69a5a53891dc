//! How things look: a style and a symbol for each meaning, never for a place.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::plan::{Mark, State};
use crate::protocol::Weight;

/// Styles and symbols, by meaning. Word, symbol and colour always go together: no meaning rests on a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    /// Whether styles may set colours at all.
    colours: bool,
    /// Whether only ASCII is drawn.
    ascii: bool,
}

#[expect(clippy::unused_self, reason = "whether a meaning has a colour is the theme's own affair")]
impl Theme {
    /// The theme for a terminal with or without colours, with or without more than ASCII.
    pub(crate) fn new(colours: bool, ascii: bool) -> Self {
        Self { colours, ascii }
    }

    /// Whether only ASCII is drawn.
    pub(crate) fn is_ascii(self) -> bool {
        self.ascii
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    /// What is well.
    pub(crate) fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// What moves by itself.
    pub(crate) fn moving(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// What waits for the operator.
    pub(crate) fn asking(self) -> Style {
        self.coloured(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// What is wrong.
    pub(crate) fn wrong(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What matters less, or is not fresh.
    pub(crate) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What is urgent: seen from across the room.
    pub(crate) fn urgent(self) -> Style {
        self.wrong().add_modifier(Modifier::REVERSED)
    }

    /// The row, button or item that the next key is about: in one piece, whatever colours are below it.
    pub(crate) fn selected(self) -> Style {
        Style::new().fg(Color::Reset).add_modifier(Modifier::REVERSED)
    }

    /// Titles and column heads.
    pub(crate) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A key that can be pressed.
    pub(crate) fn key(self) -> Style {
        self.coloured(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The border of a pane, with or without the focus.
    pub(crate) fn border(self, focused: bool) -> Style {
        if focused { self.coloured(Color::Cyan).add_modifier(Modifier::BOLD) } else { self.dim() }
    }

    /// The lines of a border, with or without the focus.
    pub(crate) fn border_set(self, focused: bool) -> border::Set<'static> {
        match (self.ascii, focused) {
            (true, _) => ASCII_BORDER,
            (false, true) => border::DOUBLE,
            (false, false) => border::PLAIN,
        }
    }

    /// The style of a machine's state.
    pub(crate) fn state(self, state: State) -> Style {
        match state {
            State::Ready => self.good(),
            State::Waiting => Style::new(),
            State::Working => self.moving(),
            State::NeedsApproval => self.asking(),
            State::Blocked => self.wrong(),
        }
    }

    /// The symbol of a machine's state.
    pub(crate) fn state_symbol(self, state: State) -> &'static str {
        match (state, self.ascii) {
            (State::Ready, false) => "✓",
            (State::Ready, true) => "+",
            (State::Waiting, false) => "◌",
            (State::Waiting, true) => "o",
            (State::Working, false) => "↻",
            (State::Working, true) => "~",
            (State::NeedsApproval, _) => "!",
            (State::Blocked, false) => "✗",
            (State::Blocked, true) => "x",
        }
    }

    /// The symbol of one of a machine's five marks.
    pub(crate) fn mark_symbol(self, mark: Mark) -> &'static str {
        match (mark, self.ascii) {
            (Mark::Done, false) => "✓",
            (Mark::Done, true) => "+",
            (Mark::Moving, false) => "↻",
            (Mark::Moving, true) => "~",
            (Mark::Asked, _) => "?",
            (Mark::Wrong, false) => "✗",
            (Mark::Wrong, true) => "x",
            (Mark::Open, _) => ".",
        }
    }

    /// The style of a log line or toast of this weight.
    pub(crate) fn weight(self, weight: Weight) -> Style {
        match weight {
            Weight::Info => Style::new(),
            Weight::Warning => self.asking(),
            Weight::Error => self.wrong(),
        }
    }

    /// What stands before the words of a line of this weight: without colours it is all that tells it apart.
    pub(crate) fn weight_symbol(self, weight: Weight) -> &'static str {
        match weight {
            Weight::Info => "",
            Weight::Warning => self.warning_symbol(),
            Weight::Error => self.mark_symbol(Mark::Wrong),
        }
    }

    /// The sign before a warning.
    pub(crate) fn warning_symbol(self) -> &'static str {
        if self.ascii { "!" } else { "⚠" }
    }

    /// The sign of ascending or descending order.
    pub(crate) fn order_symbol(self, descending: bool) -> &'static str {
        match (self.ascii, descending) {
            (false, false) => "▲",
            (false, true) => "▼",
            (true, false) => "^",
            (true, true) => "v",
        }
    }
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
