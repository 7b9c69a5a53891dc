//! Tells typing from pasting: a terminal without bracketed paste sends a paste as keys, and none of them may act.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// So many keys at once are no fingers. A repeating key arrives every 30 ms, one at a time.
const TOO_MANY: usize = 8;

/// What arrives this soon after a burst is its tail. A single key ends there: one that is held would never count again.
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
        if keys >= TOO_MANY || (is_tail && keys > 1) {
            self.tail_until = Some(real + TAIL);
        }
        keys >= TOO_MANY || is_tail
    }
}

/// Whether an event is a key that a text could contain.
pub(crate) fn is_key(event: &Event) -> bool {
    matches!(event, Event::Key(key) if key.kind != KeyEventKind::Release
        && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
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
        assert!(burst.is_in(&typed("qA"), ms(50)));
        assert!(burst.is_in(&typed("A"), ms(149)));
        assert!(!burst.is_in(&typed("q"), ms(160)));
    }

    #[test]
    fn a_key_that_is_held_counts_again_soon_after_a_burst() {
        let ms = Duration::from_millis;
        let mut burst = Burst::default();
        assert!(burst.is_in(&typed("jjjjjjjjjj"), ms(0)));
        let counted = (1..10).filter(|nth| !burst.is_in(&typed("j"), ms(30 * nth))).count();
        assert_eq!(counted, 6);
    }

    #[test]
    fn control_c_is_never_part_of_a_burst() {
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(!is_key(&Event::Key(key)));
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
