//! Whole configurations: the example, the defaults, and the broken ones with their messages.

mod broken;
mod example;
mod files;
mod hostile;

use super::Environment;

/// A place where everything has a default.
fn env() -> Environment {
    Environment { home: Some("/home/me".into()), ..Environment::default() }
}
