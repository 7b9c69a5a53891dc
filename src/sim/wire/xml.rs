//! A writer of XML that cannot fail.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use super::super::records::Tags;

/// What no client knows, as EC2 may add any day: with names in it that clients know elsewhere.
const UNHEARD_OF: &str =
    "<unheardOfSet><item><volumeId>vol-ffffffff</volumeId><state>later</state></item></unheardOfSet><unheardOf/>";

/// XML as it is written.
#[derive(Debug)]
pub(super) struct Xml {
    out: String,
    /// Whether every structure begins with elements that no client knows.
    odd: bool,
}

impl Xml {
    /// Nothing yet.
    pub(super) fn new(odd: bool) -> Self {
        Self { out: String::new(), odd }
    }

    /// Nothing, which is to be a part of this.
    pub(super) fn empty_one(&self) -> Self {
        Self::new(self.odd)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.out
    }

    pub(super) fn into_string(self) -> String {
        self.out
    }

    /// What was written elsewhere.
    pub(super) fn append(&mut self, written: &str) {
        self.out.push_str(written);
    }

    /// Begins the inside of a structure.
    pub(super) fn begin(&mut self) {
        if self.odd {
            self.out.push_str(UNHEARD_OF);
        }
    }

    fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.push(&["<", name, ">"]);
        inside(self);
        self.push(&["</", name, ">"]);
    }

    /// A structure: an element that holds others of different names.
    pub(super) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.element(name, |xml| {
            xml.begin();
            inside(xml);
        });
    }

    /// A list of structures: one `item` for each.
    pub(super) fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, each: impl FnMut(&mut Self, T)) {
        self.list_of(name, "item", items, each);
    }

    /// A list of structures that are not called `item`.
    pub(super) fn list_of<T>(
        &mut self,
        name: &str,
        item_name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for item in items {
                xml.within(item_name, |xml| each(xml, item));
            }
        });
    }

    /// A list of texts, each called so.
    pub(super) fn texts(&mut self, name: &str, item_name: &str, items: impl IntoIterator<Item = impl Display>) {
        self.element(name, |xml| items.into_iter().for_each(|item| xml.text(item_name, item)));
    }

    /// A list of nothing.
    pub(super) fn nothing(&mut self, name: &str) {
        self.element(name, |_| {});
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.push(&["<", name, ">"]);
        escape(&mut self.out, &value.to_string());
        self.push(&["</", name, ">"]);
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
        let mut xml = Xml::new(false);
        xml.text("a", "</a><b>&\"\u{1b}[31m\r\n\u{202e}");
        assert_eq!(xml.into_string(), "<a>&lt;/a&gt;&lt;b&gt;&amp;&quot;&#x1b;[31m&#xd;\n\u{202e}</a>");
    }
}
