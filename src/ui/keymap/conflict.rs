//! Keys that would mean two things in one place.

use std::ops::Range;

use super::file::Given;
use super::{Bound, GLOBAL, Key, KnownCommand};
use crate::config::{Mistakes, line_of};

/// A key of a command, and where it stands; nowhere when it is the shipped one.
struct Binding {
    command: KnownCommand,
    key: Key,
    span: Option<Range<usize>>,
}

impl Binding {
    /// Whether the other one could be meant where this one is.
    fn clashes_with(&self, other: &Self) -> bool {
        let scopes = [self.command.scope, other.command.scope];
        self.key == other.key && (self.command.scope == other.command.scope || scopes.contains(&GLOBAL))
    }
}

/// Notes each key of a file that already means something else: further up in the file, or by the keys that it
/// overrides.
pub(super) fn check(base: &[Bound], given: &[Given], source: &str, mistakes: &mut Mistakes) {
    let kept = base.iter().filter(|bound| given.iter().all(|given| given.command != bound.command));
    let shipped = kept.flat_map(|Bound { command, keys }| {
        keys.iter().map(|key| Binding { command: *command, key: *key, span: None })
    });
    let written = given.iter().flat_map(|Given { command, keys }| {
        keys.iter().map(|key| Binding { command: *command, key: *key.get_ref(), span: Some(key.span()) })
    });
    let mut bindings: Vec<Binding> = shipped.chain(written).collect();
    bindings.sort_by_key(|binding| binding.span.as_ref().map(|span| span.start));
    for (place, binding) in bindings.iter().enumerate() {
        let Some(span) = &binding.span else { continue };
        let earlier = bindings.iter().take(place).find(|earlier| binding.clashes_with(earlier));
        if let Some(earlier) = earlier {
            let (title, help) = words(binding, earlier, source);
            mistakes.wrong(span.clone(), title, help);
        }
    }
}

/// What is wrong, and what would be right.
fn words(binding: &Binding, earlier: &Binding, source: &str) -> (String, String) {
    let (key, name) = (binding.key, earlier.command.name);
    let Some(span) = &earlier.span else {
        let help = format!("choose another key, or give `{name}` another one under [{}]", earlier.command.scope);
        return (format!("the key `{key}` is that of `{name}` as shipped"), help);
    };
    if binding.command == earlier.command {
        return (format!("the key `{key}` stands here a second time"), "keep one of the two".to_owned());
    }
    let line = line_of(source, span.start);
    let title = format!("the key `{key}` is that of `{name}` on line {line} already");
    if binding.command.scope == earlier.command.scope {
        return (title, "choose another key for one of the two".to_owned());
    }
    (title, "the keys of [global] hold everywhere: choose another key for one of the two".to_owned())
}
