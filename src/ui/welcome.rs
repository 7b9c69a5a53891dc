//! First contact: what to do where there is no configuration yet.

use std::io;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};
use tokio::sync::mpsc;

use super::keyboard::Keyboard;
use super::screen::Signal;
use super::terminal::Terminal;
use super::theme::Theme;
use crate::model::Text;

/// What the operator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Write a commented configuration.
    Init,
    /// See the demonstration.
    Demo,
    /// Leave.
    Quit,
    /// Leave, by the signal with this number.
    Leave(u8),
}

/// The least configuration that does something.
const LEAST: &str = r#"[[machine]]
name = "train"                            # as you like
spot_request = "sir-y1a23b4c"             # your persistent spot request
hostnames = ["train.spot.example"]        # names for its address
[[machine.volume]]
id = "vol-e123456f"                       # the volume with its /home
device = "/dev/sdp""#;

/// Shows the page until the operator has chosen. `place` is where the configuration was looked for.
///
/// # Errors
///
/// When there is no terminal, or it is gone.
pub async fn run(
    place: &str,
    theme_colours: bool,
    ascii: bool,
    signals: &mut mpsc::UnboundedReceiver<Signal>,
) -> io::Result<Choice> {
    let theme = Theme::new(theme_colours, ascii);
    let mut terminal = Terminal::enter(false)?;
    let mut keyboard = Keyboard::listen(terminal.size()?)?;
    loop {
        terminal.draw(|frame| draw(theme, place, frame.area(), frame.buffer_mut()))?;
        let events = tokio::select! {
            events = keyboard.typed() => events,
            Some(signal) = signals.recv() => match signal {
                Signal::Leave(number) => return Ok(Choice::Leave(number)),
                Signal::Continued => {
                    terminal.resume()?;
                    continue;
                }
            },
        };
        // One key is a choice; many at once are a paste.
        match events.as_deref() {
            None => return Ok(Choice::Quit),
            Some([event]) => {
                if let Some(choice) = choice(event) {
                    return Ok(choice);
                }
            }
            Some(_) => {}
        }
    }
}

fn choice(event: &Event) -> Option<Choice> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Choice::Quit),
        KeyCode::Char('q') => Some(Choice::Quit),
        KeyCode::Char('i') => Some(Choice::Init),
        KeyCode::Char('d') => Some(Choice::Demo),
        _ => None,
    }
}

fn draw(theme: Theme, place: &str, area: Rect, buf: &mut Buffer) {
    let key = |key: &'static str, words: &'static str| {
        Line::from(vec![Span::styled(format!("  {key}  "), theme.key()), Span::raw(words)])
    };
    let mut lines = vec![
        Line::styled("spotkeeper keeps EC2 spot machines alive", theme.title()),
        Line::default(),
        Line::from(format!("There is no configuration yet at {}. The least is:", Text::new(place))),
        Line::default(),
    ];
    lines.extend(LEAST.lines().map(|line| Line::styled(format!("    {line}"), theme.moving())));
    lines.extend([
        Line::default(),
        key("i", "write a commented configuration there, with every key (spotkeeper init)"),
        key("d", "see it work on an EC2 that is embedded in it (spotkeeper demo)"),
        key("q", "leave"),
        Line::default(),
        Line::styled("Credentials and region come from the ordinary AWS environment and profiles.", theme.dim()),
    ]);
    Paragraph::new(lines).wrap(Wrap { trim: false }).render(area, buf);
}
