//! Tells typing from pasting: a terminal without bracketed paste sends a paste as keys, and none of them may act.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind};

/// So many keys at once are no fingers. A repeating key arrives every 30 ms, one at a time.
const TOO_MANY: usize = 8;

/// What arrives this soon after a burst is its tail.
const TAIL: Duration = Duration::from_millis(100);

/// Remembers the last burst.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Burst {
    tail_until: Option<Duration>,
}

impl Burst {
    /// Whether what arrived at once, at `real`, is a burst or the tail of one.
    pub(crate) fn is_in(&mut self, arrived: &[Event], real: Duration) -> bool {
        let keys = arrived.iter().filter(|event| is_key(event)).count();
        let is_tail = keys > 0 && self.tail_until.is_some_and(|until| real < until);
        let is_burst = keys >= TOO_MANY || is_tail;
        if is_burst {
            self.tail_until = Some(real + TAIL);
        }
        is_burst
    }
}

/// Whether an event is a key that a text could contain.
pub(crate) fn is_key(event: &Event) -> bool {
    matches!(event, Event::Key(key) if key.kind != KeyEventKind::Release
        && matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace | KeyCode::Esc))
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    fn typed(text: &str) -> Vec<Event> {
        text.chars().map(|c| Event::Key(KeyEvent::from(KeyCode::Char(c)))).collect()
    }

    #[test]
    fn a_few_keys_at_once_are_typing_and_many_are_a_burst_with_a_tail() {
        let ms = Duration::from_millis;
        let mut burst = Burst::default();
        assert!(!burst.is_in(&typed("pa"), ms(0)));
        assert!(burst.is_in(&typed("quarrels"), ms(10)));
        assert!(burst.is_in(&typed("q"), ms(50)));
        assert!(burst.is_in(&typed("A"), ms(149)));
        assert!(!burst.is_in(&typed("q"), ms(260)));
    }

    #[test]
    fn resizes_and_arrows_are_no_burst() {
        let mut burst = Burst::default();
        let storm: Vec<_> = (0..100).map(|n| Event::Resize(n, n)).collect();
        assert!(!burst.is_in(&storm, Duration::ZERO));
        let arrows: Vec<_> = (0..20).map(|_| Event::Key(KeyEvent::from(KeyCode::Down))).collect();
        assert!(!burst.is_in(&arrows, Duration::ZERO));
    }
}
