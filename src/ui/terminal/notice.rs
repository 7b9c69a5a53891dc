//! A notice outside the window: what the terminal's user sees while looking elsewhere.

use crate::model::Text;

/// The sequence that asks the terminal to notify its user (OSC 9), which tmux passes on where it is allowed to.
pub(super) fn osc_9(title: &str, body: &str, inside_tmux: bool) -> String {
    // The title comes first, so that no text is taken for a number: `9;4` is a progress bar to some terminals.
    let text = Text::new(&format!("{title}: {body}"));
    let sequence = format!("\u{1b}]9;{text}\u{7}");
    if inside_tmux { pass_through(&sequence) } else { sequence }
}

/// Wraps a sequence so that tmux hands it to the terminal around it.
fn pass_through(sequence: &str) -> String {
    format!("\u{1b}Ptmux;{}\u{1b}\\", sequence.replace('\u{1b}', "\u{1b}\u{1b}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_osc_9_and_tmux_passes_it_on() {
        assert_eq!(osc_9("spotkeeper", "train waits", false), "\u{1b}]9;spotkeeper: train waits\u{7}");
        assert_eq!(
            osc_9("spotkeeper", "train waits", true),
            "\u{1b}Ptmux;\u{1b}\u{1b}]9;spotkeeper: train waits\u{7}\u{1b}\\"
        );
    }

    #[test]
    fn no_text_ends_the_notice_early_or_steers_the_terminal() {
        for inside_tmux in [false, true] {
            let notice = osc_9("x", "a\u{7}\u{1b}\\\u{1b}]0;title\u{9c}\n", inside_tmux);
            let plain = osc_9("x", "", inside_tmux);
            let count = |text: &str| text.chars().filter(|c| c.is_control()).count();
            assert_eq!(count(&notice), count(&plain), "{notice:?}");
        }
    }
}
