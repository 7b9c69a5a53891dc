//! Where in a document something is.

use toml::Spanned;
use toml::de::{DeArray, DeTable};

/// A document, to find lines in.
pub(super) struct Source<'s> {
    text: &'s str,
    document: Option<Spanned<DeTable<'s>>>,
}

impl<'s> Source<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { text, document: DeTable::parse(text).ok() }
    }

    /// The line of what is there, such as `request.0.zone`; of what it would lie in, where it is left out.
    pub(super) fn line(&self, at: &str) -> usize {
        let Some(document) = &self.document else { return 1 };
        let (mut table, mut list, mut start) = (Some(document.get_ref()), None, 0);
        for step in at.split('.') {
            let entry = table.and_then(|table| table.get_key_value(step)).map(|(key, value)| (key.span().start, value));
            let item = || list.and_then(|list: &DeArray<'_>| step.parse().ok().and_then(|n: usize| list.get(n)));
            let Some((begin, value)) = entry.or_else(|| item().map(|item| (item.span().start, item))) else { break };
            start = begin;
            table = value.get_ref().as_table();
            list = value.get_ref().as_array();
        }
        self.text.get(..start).unwrap_or_default().matches('\n').count() + 1
    }
}
