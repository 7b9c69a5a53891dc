//! Words for narrow places, measured in terminal columns as ratatui draws them.

use std::borrow::Cow;
use std::iter::repeat_n;
use std::time::Duration;

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// What stands where the end of a text was cut off.
const ELLIPSIS: &str = "…";
/// What stands where the middle of an id was left out.
const GAP: &str = "..";
/// The fewest columns that tell an id from its neighbours: a shorter rest is no id any more.
const LEAST_OF_ID: usize = 2;

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let span = Span::raw(text);
    span.styled_graphemes(Style::new()).map(|grapheme| columns(grapheme.symbol)).sum()
}

fn graphemes(text: &str) -> Vec<String> {
    let span = Span::raw(text);
    span.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol.to_owned()).collect()
}

fn columns(grapheme: &str) -> usize {
    usize::from(grapheme.cell_width())
}

/// As much of these characters as fits into so many columns, in the order in which they come.
fn fitting(graphemes: impl IntoIterator<Item = String>, room: usize) -> Vec<String> {
    let mut taken = 0;
    graphemes
        .into_iter()
        .take_while(|grapheme| {
            taken += columns(grapheme);
            taken <= room
        })
        .collect()
}

/// The text, or as much of its beginning as fits with a `…` after it.
pub(crate) fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let Some(rest) = room.checked_sub(width(ELLIPSIS)) else { return Cow::Borrowed("") };
    Cow::Owned(fitting(graphemes(text), rest).concat() + ELLIPSIS)
}

/// An id, or its prefix, beginning and end with `..` between them, such as `i-0ab..41f2`; where not even that fits,
/// it is [`cut`].
pub(crate) fn shorten_middle(id: &str, room: usize) -> Cow<'_, str> {
    if width(id) <= room {
        return Cow::Borrowed(id);
    }
    let prefix = id.split_once('-').map_or(0, |(prefix, _)| width(prefix) + 1);
    let Some(digits) = room.checked_sub(prefix + width(GAP)).filter(|digits| *digits >= 2 * LEAST_OF_ID) else {
        return cut(id, room);
    };
    let head = fitting(graphemes(id), prefix + digits / 2).concat();
    let mut tail = fitting(graphemes(id).into_iter().rev(), digits.div_ceil(2));
    tail.reverse();
    Cow::Owned(head + GAP + &tail.concat())
}

/// The text cut or filled with blanks to exactly so many columns.
pub(crate) fn pad(text: &str, room: usize) -> String {
    let mut padded = cut(text, room).into_owned();
    padded.extend(repeat_n(' ', room.saturating_sub(width(&padded))));
    padded
}

/// An age in at most 6 columns that changes at most once a minute: `<1m`, `2m`, `1h05`, `3d 4h`, `12d`.
pub(crate) fn age_words(age: Duration) -> String {
    const MOST_DAYS: u64 = 9_999;
    let minutes = age.as_secs() / 60;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match (days, hours, minutes) {
        (0, 0, 0) => "<1m".to_owned(),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h{:02}", minutes % 60),
        (1..10, hours, _) => format!("{days}d {hours}h"),
        (..=MOST_DAYS, ..) => format!("{days}d"),
        _ => format!(">{MOST_DAYS}d"),
    }
}

/// How long something runs by now, to the second: `0:21`, `12:03`, `1:02:03`.
pub(crate) fn running(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

/// The text in lines of at most so many columns, broken between words, and inside those that are longer than a line.
/// No lines at all where there is no room.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    if room == 0 {
        return Vec::new();
    }
    let options = Options::new(room)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_keep_their_prefix_and_both_ends() {
        for (id, room, shown) in [
            ("i-0ab12cd3ef4541f2", 11, "i-0ab..41f2"),
            ("i-0ab12cd3ef4541f2", 18, "i-0ab12cd3ef4541f2"),
            ("vol-0aa33bb44cc55dd19", 11, "vol-0a..d19"),
            ("i-0ab12cd3ef4541f2", 8, "i-0a..f2"),
            ("i-0ab12cd3ef4541f2", 7, "i-0ab1…"),
            ("no_prefix_at_all", 8, "no_..all"),
            ("i-0ab12cd3ef4541f2", 1, "…"),
            ("i-0ab12cd3ef4541f2", 0, ""),
        ] {
            assert_eq!(shorten_middle(id, room), shown, "{id} in {room}");
        }
    }

    #[test]
    fn a_text_is_cut_by_columns_and_not_by_characters() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(pad("日本語", 4), "日… ");
        assert_eq!(pad("ab", 4), "ab  ");
    }

    #[test]
    fn an_age_is_told_to_the_minute() {
        let told: Vec<_> = [0, 1, 59, 60, 65, 374, 1_439, 1_440, 4_560, 14_400, 20_000_000]
            .map(|minutes| age_words(Duration::from_mins(minutes) + Duration::from_secs(59)))
            .into();
        assert_eq!(told, ["<1m", "1m", "59m", "1h00", "1h05", "6h14", "23h59", "1d 0h", "3d 4h", "10d", ">9999d"]);
    }

    #[test]
    fn what_runs_now_is_told_to_the_second() {
        let told = [21, 723, 3_723, 90_000].map(|seconds| running(Duration::from_secs(seconds)));
        assert_eq!(told, ["0:21", "12:03", "1:02:03", "25:00:00"]);
    }

    #[test]
    fn lines_break_between_words_and_inside_those_that_fill_more_than_a_line() {
        assert_eq!(wrap("attach vol-0aa to i-0ab12cd3", 8), ["attach", "vol-0aa", "to", "i-0ab12c", "d3"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("one two", 0), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place_whatever_the_text(text in any::<String>(), room in 0_usize..40) {
            prop_assert!(width(&cut(&text, room)) <= room);
            prop_assert!(width(&shorten_middle(&text, room)) <= room);
            prop_assert_eq!(width(&pad(&text, room)), room);
        }

        #[test]
        fn wrapping_loses_no_word(text in "[a-z0-9äß日 -]{0,80}", room in 2_usize..30) {
            let lines = wrap(&text, room);
            prop_assert!(lines.iter().all(|line| width(line) <= room));
            let solid = |text: &str| text.replace(' ', "");
            prop_assert_eq!(solid(&lines.concat()), solid(&text));
        }

        #[test]
        fn an_age_takes_six_columns_at_most(seconds in any::<u64>()) {
            prop_assert!(width(&age_words(Duration::from_secs(seconds))) <= 6);
        }
    }
}
