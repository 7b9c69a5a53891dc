//! A table of the file, read key by key. Whatever is wrong is noted, and reading goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::Mistakes;
use super::rules::{Fault, kind};
use super::schema::Schema;

/// A table as it stands in the file, or would stand if it were there.
#[derive(Debug)]
pub(super) struct Table<'a, 's> {
    schema: &'static Schema,
    entries: Option<&'a DeTable<'s>>,
    /// What to point at when something is missing from it.
    pub(super) heading: Range<usize>,
}

impl<'a, 's> Table<'a, 's> {
    /// Takes up a table and notes the keys in it that are unknown.
    pub(super) fn open(
        schema: &'static Schema,
        entries: &'a DeTable<'s>,
        heading: Range<usize>,
        mistakes: &mut Mistakes,
    ) -> Self {
        schema.check_keys(entries, mistakes);
        Self { schema, entries: Some(entries), heading }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'s>>> {
        self.entries?.get(key)
    }

    /// The value of a key that may be left out; none, too, when it breaks its rule.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        rule: impl FnOnce(&DeValue<'_>) -> Result<T, Fault>,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<T>> {
        apply(&format!("`{key}`"), self.get(key)?, rule, mistakes)
    }

    /// The value of a key that has a default.
    pub(super) fn or<T>(
        &self,
        key: &str,
        default: T,
        rule: impl FnOnce(&DeValue<'_>) -> Result<T, Fault>,
        mistakes: &mut Mistakes,
    ) -> T {
        self.optional(key, rule, mistakes).map_or(default, Spanned::into_inner)
    }

    /// The value of a key that must be there.
    pub(super) fn required<T>(
        &self,
        key: &str,
        example: &str,
        rule: impl FnOnce(&DeValue<'_>) -> Result<T, Fault>,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<T>> {
        if self.get(key).is_none() {
            let title = format!("{} has no `{key}`", self.schema.heading);
            mistakes.absent(self.heading.clone(), title, format!("add a line such as: {key} = \"{example}\""));
        }
        self.optional(key, rule, mistakes)
    }

    /// The values of a list that may be left out, but not be empty; those that break the rule are missing from it.
    pub(super) fn list<T>(
        &self,
        key: &str,
        example: &str,
        rule: impl Fn(&DeValue<'_>) -> Result<T, Fault>,
        mistakes: &mut Mistakes,
    ) -> Vec<Spanned<T>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            let title = format!("`{key}` is {}, and should be a list", kind(value.get_ref()));
            mistakes.wrong(value.span(), title, format!("write it with brackets, such as: {key} = [\"{example}\"]"));
            return Vec::new();
        };
        if items.is_empty() {
            let help = format!("leave `{key}` out for none, or write at least one: {key} = [\"{example}\"]");
            mistakes.wrong(value.span(), format!("`{key}` is an empty list"), help);
        }
        items.iter().filter_map(|item| apply(&format!("in `{key}` this"), item, &rule, mistakes)).collect()
    }

    /// The table under this one, there or not.
    pub(super) fn table(&self, schema: &'static Schema, mistakes: &mut Mistakes) -> Self {
        let absent = Self { schema, entries: None, heading: self.heading.clone() };
        let Some(value) = self.get(schema.key) else { return absent };
        if !value.get_ref().is_table() {
            let title = format!("`{}` is {}, and should be a table", schema.key, kind(value.get_ref()));
            let help = format!("write {} once on a line of its own, and its keys below", schema.heading);
            mistakes.wrong(value.span(), title, help);
        }
        // A list of tables where one is due: the first one's keys are checked all the same.
        let first = value.get_ref().as_array().and_then(|items| items.first()).unwrap_or(value);
        match first.get_ref().as_table() {
            Some(entries) => Self::open(schema, entries, value.span(), mistakes),
            None => absent,
        }
    }

    /// The tables of the list of tables under this one, of which there must be one at least: `missing` says so
    /// when there is none.
    pub(super) fn tables(&self, schema: &'static Schema, missing: &str, mistakes: &mut Mistakes) -> Vec<Self> {
        let help = format!("write {} on a line of its own for each one, and its keys below", schema.heading);
        let Some(value) = self.get(schema.key) else {
            mistakes.absent(self.heading.clone(), missing.to_owned(), help);
            return Vec::new();
        };
        let items = match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                mistakes.absent(value.span(), missing.to_owned(), help.clone());
                Vec::new()
            }
            DeValue::Array(items) => items.iter().collect(),
            single => {
                let title = format!("`{}` is {}, and should be a list of tables", schema.key, kind(single));
                mistakes.wrong(value.span(), title, help);
                // One table where a list of them is due: its keys are checked all the same.
                return single
                    .as_table()
                    .map(|entries| Self::open(schema, entries, value.span(), mistakes))
                    .into_iter()
                    .collect();
            }
        };
        items.into_iter().filter_map(|item| Self::open_item(schema, item, &help, mistakes)).collect()
    }

    fn open_item(
        schema: &'static Schema,
        item: &'a Spanned<DeValue<'s>>,
        help: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let Some(entries) = item.get_ref().as_table() else {
            let title = format!("in `{}` this is {}, and should be a table", schema.key, kind(item.get_ref()));
            mistakes.wrong(item.span(), title, help.to_owned());
            return None;
        };
        Some(Self::open(schema, entries, item.span(), mistakes))
    }
}

fn apply<T>(
    subject: &str,
    value: &Spanned<DeValue<'_>>,
    rule: impl FnOnce(&DeValue<'_>) -> Result<T, Fault>,
    mistakes: &mut Mistakes,
) -> Option<Spanned<T>> {
    match rule(value.get_ref()) {
        Ok(good) => Some(Spanned::new(value.span(), good)),
        Err(Fault { what, help }) => {
            mistakes.wrong(value.span(), format!("{subject} {what}"), help);
            None
        }
    }
}
