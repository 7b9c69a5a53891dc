//! A writer of XML that cannot fail.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use super::super::records::Tags;

/// XML as it is written.
#[derive(Debug, Default)]
pub(super) struct Xml {
    out: String,
}

impl Xml {
    pub(super) fn into_string(self) -> String {
        self.out
    }

    /// An element that holds others.
    pub(super) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.push(&["<", name, ">"]);
        inside(self);
        self.push(&["</", name, ">"]);
    }

    /// A list: one `item` for each.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.within(name, |xml| {
            for item in items {
                xml.within("item", |xml| each(xml, item));
            }
        });
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.push(&["<", name, ">"]);
        escape(&mut self.out, &value.to_string());
        self.push(&["</", name, ">"]);
    }

    /// The text of the element that is open.
    pub(super) fn itself(&mut self, value: impl Display) {
        escape(&mut self.out, &value.to_string());
    }

    /// An element that is there only with a value.
    pub(super) fn optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A time, in whole seconds.
    pub(super) fn time(&mut self, name: &str, value: Timestamp) {
        self.text(name, moment(value));
    }

    /// Tags.
    pub(super) fn tags(&mut self, tags: &Tags) {
        self.list("tagSet", tags, |xml, (key, value)| {
            xml.text("key", key);
            xml.text("value", value);
        });
    }

    fn push(&mut self, parts: &[&str]) {
        self.out.extend(parts.iter().copied());
    }
}

/// A time as EC2 writes it, in whole seconds.
pub(super) fn moment(value: Timestamp) -> String {
    value.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// Whether XML can carry a character. Source: XML 1.0, section 2.2.
pub(super) fn carries(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                // Writing to a string does not fail.
                let _ = write!(out, "&#x{:x};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_leave_its_element() {
        let mut xml = Xml::default();
        xml.text("a", "</a><b>&\"\u{1b}[31m\r\n\u{202e}");
        assert_eq!(xml.into_string(), "<a>&lt;/a&gt;&lt;b&gt;&amp;&quot;&#x1b;[31m&#xd;\n\u{202e}</a>");
    }
}
